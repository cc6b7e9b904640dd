/**
 * A job as the cluster's state holds it. `Job` is what admission makes of a `JobSpec`; the fields below "life" are
 * changed by the reducer alone. One record stands for all the waiting tasks of an array; a task that starts, or is
 * changed on its own, is split off into a record of its own.
 */
import type { DependencyExpr } from "./dependency.ts";
import type { DevicePart } from "./device-parts.ts";
import type { HetMembership } from "./het.ts";
import type { JobId, NodeIndex, ShapeId } from "./ids.ts";
import type { JobSpec } from "./job-spec.ts";
import type { Claim } from "./preemption.ts";
import type { Request } from "./request.ts";
import type { Suspension } from "./suspension.ts";

export type JobState =
  | "PENDING"
  | "RUNNING"
  | "COMPLETED"
  | "CANCELLED"
  | "FAILED"
  | "TIMEOUT"
  | "NODE_FAIL"
  | "OUT_OF_MEMORY"
  | "PREEMPTED"
  | "DEADLINE"
  | "BOOT_FAIL";

/** As the outside sees it: a job that is suspended runs in all else, so it has no state of its own in here. */
export type ShownState = JobState | "SUSPENDED";

/** How one term of a dependency stands. */
export type TermState = "waiting" | "met" | "never";

/** A share of one device: a lane of the node and thousandths of the device on it. */
export interface DeviceShare {
  readonly lane: number;
  readonly thousandths: number;
  /** What the thousandths stand for; absent for the whole device. */
  readonly part?: DevicePart;
}

export interface NodeAllocation {
  readonly node: NodeIndex;
  readonly tasks: number;
  readonly cpus: number;
  readonly memMib: number;
  readonly devices: readonly DeviceShare[];
}

/** Nodes in rank order; the first runs the batch script. */
export interface Allocation {
  readonly nodes: readonly NodeAllocation[];
}

export interface ArrayMembership {
  readonly arrayJobId: JobId;
  /** The task of a split-off record; undefined for the record of the waiting rest. */
  readonly taskId?: number;
  /** Of the array as submitted, for SLURM_ARRAY_TASK_*. */
  readonly taskCount: number;
  readonly taskMin: number;
  readonly taskMax: number;
  readonly taskStep: number;
}

export interface Job {
  readonly id: JobId;
  /** Without script and environment, which live in the journal's blob table: `scriptKey`. */
  readonly spec: Omit<JobSpec, "script" | "environment">;
  /** Key of the script and environment in the store; equal for all tasks of an array. */
  readonly scriptKey: number;
  readonly name: string;
  readonly array?: ArrayMembership;
  /** Of a component of a heterogeneous job; absent for every other job. */
  readonly het?: HetMembership;
  readonly submitS: number;
  readonly requeueAllowed: boolean;

  // Life. Changed by the reducer alone.
  request: Request;
  shape: ShapeId;
  /** Names, first is tried first. */
  partitions: readonly string[];
  timeLimitS: number;
  /** Of a job that was started with a shorter limit than it had: that one, for when it is requeued. */
  askedLimitS?: number;
  nice: number;
  /** Points that an operator adds to its priority; absent for none. */
  siteFactor?: number;
  /** "" when none was asked. */
  account: string;
  /** Row of its association; absent where there is none. */
  association?: number;
  qos: string;
  /** Name of the reservation that it may only run in; absent for none. */
  reservation?: string;
  /** It asked for none: the reservation that it runs in drew it in. */
  wasDrawn?: true;
  /** Held because its reservation went away. */
  reservationDeleted?: true;
  comment: string;
  dependency?: DependencyExpr;
  /** One entry a term of `dependency`. */
  dependencyStates?: readonly TermState[];
  /**
   * Waiting tasks of an array record that no dependency holds, and those that one always will, ascending; absent where
   * the record waits as one.
   */
  freeTasks?: readonly number[];
  neverTasks?: readonly number[];
  /** Of a dependency on any of several: the begin time asked, and the one that the terms met so far come to. */
  beginDelay?: { readonly askedS: number; readonly untilS: number };
  state: JobState;
  /** Waiting tasks of an array record, ascending, or those that waited when it was ended; undefined for every other job. */
  pendingTasks?: readonly number[];
  /** At most this many tasks of the array run at once; 0 for no limit. */
  throttle: number;
  /** Why it is held: by its user, by an operator, or not. */
  held: "" | "user" | "admin";
  /** Epoch seconds before which it must not start; 0 for none. */
  beginS: number;
  /** When it could first have run (dependencies met, begin reached); 0 while not yet. */
  eligibleS: number;
  startS: number;
  endS: number;
  /**
   * Of a running job some of whose nodes are asleep: seconds that it is reckoned to wait for them. It has begun when all
   * are there, and `startS` is then that moment.
   */
  bootS?: number;
  restarts: number;
  /**
   * Set once the end has been asked for (scancel, requeue, a lost node) and the agent has not answered yet. PENDING
   * means that it goes back to the queue, held as `held` says.
   */
  ending?: {
    readonly state: JobState;
    readonly byUid: number;
    readonly atS: number;
    readonly held: Job["held"];
    /** The waiting job that it is preempted for; absent for any other end. */
    readonly forJob?: JobId;
  };
  /** Of a started job that is suspended, or is to be. */
  suspension?: Suspension;
  /** Seconds of its present or last run that it stood still, without a suspension that goes on; absent for none. */
  suspendedS?: number;
  /** When its present or last run was last suspended or went on; absent where it never was suspended. */
  suspendChangeS?: number;
  /** Of a waiting job for which others have been ended. */
  claim?: Claim;
  /** When its present or last run was preempted; absent where it was not. */
  preemptS?: number;
  allocation?: Allocation;
  /** Partition that it runs, or ran, in. */
  partition: string;
  exitCode: number;
  /** Signal that ended it, 0 for none. */
  exitSignal: number;
  /** Slurm's reason of an ended job: `NonZeroExitCode`, `BadConstraints`, ...; "" for none. */
  endReason: string;
  /** What it was ranked by when it last started; 0 before. */
  priority: number;
  /** Forced order: SLURM's `scontrol update Priority=`; -1 for "by policy". */
  setPriority: number;
}

/** Whether the state is final. */
export const isEnded = (state: ShownState): boolean =>
  state !== "PENDING" && state !== "RUNNING" && state !== "SUSPENDED";

/** Whether its agent has it standing still: it holds nothing but its memory. */
export const isSuspended = (job: Job): boolean => job.suspension?.sinceS !== undefined;

/** Seconds of this run until then that it stood still. */
export const stillS = (job: Job, atS: number): number =>
  (job.suspendedS ?? 0) +
  (job.suspension?.sinceS === undefined ? 0 : Math.max(0, atS - job.suspension.sinceS));

export const shownState = (job: Job): ShownState =>
  job.state === "RUNNING" && job.suspension !== undefined ? "SUSPENDED" : job.state;
