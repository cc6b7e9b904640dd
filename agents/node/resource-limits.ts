/**
 * Limits without cgroups: RLIMIT_DATA for the memory of each process, and CPU affinity. Weaker than cgroups (a job of
 * many processes can have more), and said so in the log.
 */
import type { JobUsage, Limiter, Placement } from "./limits.ts";
import { allowedCpus } from "./proc.ts";

/**
 * RLIMIT_DATA counts private writable memory that is mapped, touched or not, so programs that map generously (thread
 * stacks, garbage collectors) need room above what they use; the limit is to stop a runaway, not to account.
 */
const DATA_FACTOR = 2;
const DATA_ALLOWANCE_MIB = 512;

export class ResourceLimits implements Limiter {
  readonly summary: string;
  readonly #taskset: string;
  /** Jobs on each CPU of this host. */
  readonly #load = new Map<number, number>();
  readonly #cpusOf = new Map<string, readonly number[]>();

  constructor(taskset: string, ownCpus: boolean, why: string) {
    this.#taskset = ownCpus ? taskset : "";
    for (const cpu of allowedCpus("self")) this.#load.set(cpu, 0);
    const cpus = this.#taskset === "" ? "not limited in CPU" : "bound to their CPUs by affinity";
    this.summary = `jobs are ${cpus}, and each of their processes in memory by a resource limit of ${DATA_FACTOR} times the job's memory and ${DATA_ALLOWANCE_MIB} MiB${why === "" ? "" : ` (${why})`}`;
  }

  place(key: string, cpus: number, memMib: number): Placement {
    const dataKib = memMib === 0 ? 0 : (memMib * DATA_FACTOR + DATA_ALLOWANCE_MIB) * 1024;
    if (this.#taskset === "" || cpus === 0 || cpus >= this.#load.size)
      return { joins: [], dataKib, words: [] };
    const chosen = [...this.#load].sort((a, b) => a[1] - b[1] || a[0] - b[0]).slice(0, cpus);
    this.#hold(
      key,
      chosen.map(([cpu]) => cpu),
    );
    return { joins: [], dataKib, words: [this.#taskset, "-c", chosen.map(([cpu]) => cpu).join(",")] };
  }

  reserve(): undefined {
    return undefined;
  }

  take(_reserved: string, key: string, cpus: number, memMib: number): Placement {
    return this.place(key, cpus, memMib);
  }

  nest(
    key: string,
    step: string,
    share: { readonly cpus: number; readonly memMib: number; readonly jobMemMib: number },
  ): Placement {
    return this.place(`${key}/${step}`, share.cpus, share.memMib === 0 ? share.jobMemMib : share.memMib);
  }

  oomFile(): string {
    return "";
  }

  adopt(key: string, pid: number): void {
    const cpus = this.#taskset === "" || pid === 0 ? [] : allowedCpus(pid);
    if (cpus.length < this.#load.size) this.#hold(key, cpus);
  }

  processes(): undefined {
    return undefined;
  }

  usage(): JobUsage {
    return { cpuTimeMs: -1, maxRssMib: -1, oomKills: 0 };
  }

  release(key: string): void {
    for (const cpu of this.#cpusOf.get(key) ?? []) this.#load.set(cpu, (this.#load.get(cpu) ?? 1) - 1);
    this.#cpusOf.delete(key);
  }

  tidy(): void {}

  close(): void {}

  #hold(key: string, cpus: readonly number[]): void {
    this.#cpusOf.set(key, cpus);
    for (const cpu of cpus) this.#load.set(cpu, (this.#load.get(cpu) ?? 0) + 1);
  }
}
