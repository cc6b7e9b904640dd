/**
 * When a waiting row may start by the limits of its owner: what it takes of each TRES, held against the limits over the
 * slots of the plan. One a pass; costs nothing for rows without limits. Pure.
 */
import { TRES_PLACES } from "../state/associations.ts";
import type { LimitHit } from "../state/limit-use.ts";
import type { LimitTables, PassTables } from "../state/tables.ts";
import {
  askedAmounts,
  CPU_BILLING,
  largestNode,
  spreadAmounts,
  type WholeNode,
} from "../state/tres-amounts.ts";
import { LimitTimeline } from "./limit-timeline.ts";

export class LimitGate {
  readonly #tables: PassTables;
  readonly #limits: LimitTables;
  readonly #gresParent: readonly number[];
  readonly #timeline: LimitTimeline;
  readonly #amounts = new Float64Array(TRES_PLACES);
  #whole: WholeNode | undefined;

  private constructor(
    tables: PassTables,
    limits: LimitTables,
    gresParent: readonly number[],
    borders: Int32Array,
  ) {
    this.#tables = tables;
    this.#limits = limits;
    this.#gresParent = gresParent;
    this.#timeline = new LimitTimeline(tables, limits, borders);
  }

  /** undefined where the site has no limits. */
  static of(tables: PassTables, gresParent: readonly number[], borders: Int32Array): LimitGate | undefined {
    return tables.limits === undefined
      ? undefined
      : new LimitGate(tables, tables.limits, gresParent, borders);
  }

  /** What the last `firstSlot` ran into; undefined when it ran into nothing. */
  get hit(): LimitHit | undefined {
    return this.#timeline.hit;
  }

  /** Code of the reason that a limit is. */
  reasonOf({ constraint }: LimitHit): number {
    return this.#limits.constraints[constraint]!.reason;
  }

  /** First slot from `from` on in which the row may start in the partition for so many slots; that many when none. */
  firstSlot(row: number, partition: number, from: number, length: number): number {
    const { constraints, timeLimitS } = this.#tables.pending.columns;
    if (constraints[row] === 0) {
      this.#timeline.hit = undefined;
      return from;
    }
    const amounts = this.#amountsOf(row, partition);
    return this.#timeline.firstSlot(constraints[row]!, amounts, timeLimitS[row]!, from, length);
  }

  /**
   * Whether the limits let an uneven row start in a slot on these nodes, with so many tasks on each: only its nodes say
   * how much of some TRES it takes. Where they do not, `hit` says why.
   */
  letsStartOn(
    row: number,
    partition: number,
    nodes: Int32Array,
    tasks: Int32Array,
    count: number,
    slot = 0,
    length = 1,
  ): boolean {
    const { constraints, timeLimitS } = this.#tables.pending.columns;
    if (constraints[row] === 0) return true;
    const shape = this.#tables.pending.columns.shape[row]!;
    const weights = this.#tables.partitions[partition]?.billing ?? CPU_BILLING;
    const amounts = spreadAmounts(
      this.#tables,
      shape,
      this.#gresParent,
      weights,
      nodes.subarray(0, count),
      tasks,
      this.#amounts,
    );
    return this.#timeline.firstSlot(constraints[row]!, amounts, timeLimitS[row]!, slot, length) === slot;
  }

  /** Counts what the plan gives the row. */
  take(row: number, partition: number, slot: number, length: number): void {
    const { subjects, timeLimitS } = this.#tables.pending.columns;
    if (subjects[row] === 0) return;
    this.#timeline.take(subjects[row]!, this.#amountsOf(row, partition), timeLimitS[row]!, slot, length);
  }

  /** Gives back what `take` counted over the slots. */
  giveBack(row: number, partition: number, slot: number, length: number): void {
    const subjects = this.#tables.pending.columns.subjects[row]!;
    if (subjects !== 0) this.#timeline.giveBack(subjects, this.#amountsOf(row, partition), slot, length);
  }

  /** What is in use as of now, for `restore` after what was taken since has been given back. */
  checkpoint(): Float64Array {
    return this.#timeline.checkpoint();
  }

  restore(use: Float64Array): void {
    this.#timeline.restore(use);
  }

  #amountsOf(row: number, partition: number): Float64Array {
    const { shapes, pending, partitions } = this.#tables;
    const weights = partitions[partition]?.billing ?? CPU_BILLING;
    this.#whole ??= largestNode(this.#tables);
    return askedAmounts(
      shapes,
      pending.columns.shape[row]!,
      this.#gresParent,
      weights,
      this.#whole,
      this.#amounts,
    );
  }
}
