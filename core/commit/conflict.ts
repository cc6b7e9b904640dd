/** Why a planned start was not made: the cluster has changed since the snapshot. Counted, and planned anew next pass. */
export const CONFLICT_CODES = [
  /** The job has started, ended or been cancelled meanwhile. */
  "JOB_GONE",
  /** It has been held, or waits for a time or another job again. */
  "JOB_HELD",
  /** It asks for something else now, or its partition no longer takes it. */
  "JOB_CHANGED",
  /** An array has no more tasks that may start. */
  "NO_TASK_LEFT",
  /** A node has gone down, is drained or does not answer. */
  "NODE_NOT_USABLE",
  /** CPUs, memory or devices have been given to another job. */
  "CPUS_TAKEN",
  "MEMORY_TAKEN",
  "DEVICES_TAKEN",
  /** Too few licences are left. */
  "LICENSES_TAKEN",
  /** An account, a user or a QOS has as much in use as it may. */
  "LIMIT_REACHED",
  /** Another component of its heterogeneous job could not start. */
  "HET_WITHDRAWN",
  /** A reservation keeps the nodes for others, or its own is not now. */
  "RESERVED",
  /** Another user's job is on a node, and one of the two shares with its own user's jobs only. */
  "OF_OTHER_USER",
  /** A running job that was to be ended has ended, is ending, or may not be taken any more. */
  "VICTIM_GONE",
  /** The job fits without ending others by now. */
  "NOT_NEEDED",
] as const;
export type ConflictCode = (typeof CONFLICT_CODES)[number];

export interface Conflict {
  readonly jobId: number;
  readonly code: ConflictCode;
  /** One line with the numbers. */
  readonly text: string;
}

/** Why one start or preemption of a plan does not hold. */
export type Refused = Pick<Conflict, "code" | "text">;
