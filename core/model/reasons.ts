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
  "Licenses",
  "Reservation",
  "ReservationDeleted",
  "InvalidAccount",
  "InvalidQOS",
  "DeadLine",
  "AssocGrpCpuLimit",
  "AssocGrpMemLimit",
  "AssocGrpNodeLimit",
  "AssocGrpBilling",
  "AssocGrpGRES",
  "AssocGrpJobsLimit",
  "AssocGrpWallLimit",
  "AssocGrpCPUMinutesLimit",
  "AssocGrpMemMinutes",
  "AssocGrpNodeMinutes",
  "AssocGrpBillingMinutes",
  "AssocGrpGRESMinutes",
  "AssocGrpCPURunMinutesLimit",
  "AssocGrpMemRunMinutes",
  "AssocGrpNodeRunMinutes",
  "AssocGrpBillingRunMinutes",
  "AssocGrpGRESRunMinutes",
  "AssocMaxJobsLimit",
  "AssocMaxWallDurationPerJobLimit",
  "AssocMaxCpuPerJobLimit",
  "AssocMaxMemPerJob",
  "AssocMaxNodePerJobLimit",
  "AssocMaxBillingPerJob",
  "AssocMaxGRESPerJob",
  "AssocMaxCpuPerNode",
  "AssocMaxMemPerNode",
  "AssocMaxGRESPerNode",
  "AssocMaxCPUMinutesPerJobLimit",
  "AssocMaxMemMinutesPerJob",
  "AssocMaxNodeMinutesPerJob",
  "AssocMaxBillingMinutesPerJob",
  "AssocMaxGRESMinutesPerJob",
  "QOSGrpCpuLimit",
  "QOSGrpMemLimit",
  "QOSGrpNodeLimit",
  "QOSGrpBilling",
  "QOSGrpGRES",
  "QOSGrpJobsLimit",
  "QOSGrpWallLimit",
  "QOSGrpCPUMinutesLimit",
  "QOSGrpMemoryMinutes",
  "QOSGrpNodeMinutes",
  "QOSGrpBillingMinutes",
  "QOSGrpGRESMinutes",
  "QOSGrpCPURunMinutesLimit",
  "QOSGrpMemRunMinutes",
  "QOSGrpNodeRunMinutes",
  "QOSGrpBillingRunMinutes",
  "QOSGrpGRESRunMinutes",
  "QOSMaxJobsPerUserLimit",
  "QOSMaxWallDurationPerJobLimit",
  "QOSMaxCpuPerJobLimit",
  "QOSMaxMemoryPerJob",
  "QOSMaxNodePerJobLimit",
  "QOSMaxBillingPerJob",
  "QOSMaxGRESPerJob",
  "QOSMaxCpuPerNode",
  "QOSMaxMemoryPerNode",
  "QOSMaxGRESPerNode",
  "QOSMaxCPUMinutesPerJobLimit",
  "QOSMaxMemoryMinutesPerJob",
  "QOSMaxNodeMinutesPerJob",
  "QOSMaxBillingMinutesPerJob",
  "QOSMaxGRESMinutesPerJob",
  "QOSMaxCpuPerUserLimit",
  "QOSMaxMemoryPerUser",
  "QOSMaxNodePerUserLimit",
  "QOSMaxBillingPerUser",
  "QOSMaxGRESPerUser",
  "MaxCpuPerAccount",
  "MaxMemPerAccount",
  "MaxNodePerAccount",
  "MaxBillingPerAccount",
  "MaxGRESPerAccount",
  "MaxJobsPerAccount",
  "QOSMinCpuNotSatisfied",
  "QOSMinMemory",
  "QOSMinNode",
  "QOSMinBilling",
  "QOSMinGRES",
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
