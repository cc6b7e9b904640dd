/**
 * The steps of a plan that let suspended jobs go on: each gets its own CPUs and devices back from the first slot on in
 * which nobody above it has them, before all jobs of the queue but those that might suspend it. One a pass, and only while
 * jobs are suspended. Touches nothing but the planes and the plan's list.
 */
import { outranks } from "../state/preemption-tables.ts";
import type { SuspendedJob, SuspendedShare } from "../state/suspended-tables.ts";
import { NODE_FLAG, type PassTables } from "../state/tables.ts";
import type { PlanKernel } from "./kernel.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import { type Amounts, noAmounts, type PlaneCells } from "./plane-cells.ts";
import { soonSlotOf } from "./preempt-ends.ts";
import { NEVER_S, slotAtOrBefore, slotsOfLimit } from "./slots.ts";

const ANSWERING = NODE_FLAG.REGISTERED | NODE_FLAG.RESPONDING;

export class ResumeSteps {
  readonly #tables: PassTables;
  readonly #kernel: PlanKernel;
  readonly #cells: PlaneCells;
  readonly #borders: Int32Array;
  readonly #builder: PlanBuilder;
  /** Not laid yet. */
  #left: readonly SuspendedJob[];
  /** By job id: its row among the running jobs. */
  readonly #rowOf: ReadonlyMap<number, number>;

  private constructor(
    tables: PassTables,
    jobs: readonly SuspendedJob[],
    kernel: PlanKernel,
    borders: Int32Array,
    builder: PlanBuilder,
  ) {
    this.#tables = tables;
    this.#kernel = kernel;
    this.#cells = kernel.cells();
    this.#borders = borders;
    this.#builder = builder;
    this.#left = jobs;
    this.#rowOf = rowsOf(tables, jobs);
  }

  /** undefined where nobody is to go on. */
  static of(
    tables: PassTables,
    kernel: PlanKernel,
    borders: Int32Array,
    builder: PlanBuilder,
  ): ResumeSteps | undefined {
    const jobs = tables.suspended?.jobs ?? [];
    return jobs.length === 0 ? undefined : new ResumeSteps(tables, jobs, kernel, borders, builder);
  }

  /**
   * The rows of a group in parts: before each, those suspended jobs are laid that its first row might not suspend. Rows
   * from there on come after them, whoever they are.
   */
  *partsOf(rows: Int32Array): Generator<Int32Array> {
    const { partitionSet, qos } = this.#tables.pending.columns;
    let from = 0;
    let before = -1;
    for (let at = 0; at < rows.length && this.#left.length > 0; at++) {
      const row = rows[at]!;
      const isAlike = before >= 0 && partitionSet[row] === partitionSet[before] && qos[row] === qos[before];
      before = row;
      if (isAlike) continue;
      const due = this.#left.filter((job) => !this.#mightSuspend(row, job));
      if (due.length === 0) continue;
      if (at > from) yield rows.subarray(from, at);
      from = at;
      this.#lay(due);
    }
    if (from < rows.length) yield rows.subarray(from);
    this.#lay(this.#left);
  }

  #mightSuspend(row: number, { jobId }: SuspendedJob): boolean {
    const running = this.#rowOf.get(jobId);
    if (running === undefined) return false;
    const { partitionSet } = this.#tables.pending.columns;
    const partitions = this.#tables.partitionSets[partitionSet[row]!] ?? [];
    return partitions.some((partition) => outranks(this.#tables, row, partition, running));
  }

  #lay(jobs: readonly SuspendedJob[]): void {
    for (const job of jobs) this.#layJob(job);
    this.#left = this.#left.filter((job) => !jobs.includes(job));
  }

  /** One that has no place before the last slot has none in the plan, and its memory does not come back. */
  #layJob(job: SuspendedJob): void {
    const { nowS, nodes } = this.#tables;
    const slots = this.#borders.length;
    const isAnswering = job.shares.every(
      ({ node }) => (nodes.columns.flags[node]! & (ANSWERING | NODE_FLAG.DOWN)) === ANSWERING,
    );
    if (!isAnswering || job.devicesFreeS >= NEVER_S) return;
    const length = slotsOfLimit(this.#borders, job.leftS);
    const needs = job.shares.map((share) => ({ node: share.node, amounts: this.#amountsOf(share) }));
    let slot = this.#firstSlot(job, nowS);
    for (let at = slot; at < slots && at < slot + length; at++)
      if (!needs.every(({ node, amounts }) => this.#isFree(at, node, amounts))) slot = at + 1;
    if (slot >= slots) return;
    const end = Math.min(slots, slot + length);
    for (const { node, amounts } of needs)
      for (let at = slot; at < end; at++) this.#cells.add(at, node, amounts, -1);
    for (const { node, memMib } of job.shares)
      for (let at = end; at < slots; at++)
        this.#cells.add(at, node, { ...noAmounts(this.#cells.planes), memMib }, 1);
    this.#builder.resumes.push({ jobId: job.jobId, atS: nowS + this.#borders[slot]! });
  }

  #firstSlot({ isStill, devicesFreeS }: SuspendedJob, nowS: number): number {
    const soon = isStill ? 0 : soonSlotOf(this.#tables, this.#borders);
    const leftS = devicesFreeS - nowS;
    if (leftS <= 0) return soon;
    const at = slotAtOrBefore(this.#borders, leftS);
    return Math.max(soon, this.#borders[at]! < leftS ? at + 1 : at);
  }

  /** Its memory is its own all the time, so it is not among them. */
  #amountsOf({ cpus, gres }: SuspendedShare): Amounts {
    const amounts = noAmounts(this.#cells.planes);
    amounts.cpus = cpus;
    for (const [dimension, count] of gres) {
      const plane = this.#kernel.dimensions.indexOf(dimension);
      if (plane >= 0) amounts.gres[plane] = count;
    }
    return amounts;
  }

  #isFree(slot: number, node: number, { cpus, gres }: Amounts): boolean {
    const cells = this.#cells;
    return (
      cells.cpus(slot, node) >= cpus && gres.every((count, plane) => cells.gres(plane, slot, node) >= count)
    );
  }
}

function rowsOf({ runningJobs }: PassTables, jobs: readonly SuspendedJob[]): ReadonlyMap<number, number> {
  const wanted = new Set(jobs.map(({ jobId }) => jobId));
  const rows = new Map<number, number>();
  for (let row = 0; row < runningJobs.count; row++) {
    const jobId = runningJobs.columns.jobId[row]!;
    if (wanted.has(jobId)) rows.set(jobId, row);
  }
  return rows;
}
