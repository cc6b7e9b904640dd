/**
 * The plan of a part of the queue, with what it takes to make one plan of all parts (merge-parts.ts). Columns, since it
 * crosses from a worker thread. Pure.
 */
import type { Plan } from "../model/plan.ts";
import type { RankedQueue } from "../model/ranked.ts";
import type { PlanBuilder } from "./plan-builder.ts";

type Starts = Pick<
  Plan,
  "startCount" | "startRow" | "startJob" | "startPartition" | "startOffset" | "startNodes" | "startTasks"
>;

/** The columns beside the starts have an entry for each of the part's rows, in their order. */
export interface PartPlan extends Starts {
  readonly nowS: number;
  readonly pendingCount: number;
  readonly rows: Int32Array;
  readonly reason: Uint8Array;
  readonly expectedStartS: Uint32Array;
  readonly freeNodes: Int32Array;
  readonly behindJob: Int32Array;
  /** Class of which its free nodes were counted, -1 for none. */
  readonly countedClass: Int32Array;
  /** See PlanBuilder. */
  readonly phases: readonly number[];
  readonly behindFirst: PlanBuilder["behindFirst"];
  readonly firstWaiting: PlanBuilder["firstWaiting"];
  /** Kinds of classes of which so many are that they would learn from each other. */
  readonly likenesses: number;
  /** Whether no policy was wrong, which would have been another one's turn for all parts. */
  readonly isSound: boolean;
  readonly decisions: number;
}

/** `likenesses` are those of the pass's class table. */
export function partPlanOf(
  made: Plan,
  rows: Int32Array,
  ranked: RankedQueue,
  builder: PlanBuilder,
  countedClass: Int32Array,
  likenesses: number,
): PartPlan {
  const of = <T extends Int32Array | Uint8Array | Uint32Array>(column: T, into: T): T => {
    for (let i = 0; i < rows.length; i++) into[i] = column[rows[i]!]!;
    return into;
  };
  const { startCount, startRow, startJob, startPartition, startOffset, startNodes, startTasks } = made;
  const { length } = rows;
  return {
    startCount,
    startRow,
    startJob,
    startPartition,
    startOffset,
    startNodes,
    startTasks,
    nowS: made.nowS,
    pendingCount: made.pendingCount,
    rows,
    reason: of(made.reason, new Uint8Array(length)),
    expectedStartS: of(made.expectedStartS, new Uint32Array(length)),
    freeNodes: of(made.freeNodes, new Int32Array(length)),
    behindJob: of(made.behindJob, new Int32Array(length)),
    countedClass: of(countedClass, new Int32Array(length)),
    phases: builder.phases,
    behindFirst: builder.behindFirst,
    firstWaiting: builder.firstWaiting,
    likenesses,
    isSound: made.faults.length === ranked.faults.length,
    decisions: made.decisions,
  };
}
