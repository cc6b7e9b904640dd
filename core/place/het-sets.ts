/**
 * The waiting heterogeneous jobs of a pass: which rows start together, and why some of them cannot start whatever is
 * free. Made once a pass, and only where one waits. Pure.
 */
import type { RankedQueue } from "../model/ranked.ts";
import { waitReasonCode } from "../model/reasons.ts";
import type { PassTables } from "../state/tables.ts";

const REASON_BAD_CONSTRAINTS = waitReasonCode("BadConstraints");

export interface HetSet {
  /** Id of the leader. */
  readonly leader: number;
  /** Rows by offset, the leader's first. */
  readonly rows: readonly number[];
  /** 0 where all components may run by now, else the code of the reason of the first that may not. */
  readonly blocked: number;
}

export class HetSets {
  readonly #sets: ReadonlyMap<number, HetSet>;
  readonly #leaderOf: Int32Array;

  private constructor(sets: ReadonlyMap<number, HetSet>, leaderOf: Int32Array) {
    this.#sets = sets;
    this.#leaderOf = leaderOf;
  }

  /** undefined where none waits. */
  static of(tables: PassTables, ranked: RankedQueue): HetSets | undefined {
    const { columns, count } = tables.pending;
    const first = columns.hetLeader.subarray(0, count).findIndex((leader) => leader !== 0);
    if (first < 0) return undefined;
    const rowsOf = new Map<number, number[]>();
    for (let row = first; row < count; row++) {
      const leader = columns.hetLeader[row]!;
      if (leader === 0) continue;
      const rows = rowsOf.get(leader);
      if (rows === undefined) rowsOf.set(leader, [row]);
      else rows.push(row);
    }
    const isRanked = new Uint8Array(count);
    for (const row of ranked.order) isRanked[row] = 1;
    const sets = new Map<number, HetSet>();
    for (const [leader, rows] of rowsOf) {
      rows.sort((a, b) => columns.jobId[a]! - columns.jobId[b]!);
      const barred = rows.find((row) => isRanked[row] === 0);
      const isWhole = rows.length === columns.hetSize[rows[0]!]!;
      const reason = barred === undefined ? 0 : ranked.reason[barred]!;
      sets.set(leader, { leader, rows, blocked: isWhole ? reason : REASON_BAD_CONSTRAINTS });
    }
    return new HetSets(sets, columns.hetLeader);
  }

  /** Of a ranked row; undefined for a job of one component. */
  of(row: number): HetSet | undefined {
    return this.#sets.get(this.#leaderOf[row]!);
  }
}
