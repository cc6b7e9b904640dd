/** Limits by cgroup v2: memory.max and cpu.max of one folder a job. Needs root, or a folder delegated to this agent. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  candidates,
  findMount,
  makeFolder,
  readField,
  readNumber,
  readPids,
  removeEmpty,
  removeFolder,
  removeOthers,
  writeControl,
} from "./cgroup-files.ts";
import type { JobUsage, Limiter, Placement } from "./limits.ts";
import { readText } from "./proc.ts";

const PERIOD_US = 100_000;
const MIB = 1_048_576;

/** The limiter, or why there is none. */
export const openCgroupV2 = (folder: string): CgroupV2 | string => {
  const found = findMount("");
  if (found === undefined) return "cgroup v2 is not mounted";
  if (!controllers(found.mount).includes("memory")) return "cgroup v2 here has no memory controller";
  for (const rota of candidates(found)) {
    const base = join(rota, folder);
    const delegated =
      delegate(join(rota, "..")) && makeFolder(rota) && delegate(rota) && makeFolder(base) && delegate(base);
    if (delegated) return new CgroupV2(base);
  }
  return "cgroup v2 is not writable";
};

export class CgroupV2 implements Limiter {
  readonly summary: string;
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
    this.summary = `jobs are limited in CPU time and memory by cgroup v2 below ${base}`;
  }

  place(key: string, cpus: number, memMib: number): Placement {
    const path = join(this.#base, key);
    if (!makeFolder(path)) throw new Error(`The cgroup ${path} could not be made.`);
    const limited =
      (memMib === 0 || writeControl(join(path, "memory.max"), `${memMib * MIB}`)) &&
      (cpus === 0 ||
        cpus >= availableParallelism() ||
        writeControl(join(path, "cpu.max"), `${cpus * PERIOD_US} ${PERIOD_US}`));
    if (!limited) throw new Error(`The limits of the cgroup ${path} could not be set.`);
    // Absent where swap accounting is off; then there is no swap to account.
    if (memMib > 0) writeControl(join(path, "memory.swap.max"), "0");
    return { joins: [join(path, "cgroup.procs")], dataKib: 0, words: [] };
  }

  /** A folder of cgroup v2 cannot be given another name. */
  reserve(): undefined {
    return undefined;
  }

  take(_reserved: string, key: string, cpus: number, memMib: number): Placement {
    return this.place(key, cpus, memMib);
  }

  nest(
    key: string,
    step: string,
    { jobCpus, jobMemMib }: { readonly jobCpus: number; readonly jobMemMib: number },
  ): Placement {
    const job = join(this.#base, key);
    if (!existsSync(job)) this.place(key, jobCpus, jobMemMib);
    // Without limits of its own: those of the job hold for what is below it.
    const own = join(job, step);
    if (!makeFolder(own)) throw new Error(`The cgroup ${own} could not be made.`);
    return { joins: [join(own, "cgroup.procs")], dataKib: 0, words: [] };
  }

  oomFile(key: string): string {
    return join(this.#base, key, "memory.events");
  }

  adopt(): void {}

  processes(key: string): readonly number[] {
    return readPids(join(this.#base, key));
  }

  usage(key: string): JobUsage {
    const path = join(this.#base, key);
    const peak = readNumber(join(path, "memory.peak"));
    const cpuUs = readField(join(path, "cpu.stat"), "usage_usec");
    return {
      cpuTimeMs: cpuUs < 0 ? -1 : Math.round(cpuUs / 1000),
      maxRssMib: peak < 0 ? -1 : Math.ceil(peak / MIB),
      oomKills: Math.max(0, readField(join(path, "memory.events"), "oom_kill")),
    };
  }

  release(key: string): void {
    removeFolder(join(this.#base, key));
  }

  tidy(keep: ReadonlySet<string>): void {
    removeOthers(this.#base, keep);
  }

  close(): void {
    removeEmpty(this.#base);
  }
}

const controllers = (folder: string): string[] =>
  (readText(join(folder, "cgroup.controllers")) ?? "").trim().split(" ");

/** Lets folders below have memory and CPU limits. */
const delegate = (folder: string): boolean => {
  const enabled = (readText(join(folder, "cgroup.subtree_control")) ?? "").trim().split(" ");
  const missing = ["memory", "cpu"].filter((name) => !enabled.includes(name));
  return (
    missing.length === 0 ||
    writeControl(join(folder, "cgroup.subtree_control"), missing.map((name) => `+${name}`).join(" "))
  );
};
