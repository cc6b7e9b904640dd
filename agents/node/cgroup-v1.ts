/**
 * Limits by cgroup v1: the memory controller, and the cpu controller where it can be used, one folder a job in each.
 * Needs root, or folders that this agent may write.
 */
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
    if (memMib > 0) {
      if (!writeControl(join(path, "memory.limit_in_bytes"), `${memMib * MIB}`)) {
        throw new Error(`The memory limit of the cgroup ${path} could not be set.`);
      }
      // Absent where swap accounting is off; then there is no swap to account.
      writeControl(join(path, "memory.memsw.limit_in_bytes"), `${memMib * MIB}`);
    }
    const joins = [join(path, "cgroup.procs")];
    // A job with all of the host's CPUs needs no limit, and each folder costs a start some time.
    if (this.#cpu !== undefined && cpus > 0 && cpus < availableParallelism()) {
      const cpu = join(this.#cpu, key);
      if (!makeFolder(cpu) || !writeControl(join(cpu, "cpu.cfs_quota_us"), `${cpus * PERIOD_US}`)) {
        throw new Error(`The CPU limit of the cgroup ${cpu} could not be set.`);
      }
      joins.push(join(cpu, "cgroup.procs"));
    }
    return { joins, dataKib: 0, words: [] };
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
}

const baseOf = (controller: string, folder: string): string | undefined => {
  const found = findMount(controller);
  if (found === undefined) return undefined;
  return candidates(found)
    .map((rota) => join(rota, folder))
    .find(makeFolder);
};
