/** A partition as configured. Limits are the site's; UNLIMITED_S and MAX_NODES say "none". */
import type { LimitSet } from "./account.ts";
import type { PartitionIndex } from "./ids.ts";
import type { PreemptMode } from "./preemption.ts";

export interface PartitionSpec {
  readonly name: string;
  /** Hostlist of its nodes, or `ALL`. */
  readonly nodes: string;
  readonly isDefault: boolean;
  /** Seconds. */
  readonly maxTimeS: number;
  /** Seconds; 0 when the site set none (then maxTimeS is the default). */
  readonly defaultTimeS: number;
  readonly maxNodes: number;
  readonly minNodes: number;
  /** MiB; 0 for none. At most one of the two is set. */
  readonly defMemPerCpuMib: number;
  readonly defMemPerNodeMib: number;
  readonly priorityJobFactor: number;
  readonly priorityTier: number;
  readonly state: "UP" | "DOWN" | "DRAIN" | "INACTIVE";
  /** Its jobs share nodes with jobs of the same user only. */
  readonly exclusiveUser?: true;
  /** What a unit of each TRES costs, by name; memory by the MiB. Absent: a CPU costs 1 and nothing else does. */
  readonly billingWeights?: Readonly<Record<string, number>>;
  /** Absent: all. At most one of allow and deny of a kind is given. */
  readonly allowAccounts?: readonly string[];
  readonly denyAccounts?: readonly string[];
  readonly allowQos?: readonly string[];
  readonly denyQos?: readonly string[];
  readonly allowGroups?: readonly string[];
  /** QOS whose limits hold for all its jobs. */
  readonly qos?: string;
  /** What becomes of its jobs when they are preempted by partition; absent: as the cluster says. */
  readonly preemptMode?: PreemptMode;
  /** Seconds that a job of it has to end by itself when it is preempted; absent: 0. */
  readonly graceTimeS?: number;
  /** Jobs that take turns on each of its CPUs, 2 .. MAX_TURN_JOBS; absent: a CPU is one job's. */
  readonly turnJobs?: number;
}

/** More jobs than this would each have a CPU too seldom; Slurm's FORCE without a number is DEFAULT_TURN_JOBS. */
export const MAX_TURN_JOBS = 64;
export const DEFAULT_TURN_JOBS = 4;

export interface PartitionRecord {
  readonly index: PartitionIndex;
  spec: PartitionSpec;
}

export interface QosSpec {
  readonly name: string;
  readonly priority: number;
  /** What its jobs' use is multiplied by before it counts; absent: 1. */
  readonly usageFactor?: number;
  /** With EnforceUsageThreshold: the fair share, 0..1, below which its jobs wait; absent: none. */
  readonly usageThreshold?: number;
  /** What amounts in limits of associations are multiplied by for its jobs; absent: 1. */
  readonly limitFactor?: number;
  /** Priority below which a waiting job keeps nothing free; absent: none. */
  readonly minPrioThreshold?: number;
  readonly flags?: readonly QosFlag[];
  readonly limits?: LimitSet;
  /** QOS whose jobs its own may preempt. */
  readonly preempt?: readonly string[];
  /** Seconds that a job of it has to end by itself when it is preempted; absent: 0. */
  readonly graceTimeS?: number;
  /** What becomes of its jobs when they are preempted by QOS; absent: as the cluster says. */
  readonly preemptMode?: PreemptMode;
}

/** In the order in which Slurm lists them. */
export const QOS_FLAGS = [
  "DenyOnLimit",
  "EnforceUsageThreshold",
  "NoDecay",
  "NoReserve",
  "OverPartQOS",
  "PartitionMaxNodes",
  "PartitionMinNodes",
  "PartitionTimeLimit",
  "Relative",
  "RequiresReservation",
  "UsageFactorSafe",
] as const;
export type QosFlag = (typeof QOS_FLAGS)[number];
