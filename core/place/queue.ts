/**
 * What the planner is given beside the tables: the ranked queue, the settings of the pass and the policies that choose
 * nodes; and the bounds of a pass.
 */
import type { BackfillMode, BackfillOrder } from "../model/backfill.ts";
import type { Plan } from "../model/plan.ts";
import type { PlacementPolicy, PreemptionPolicy, TopologyPolicy } from "../model/policy.ts";

export interface PlanOptions {
  readonly mode: BackfillMode;
  /** Of the mode `easy`; default: `queue`. */
  readonly backfillOrder?: BackfillOrder | undefined;
  /** Of the modes that keep promises: the starts that the last plan gave; none by default. */
  readonly promises?: Promises | undefined;
  /**
   * Of the mode `conservative`: no job has ended since the promises were made, so that only jobs without one get a
   * start, and the others keep theirs. Default: every job is looked at for an earlier start.
   */
  readonly placesNewOnly?: boolean | undefined;
  /**
   * By GRES dimension: the untyped dimension that counts the same devices (`gpu` for `gpu:tesla`), or the dimension
   * itself where it is untyped. Dimensions beyond the list are their own.
   */
  readonly gresParent: readonly number[];
  /** Pending row whose reservation's nodes the plan names; none by default. */
  readonly watchRow?: number | undefined;
  /** How far ahead reservations are looked for, in seconds; default: twice the longest limit of a partition, at most 30 days. */
  readonly windowS?: number;
}

/** Starts that waiting jobs were given, in columns of equal length and any order; a start of 0 is none. */
export interface Promises {
  readonly jobId: Int32Array;
  /** Epoch seconds. */
  readonly startS: Uint32Array;
}

/**
 * Whether a pass of the mode is given what the last one promised. `easy` keeps it only where it is planned in slots, since
 * its own promise, to the first job, is made anew to the second. In strict order nobody can put off anybody.
 */
export const keepsPromises = (mode: BackfillMode): boolean => mode !== "none";

/**
 * Whether a job starts before what the last plan promised it. The place that it leaves may be room for one that stands
 * ahead of it and was looked at before, which only another pass finds.
 */
export function leavesRoom(plan: Plan, promises: Promises | undefined): boolean {
  if (plan.startCount === 0 || promises === undefined) return false;
  const { jobId, startS } = promises;
  const started = new Set(plan.startJob.subarray(0, plan.startCount));
  for (let i = 0; i < jobId.length; i++) if (startS[i]! > plan.nowS && started.has(jobId[i]!)) return true;
  return false;
}

/**
 * Takes out of promises, by row of the plan that made them, those of jobs that start now: what is kept of them would be
 * taken for the promise of the next task of the array, or of the job when it is requeued.
 */
export function forgetStarts(plan: Plan, startS: Uint32Array): void {
  for (let start = 0; start < plan.startCount; start++) {
    const row = plan.startRow[start]!;
    if (startS[row]! <= plan.nowS) startS[row] = 0;
  }
}

export interface PlanPolicies {
  readonly placement: PlacementPolicy;
  /** Without one, jobs on several nodes are placed by the placement policy. */
  readonly topology?: TopologyPolicy | undefined;
  /** What it costs to end a running job; without one, as the built-in module reckons. */
  readonly preemption?: PreemptionPolicy | undefined;
  /** Serves when the other two give a wrong answer; itself never wrong. */
  readonly fallback: PlacementPolicy;
}

/** Waiting array tasks of one row that a pass plans; the rest are planned by the next passes. */
export const MAX_TASKS_PLANNED_PER_ROW = 1_000;
/** Jobs and array tasks that one pass plans. Rows beyond it wait with the reason `Priority` and no expected start. */
export const MAX_DECISIONS = 400_000;
