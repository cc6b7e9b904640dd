/**
 * The plan of one pass: who starts now and where, and for everyone else the reason, the expected start and what it
 * waits behind. Columns, since it crosses from the worker thread. Made by `place`, read by `commit` and `explain`.
 */
import type { PolicyFault, PolicyKind } from "./policy.ts";

/** Running jobs that are to be ended for a waiting one, and the nodes that it has first from then on. */
export interface PlanPreemption {
  readonly row: number;
  readonly jobId: number;
  readonly partition: number;
  /** Node rows, ascending. */
  readonly nodes: readonly number[];
  /** Tasks on each of the nodes; of a job with the same on each 1. */
  readonly tasks: readonly number[];
  /** Ids of running jobs; the job does not fit without any one of them gone. */
  readonly victims: readonly number[];
  /** Whether too little is free on the nodes at nowS, so that it is not for reservations alone that it must wait. */
  readonly isShort: boolean;
}

/** When a suspended job goes on, in the plan. */
export interface PlanResume {
  /** Of a heterogeneous job the leader's. */
  readonly jobId: number;
  /** Epoch seconds; the plan's nowS for at once. */
  readonly atS: number;
}

export interface Plan {
  /** Epoch seconds that the plan counts from. */
  readonly nowS: number;
  /** Rows of the pending columns that were planned; the columns below have this many rows. */
  readonly pendingCount: number;

  // Starts, in the order planned. A row of an array appears once for each task that starts.
  readonly startCount: number;
  /** Pending row of start i. */
  readonly startRow: Int32Array;
  /** Job id of start i, for commit to check that the row still holds it. */
  readonly startJob: Int32Array;
  readonly startPartition: Int32Array;
  /** Nodes of start i are startNodes[startOffset[i] .. startOffset[i + 1]), in rank order. */
  readonly startOffset: Int32Array;
  readonly startNodes: Int32Array;
  /** Tasks on each of those nodes. */
  readonly startTasks: Int32Array;

  /**
   * Of start i the leader of the heterogeneous job that it is a component of, 0 for none; absent where all are 0. The
   * components of one follow each other, and start whole or not at all.
   */
  readonly startHet?: Int32Array;

  // One entry a pending row, for those that go on waiting.
  /** Index into WAIT_REASONS. */
  readonly reason: Uint8Array;
  readonly priority: Float64Array;
  /** Place in the queue, from 0; -1 for rows that were not ranked (held, dependency). */
  readonly rank: Int32Array;
  /** Epoch seconds; 0 for none (beyond the plan's window, or not eligible). */
  readonly expectedStartS: Uint32Array;
  /** Eligible nodes that could take it at nowS; -1 where it was not counted. */
  readonly freeNodes: Int32Array;
  /** Job that it waits behind; 0 for none. */
  readonly behindJob: Int32Array;

  /** At most MAX_PREEMPTORS, in the order of the queue; absent where there are none. */
  readonly preemptions?: readonly PlanPreemption[];

  /** Suspended jobs that have a place in the plan; absent where there are none. */
  readonly resumes?: readonly PlanResume[];

  /** Where the row that the pass was told to watch has its reservation; absent when it starts now or has none. */
  readonly watched?: { readonly nodes: Int32Array; readonly partition: number };

  readonly faults: readonly {
    readonly kind: PolicyKind;
    readonly module: string;
    readonly fault: PolicyFault;
  }[];
  /** Jobs that were looked at, and searches through the planes. */
  readonly decisions: number;
}
