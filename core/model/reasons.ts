/**
 * Why a job waits: one table of codes, with Slurm's name for each. The pass writes a code and numbers for every job
 * that it leaves waiting; squeue, scontrol and `rota explain` read them. Codes are bytes on the plan and append-only.
 */
export const WAIT_REASONS = [
  "None",
  "Priority",
  "Resources",
  "Dependency",
  "DependencyNeverSatisfied",
  "BeginTime",
  "JobHeldUser",
  "JobHeldAdmin",
  "JobArrayTaskLimit",
  "PartitionTimeLimit",
  "PartitionNodeLimit",
  "PartitionConfig",
  "PartitionDown",
  "ReqNodeNotAvail",
  "BadConstraints",
] as const;

export type WaitReason = (typeof WAIT_REASONS)[number];

export const waitReasonCode = (reason: WaitReason): number => WAIT_REASONS.indexOf(reason);

/** What stands between a waiting job and its start, with numbers. All counts are of nodes. */
export interface WaitExplanation {
  readonly reason: WaitReason;
  /** Nodes of the cluster, then those left after each filter, in this order. */
  readonly filters: readonly { readonly filter: string; readonly removed: number; readonly left: number }[];
  /** Nodes that the job needs. */
  readonly needNodes: number;
  /** Eligible nodes on which it fits at this moment. */
  readonly freeNodes: number;
  /** Epoch seconds; 0 when the plan has none. */
  readonly expectedStartS: number;
  /** The waiting or running job that it waits behind; 0 for none. */
  readonly behindJob: number;
  /** Names of nodes that are asked for and not available. */
  readonly unavailableNodes: readonly string[];
  readonly text: string;
}
