/**
 * Preemption as a site configures it, and what a waiting job holds while others are being ended for it. Plain records;
 * no I/O.
 */
import type { JobId, NodeIndex } from "./ids.ts";

/** Who may preempt whom: nobody; jobs of a QOS those of the ones it names; jobs of a partition those of a lower tier. */
export const PREEMPT_BY = ["none", "qos", "partition"] as const;
export type PreemptBy = (typeof PREEMPT_BY)[number];

/** What becomes of a job that is preempted; `off`: it cannot be. */
export const PREEMPT_MODES = ["off", "cancel", "requeue", "suspend"] as const;
export type PreemptMode = (typeof PREEMPT_MODES)[number];

export interface PreemptionSpec {
  readonly by: PreemptBy;
  /** Where neither QOS nor partition says otherwise. */
  readonly mode: PreemptMode;
  /** Seconds that every job runs before it can be preempted. */
  readonly exemptTimeS: number;
  /** Seconds of a turn in partitions whose jobs take turns (gang scheduling); absent where nobody does. */
  readonly turnS?: number;
}

/** Shortest and longest turn: a job is warned for two seconds before it stands still. */
export const MIN_TURN_S = 5;
export const MAX_TURN_S = 65_535;
export const DEFAULT_TURN_S = 30;

export const NO_PREEMPTION: PreemptionSpec = { by: "none", mode: "off", exemptTimeS: 0 };

/** Longest time that a job may be given to end by itself: a day. */
export const MAX_GRACE_TIME_S = 86_400;
/** Jobs that are ended for one; a job that would need more waits as if it could not preempt. */
export const MAX_VICTIMS = 1_024;
/** Jobs for which others are ended in one pass; the rest are looked at by the next. */
export const MAX_PREEMPTORS = 64;

/** Nodes that a waiting job has first, since others have been ended for it. */
export interface Claim {
  /** Name of the partition that it will run in. */
  readonly partition: string;
  readonly nodes: readonly NodeIndex[];
  /** Tasks on each of the nodes. */
  readonly tasks: readonly number[];
  readonly victims: readonly JobId[];
  readonly atS: number;
  /** Epoch seconds after which it is void: its victims should have been gone for long. */
  readonly untilS: number;
}
