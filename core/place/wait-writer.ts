/**
 * Writes down why a row waits: for a limit of its own, for a reservation, for jobs that run, or for its turn; and, when a
 * group of rows has been planned, on how many nodes each would fit now. One a group of a pass. Pure.
 */
import type { LimitHit } from "../state/limit-use.ts";
import type { PassTables } from "../state/tables.ts";
import type { Candidates } from "./candidates.ts";
import type { ClassTable } from "./class-table.ts";
import type { PlanKernel } from "./kernel.ts";
import type { LimitGate } from "./limit-gate.ts";
import type { Picker } from "./picker.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import { isOutOfTime, type PlanGroup, REASON_RESERVATION, type ReservedPlanes } from "./reserved.ts";
import { slotsOfLimit } from "./slots.ts";
import { lastToEnd, REASON_PRIORITY, REASON_RESOURCES, type WaitBook } from "./waits.ts";

/** Classes whose free nodes are counted for `explain`; jobs of others get -1. */
export const MAX_FREE_COUNTS = 2_048;

/** What the writer shares with its pass. */
export interface WaitParts {
  readonly kernel: PlanKernel;
  readonly tables: PassTables;
  readonly borders: Int32Array;
  readonly builder: PlanBuilder;
  readonly gate: LimitGate | undefined;
  readonly reserved: ReservedPlanes | undefined;
  /** By pending row: class of which its free nodes are counted, -1 for none. */
  readonly countedClass: Int32Array;
  readonly isStrict: boolean;
}

/** And with the group at hand. */
export interface WaitGroup {
  readonly group: PlanGroup;
  readonly classes: ClassTable;
  readonly candidates: Candidates;
  readonly picker: Picker;
  readonly waits: WaitBook;
}

export class WaitWriter {
  readonly #pass: WaitParts;
  readonly #of: WaitGroup;

  constructor(pass: WaitParts, of: WaitGroup) {
    this.#pass = pass;
    this.#of = of;
  }

  /**
   * The row, whose candidates are at hand, waits; its place, if it has one `borderS` seconds from now, is the kernel's
   * picks. `limited` is the limit that kept it from starting, where one did. Behind one that keeps no place nobody waits.
   */
  explain(row: number, borderS: number, limited: LimitHit | undefined, keeps = true): void {
    const { builder, gate, tables, kernel, countedClass, isStrict } = this.#pass;
    const { candidates, waits } = this.#of;
    const jobId = tables.pending.columns.jobId[row]!;
    if (countedClass[row]! < 0) countedClass[row] = candidates.classes[0]!;
    if (gate !== undefined && limited !== undefined) {
      // It waits for its own limit, so nobody waits behind it.
      builder.reason[row] = gate.reasonOf(limited);
      return;
    }
    // Nobody waits behind a job that waits for a time.
    builder.reason[row] = this.#reservedReason(row);
    if (builder.reason[row] !== 0) return;
    let head = 0;
    for (let i = 0; i < candidates.count && head === 0; i++) head = waits.headOf(candidates.partitions[i]!);
    if (head !== 0 || this.#fitsBesideReservations()) {
      builder.reason[row] = REASON_PRIORITY;
      builder.behindJob[row] = head !== 0 ? head : waits.first;
      if (head === 0) builder.behindFirst.push({ row, phase: builder.phases.length });
    } else {
      builder.reason[row] = REASON_RESOURCES;
      if (borderS > 0)
        builder.behindJob[row] = lastToEnd(tables, builder, kernel.picks, kernel.pickCount(), borderS);
    }
    if (!keeps) return;
    builder.firstWaiting ??= { row, phase: builder.phases.length };
    waits.block(jobId, candidates.partitions, candidates.count);
    if (isStrict) waits.blockOverlapping(jobId, candidates.partitions, candidates.count);
  }

  /** For the rows that wait: on how many nodes they would fit at this moment, beside what the plan starts. */
  countFreeNodes(rows: Int32Array): void {
    const { builder, kernel, countedClass } = this.#pass;
    const { classes } = this.#of;
    const counts = new Int32Array(classes.count).fill(-1);
    let counted = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const classIndex = countedClass[row]!;
      if (classIndex < 0) continue;
      if (counts[classIndex]! < 0 && counted < MAX_FREE_COUNTS) {
        classes.ready(classIndex);
        counts[classIndex] = kernel.countNow(classIndex);
        counted++;
      }
      builder.freeNodes[row] = counts[classIndex]!;
    }
  }

  /** The reason of a job that a reservation keeps from starting now: its own is not now, or another has the nodes. */
  #reservedReason(row: number): number {
    const { reserved, tables, borders } = this.#pass;
    const { group, candidates, picker, waits } = this.#of;
    if (reserved === undefined) return 0;
    const limitS = tables.pending.columns.timeLimitS[row]!;
    if (isOutOfTime(group, tables.nowS, limitS)) return REASON_RESERVATION;
    const length = slotsOfLimit(borders, limitS);
    for (let i = 0; i < candidates.nowCount; i++) {
      if (waits.headOf(candidates.partitions[i]!) !== 0) continue;
      const classIndex = candidates.classes[i]!;
      const reason = reserved.reasonOf(classIndex, length, () => picker.fits(classIndex, length));
      if (reason !== 0) return reason;
    }
    return 0;
  }

  /** Whether enough nodes are free at this moment, so that only reservations of other jobs stand in the way. */
  #fitsBesideReservations(): boolean {
    const { candidates, picker } = this.#of;
    for (let i = 0; i < candidates.nowCount; i++) if (picker.fits(candidates.classes[i]!, 1)) return true;
    return false;
  }
}
