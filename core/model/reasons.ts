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
  "AssocMaxCpuMinutesPerJobLimit",
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
  "QOSGrpMemoryRunMinutes",
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
  "QOSMaxCpuMinutesPerJobLimit",
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
  "MaxMemoryPerAccount",
  "MaxNodePerAccount",
  "MaxBillingPerAccount",
  "MaxGRESPerAccount",
  "MaxJobsPerAccount",
  "QOSMinCpuNotSatisfied",
  "QOSMinMemory",
  "QOSMinNode",
  "QOSMinBilling",
  "QOSMinGRES",
  "ReqNodeNotAvail, May be reserved for other job",
  "ReqNodeNotAvail, Reserved for maintenance",
  "AssocMaxBillingPerNode",
  "QOSMaxBillingPerNode",
  "QOSUsageThreshold",
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
  /** Running jobs that are ended so that it can start; absent where there are none. */
  readonly victims?: readonly number[];
  /** It fits on what is free now: nothing but jobs ahead of it keeps it from starting. */
  readonly onlyPriority?: boolean;
  /** The limit that holds it back. */
  readonly limit?: WaitLimit;
  /** What it asks of its nodes together; absent where it asks no such thing. */
  readonly rules?: readonly WaitRule[];
  /** What trying has found out; absent where nothing was tried. */
  readonly tried?: WaitTrials;
  readonly text: string;
}

/** Something that a job asks of its nodes together, with how near what is free at this moment comes. Counts of nodes. */
export interface WaitRule {
  /** The option of sbatch. */
  readonly rule: "constraint" | "contiguous" | "switches";
  /** The features, or the number of switches; "" where there is no more to say. */
  readonly of: string;
  /** Nodes that must be so. */
  readonly asked: number;
  /** Free ones of which all are so. */
  readonly most: number;
  /** But for this option the free nodes would do. */
  readonly isKeeping: boolean;
}

/** A limit with its numbers, all in the unit that it is given in: CPUs, MiB, nodes, devices, minutes, seconds, jobs. */
export interface WaitLimit {
  /** Of a partition, an account or a QOS: Slurm's word for it. */
  readonly name: WaitReason;
  readonly value: number;
  /** What counts against it already. */
  readonly used: number;
  /** What the job would add. */
  readonly asked: number;
}

/** What of a job may be asked otherwise. */
export const WAIT_CHANGES = [
  "nodes",
  "time limit",
  "partition",
  "features",
  "contiguous",
  "switches",
  "gres",
] as const;

/** A change of the job with which it would start at once. */
export interface WaitChange {
  readonly change: (typeof WAIT_CHANGES)[number];
  /** What to ask instead: a number of nodes, seconds, a partition's name, "" for none. */
  readonly to: string;
}

export interface WaitTrials {
  /** The job whose start or reservation keeps it from starting now; 0 where it is none of those ahead of it. */
  readonly keptByJob: number;
  /** When that one is to start, epoch seconds; 0 for no such job. */
  readonly keptByStartS: number;
  /** Each alone would let it start now. */
  readonly changes: readonly WaitChange[];
  /** Everything was tried; false where the queue ahead is too long for that. */
  readonly isWhole: boolean;
}
