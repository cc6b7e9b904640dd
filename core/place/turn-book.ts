/**
 * How many CPUs of each node jobs that take turns have, those who have theirs and those who stand still alike: a CPU has at
 * most so many jobs as its partition says. Made when the first job of a pass asks. Touches nothing but its own counts.
 */
import type { PreemptionTables } from "../state/preemption-tables.ts";
import type { PassTables } from "../state/tables.ts";

interface NodeCpus {
  readonly node: number;
  readonly cpus: number;
}

export class TurnBook {
  readonly #tables: PassTables;
  readonly #jobs: readonly number[];
  /** By partition and node. */
  readonly #cpus = new Map<number, number>();

  constructor(tables: PassTables, { turns }: PreemptionTables) {
    this.#tables = tables;
    this.#jobs = turns?.jobs ?? [];
    const { runningJobs, running } = tables;
    const partitionOf = new Map<number, number>();
    for (let row = 0; row < runningJobs.count; row++)
      partitionOf.set(runningJobs.columns.jobId[row]!, runningJobs.columns.partition[row]!);
    for (let row = 0; row < running.count; row++) {
      const { jobId, node, cpus } = running.columns;
      this.#count(partitionOf.get(jobId[row]!) ?? -1, node[row]!, cpus[row]!);
    }
    // Rows of those who stand still have no CPUs; of those who are about to they have.
    for (const { partition, shares, isStill } of tables.suspended?.jobs ?? [])
      if (isStill) for (const { node, cpus } of shares) this.#count(partition, node, cpus);
  }

  /** Counts a job on these nodes; false, and nothing is counted, where it would be one too many. */
  add(partition: number, on: readonly NodeCpus[]): boolean {
    const most = this.#jobs[partition] ?? 0;
    const { totalCpus } = this.#tables.nodes.columns;
    const isOver = on.some(({ node, cpus }) => this.#held(partition, node) + cpus > most * totalCpus[node]!);
    if (isOver) return false;
    for (const { node, cpus } of on) this.#count(partition, node, cpus);
    return true;
  }

  #held(partition: number, node: number): number {
    return this.#cpus.get(this.#key(partition, node)) ?? 0;
  }

  #count(partition: number, node: number, cpus: number): void {
    if ((this.#jobs[partition] ?? 0) === 0) return;
    this.#cpus.set(this.#key(partition, node), this.#held(partition, node) + cpus);
  }

  #key(partition: number, node: number): number {
    return partition * this.#tables.nodes.count + node;
  }
}
