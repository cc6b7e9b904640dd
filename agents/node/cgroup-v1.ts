/**
 * Limits by cgroup v1: the memory controller, and the cpu controller where it can be used, one folder a job in each.
 * Needs root, or folders that this agent may write.
 */
import { existsSync, renameSync } from "node:fs";
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

const PERIOD_US = 100_000;
const MIB = 1_048_576;

/** The limiter, or why there is none. */
export const openCgroupV1 = (folder: string): CgroupV1 | string => {
  const memory = baseOf("memory", folder);
  if (memory === undefined) return "the cgroup v1 memory controller is not there or not writable";
  return new CgroupV1(memory, baseOf("cpu", folder));
};

export class CgroupV1 implements Limiter {
  readonly summary: string;
  readonly #memory: string;
  readonly #cpu: string | undefined;

  constructor(memory: string, cpu: string | undefined) {
    this.#memory = memory;
    this.#cpu = cpu;
    this.summary = `jobs are limited in ${cpu === undefined ? "" : "CPU time and "}memory by cgroup v1 below ${memory}`;
  }

  place(key: string, cpus: number, memMib: number): Placement {
    const path = join(this.#memory, key);
    if (!makeFolder(path)) throw new Error(`The cgroup ${path} could not be made.`);
    limitMemory(path, memMib);
    const joins = [procs(path)];
    // A job with all of the host's CPUs needs no limit, and each folder costs a start some time.
    if (this.#cpu !== undefined && isShare(cpus)) {
      const cpu = join(this.#cpu, key);
      if (!makeFolder(cpu)) throw new Error(`The cgroup ${cpu} could not be made.`);
      limitCpus(cpu, cpus);
      joins.push(procs(cpu));
    }
    return { joins, dataKib: 0, words: [] };
  }

  reserve(key: string): Placement | undefined {
    const folders = this.#folders(key);
    try {
      for (const path of folders) {
        // Made under another name first, to see that it can be given a new one.
        if (!makeFolder(`${path}.new`)) throw new Error(`The cgroup ${path}.new could not be made.`);
        renameSync(`${path}.new`, path);
      }
    } catch {
      this.release(`${key}.new`);
      this.release(key);
      return undefined;
    }
    return { joins: folders.map(procs), dataKib: 0, words: [] };
  }

  take(reserved: string, key: string, cpus: number, memMib: number): Placement {
    const folders = this.#folders(key);
    this.#folders(reserved).forEach((path, at) => {
      renameSync(path, folders[at]!);
    });
    limitMemory(folders[0]!, memMib);
    if (folders[1] !== undefined && isShare(cpus)) limitCpus(folders[1], cpus);
    return { joins: folders.map(procs), dataKib: 0, words: [] };
  }

  nest(
    key: string,
    step: string,
    { jobCpus, jobMemMib }: { readonly jobCpus: number; readonly jobMemMib: number },
  ): Placement {
    const job = join(this.#memory, key);
    if (!existsSync(job)) this.place(key, jobCpus, jobMemMib);
    const own = join(job, step);
    if (!makeFolder(own)) throw new Error(`The cgroup ${own} could not be made.`);
    const cpu = this.#cpu === undefined ? "" : join(this.#cpu, key);
    const joins = cpu !== "" && existsSync(cpu) ? [procs(cpu), procs(own)] : [procs(own)];
    return { joins, dataKib: 0, words: [] };
  }

  oomFile(key: string): string {
    return join(this.#memory, key, "memory.oom_control");
  }

  adopt(): void {}

  processes(key: string): readonly number[] {
    return readPids(join(this.#memory, key));
  }

  usage(key: string): JobUsage {
    const path = join(this.#memory, key);
    const peak = readNumber(join(path, "memory.max_usage_in_bytes"));
    return {
      cpuTimeMs: -1,
      maxRssMib: peak < 0 ? -1 : Math.ceil(peak / MIB),
      oomKills: Math.max(0, readField(join(path, "memory.oom_control"), "oom_kill")),
    };
  }

  release(key: string): void {
    removeFolder(join(this.#memory, key));
    if (this.#cpu !== undefined) removeFolder(join(this.#cpu, key));
  }

  tidy(keep: ReadonlySet<string>): void {
    removeOthers(this.#memory, keep);
    if (this.#cpu !== undefined) removeOthers(this.#cpu, keep);
  }

  close(): void {
    removeEmpty(this.#memory);
    if (this.#cpu !== undefined) removeEmpty(this.#cpu);
  }

  #folders(key: string): string[] {
    return [this.#memory, ...(this.#cpu === undefined ? [] : [this.#cpu])].map((base) => join(base, key));
  }
}

const procs = (path: string): string => join(path, "cgroup.procs");

const isShare = (cpus: number): boolean => cpus > 0 && cpus < availableParallelism();

const limitMemory = (path: string, memMib: number): void => {
  if (memMib === 0) return;
  if (!writeControl(join(path, "memory.limit_in_bytes"), `${memMib * MIB}`)) {
    throw new Error(`The memory limit of the cgroup ${path} could not be set.`);
  }
  // Absent where swap accounting is off; then there is no swap to account.
  writeControl(join(path, "memory.memsw.limit_in_bytes"), `${memMib * MIB}`);
};

const limitCpus = (path: string, cpus: number): void => {
  if (!writeControl(join(path, "cpu.cfs_quota_us"), `${cpus * PERIOD_US}`)) {
    throw new Error(`The CPU limit of the cgroup ${path} could not be set.`);
  }
};

const baseOf = (controller: string, folder: string): string | undefined => {
  const found = findMount(controller);
  if (found === undefined) return undefined;
  return candidates(found)
    .map((rota) => join(rota, folder))
    .find(makeFolder);
};
