/**
 * The tables of the cluster's state: nodes, pending jobs, running allocations and shapes. The layouts are the contract
 * between the reducer, which writes, and the stages and WASM, which read. Row numbers of nodes are for ever; rows of
 * pending and running move when others leave (the last row fills the gap).
 */

import { DEVICE_LANES } from "../model/ids.ts";
import type { ConstraintTables } from "./constraint-tables.ts";
import type { LeafLevels } from "./leaf-levels.ts";
import type { LicenceTables } from "./licences.ts";
import type { Constraint, Counter } from "./limit-sets.ts";
import type { OwnerTables } from "./owners.ts";
import type { PartTables } from "./part-tables.ts";
import type { PreemptionTables } from "./preemption-tables.ts";
import type { QosRules } from "./qos-rules.ts";
import type { PassReservation } from "./reservations.ts";
import type { TaskGroups } from "./row-extras.ts";
import type { SetRuleTables } from "./set-rules.ts";
import type { SuspendedTables } from "./suspended-tables.ts";
import { Table, type TableSnapshot } from "./table.ts";
import type { BillingWeights } from "./tres-amounts.ts";

/** Distinct GRES dimensions of a cluster (`gpu`, `gpu:tesla`, `nic`, ...); dimension 0 is always `gpu`. */
export const MAX_GRES_DIMENSIONS = 16;
/** GRES demands of one shape. */
export const MAX_SHAPE_GRES = 4;
export const MAX_FEATURES = 64;

const one = <T extends "i32" | "u32" | "u8" | "i16" | "f64">(
  type: T,
): { readonly type: T; readonly planes: 1 } => ({
  type,
  planes: 1,
});

/** One row a node. Free amounts are of this moment: what no running job holds. */
export const NODE_LAYOUT = {
  freeCpus: one("i32"),
  totalCpus: one("i32"),
  freeMemMib: one("i32"),
  totalMemMib: one("i32"),
  /** Wholly free devices, plane d = GRES dimension d. */
  freeGres: { type: "u8", planes: MAX_GRES_DIMENSIONS },
  totalGres: { type: "u8", planes: MAX_GRES_DIMENSIONS },
  /** Free thousandths of each device, plane l = lane l; 0 where the lane is empty. */
  laneFree: { type: "i16", planes: DEVICE_LANES },
  /** Equal for nodes with the same CPUs, memory, devices and features. */
  hardwareClass: one("i32"),
  /** Bit p of the pair is set when the node is in partition p. */
  partitionLo: one("u32"),
  partitionHi: one("u32"),
  /** Bit f of the pair is set when the node has feature f. */
  featureLo: one("u32"),
  featureHi: one("u32"),
  flags: one("u32"),
  /** Interned leaf switch or block; -1 for none. */
  topologyLeaf: one("i32"),
  threadsPerCore: one("i32"),
  /** Epoch seconds at which the last of its running jobs ends by its limit; 0 when none runs. */
  freesAtS: one("u32"),
  runningJobs: one("i32"),
} as const;

export const NODE_FLAG = {
  /** An agent has registered it. */
  REGISTERED: 1,
  RESPONDING: 2,
  DOWN: 4,
  DRAIN: 8,
  /** It powers down or reboots. */
  LEAVING: 16,
} as const;

const UNUSABLE = NODE_FLAG.DOWN | NODE_FLAG.DRAIN | NODE_FLAG.LEAVING;

/** Whether new jobs may start on a node with these flags. */
export const isNodeUsable = (flags: number): boolean =>
  (flags & (NODE_FLAG.REGISTERED | NODE_FLAG.RESPONDING | UNUSABLE)) ===
  (NODE_FLAG.REGISTERED | NODE_FLAG.RESPONDING);

/** One row a waiting record; an array's waiting tasks are one row. */
export const PENDING_LAYOUT = {
  jobId: one("i32"),
  shape: one("i32"),
  /** Interned list of partitions to try, in order. */
  partitionSet: one("i32"),
  /** The limit that it is planned with: the shortest that it asked (--time-min), or its limit. */
  timeLimitS: one("i32"),
  submitS: one("u32"),
  /** 0 while dependencies or the begin time hold it. */
  eligibleS: one("u32"),
  /** 0 for none. */
  beginS: one("u32"),
  nice: one("i32"),
  /** -1 for "by policy", else the priority an operator set. */
  setPriority: one("f64"),
  /** Priority of its QOS, 0 for none. */
  qosPriority: one("i32"),
  /** Place of its QOS among the configured ones, -1 for none. */
  qos: one("i32"),
  flags: one("u32"),
  /** Waiting tasks of the row, 1 for a plain job. */
  tasksWaiting: one("i32"),
  /** How many of them the array's `%limit` lets start now; equal to tasksWaiting without a limit. */
  tasksStartable: one("i32"),
  /** Row of its association, -1 for none. */
  association: one("i32"),
  /** Id of the reservation that it may only run in, 0 for none. */
  reservation: one("i32"),
  /** Interned sets of limit-sets.ts: who counts the job when it runs, and the limits that hold for it; 0 for none. */
  subjects: one("i32"),
  constraints: one("i32"),
  /** Of a component of a heterogeneous job: id of its leader, and how many components start with it; else 0. */
  hetLeader: one("i32"),
  hetSize: one("i32"),
  /** Another number each time the row is written, unlike that of any other row; moves with it. */
  version: one("u32"),
} as const;

export const PENDING_FLAG = {
  HELD_USER: 1,
  HELD_ADMIN: 2,
  DEPENDENCY: 4,
  DEPENDENCY_NEVER: 8,
  /** Held because its reservation went away. */
  RESERVATION_DELETED: 16,
} as const;

/** One row for each node of each running job: what comes back when it ends; of a suspended one its memory alone. */
export const RUNNING_LAYOUT = {
  jobId: one("i32"),
  node: one("i32"),
  /** Epoch seconds by the time limit; UNLIMITED_S when it has none. */
  endS: one("u32"),
  cpus: one("i32"),
  memMib: one("i32"),
  /** Whole devices given back in GRES dimension d. */
  gres: { type: "u8", planes: MAX_GRES_DIMENSIONS },
  /** Place of the node in the job's allocation. */
  share: one("i32"),
} as const;

/** One row a running job: what all its nodes come to. */
export const RUNNING_JOB_LAYOUT = {
  jobId: one("i32"),
  /** Later by what it has been suspended, so that now less this is how long it has run. */
  startS: one("u32"),
  /** Epoch seconds by the time limit; UNLIMITED_S when it has none, or is suspended. */
  endS: one("u32"),
  nodes: one("i32"),
  cpus: one("i32"),
  /** Partition index, -1 where it was taken out of the configuration. */
  partition: one("i32"),
  /** MiB of all its nodes together. */
  memMib: one("f64"),
  /** Whole devices of all its nodes together, plane d = GRES dimension d. */
  gres: { type: "i32", planes: MAX_GRES_DIMENSIONS },
  /** By the weights of its partition when it started. */
  billing: one("f64"),
  /** Of its QOS when it started. */
  usageFactor: one("f64"),
  /** Row of its association, -1 for none. */
  association: one("i32"),
  /** Interned set of who counts it. */
  subjects: one("i32"),
  /** Place of its QOS among the configured ones, -1 for none. */
  qos: one("i32"),
  /** What it was ranked by when it started. */
  priority: one("f64"),
  restarts: one("i32"),
  flags: one("u32"),
} as const;

export const RUNNING_JOB_FLAG = {
  /** Its end has been asked for. */
  ENDING: 1,
  /** It may go back to the queue. */
  REQUEUE: 2,
  /** It is not preempted: it runs in a reservation, is a component of a heterogeneous job, or has parts of devices. */
  SPARED: 4,
  /** It is to stand still, and has its CPUs and devices until it does. */
  SUSPENDING: 8,
  /** It stands still: its rows have its memory and nothing else, and nobody knows when that ends. */
  SUSPENDED: 16,
} as const;

/** One row a shape, see core/model/request.ts for the meaning. */
export const SHAPE_LAYOUT = {
  minNodes: one("i32"),
  maxNodes: one("i32"),
  tasks: one("i32"),
  tasksPerNode: one("i32"),
  uneven: one("u8"),
  /** 0 where the tasks of a node share its CPUs. */
  cpusPerTask: one("i32"),
  /** CPUs of the fullest node, -1 (ALL) for all. */
  cpus: one("i32"),
  memMib: one("i32"),
  /** MiB for each CPU where memory was asked so, else 0. */
  memPerCpuMib: one("i32"),
  /** Plane i = demand i: the GRES dimension, and the count (0: no demand). */
  gresDimension: { type: "i32", planes: MAX_SHAPE_GRES },
  gresCount: { type: "i32", planes: MAX_SHAPE_GRES },
  /** 1 where the count scales with the tasks on a node. */
  gresPerTask: { type: "u8", planes: MAX_SHAPE_GRES },
  exclusive: one("u8"),
  oneThreadPerCore: one("u8"),
  featureLo: one("u32"),
  featureHi: one("u32"),
  /** Rows required and excluded: slices of the shape list, `lists[offset .. offset + count)`. */
  requiredOffset: one("i32"),
  requiredCount: one("i32"),
  excludedOffset: one("i32"),
  excludedCount: one("i32"),
  /** Pending and running records with this shape; 0 means the row is free. */
  users: one("i32"),
} as const;

export type NodeTable = Table<typeof NODE_LAYOUT>;
export type PendingTable = Table<typeof PENDING_LAYOUT>;
export type RunningTable = Table<typeof RUNNING_LAYOUT>;
export type RunningJobTable = Table<typeof RUNNING_JOB_LAYOUT>;
export type ShapeTable = Table<typeof SHAPE_LAYOUT>;

export interface PartitionLimits {
  readonly name: string;
  readonly maxTimeS: number;
  readonly maxNodes: number;
  readonly minNodes: number;
  readonly priorityJobFactor: number;
  readonly priorityTier: number;
  readonly up: boolean;
  /** Absent: a CPU costs 1. */
  readonly billing?: BillingWeights;
}

/** The limits of a site as a pass reads them; absent where it has none. Indices are those of limit-sets.ts. */
export interface LimitTables {
  readonly counters: readonly Counter[];
  readonly constraints: readonly Constraint[];
  readonly subjectSets: readonly (readonly number[])[];
  readonly constraintSets: readonly (readonly number[])[];
  /** By counter: decayed usage at nowS of kinds that bound it, TRES minutes or, of grpWall, seconds; else 0. */
  readonly usage: Float64Array;
  /** By counter: seconds in which that counts half; 0 where it never decays, and for other kinds. */
  readonly halfLifeS: Float64Array;
  /** By row of a running job that is suspended: seconds of its limit that are left; absent where none is. */
  readonly stillLeftS?: ReadonlyMap<number, number>;
}

/** The tree of accounts and users by association row, with billing usage true for `sinceS`; see associations.ts. */
export interface ShareColumns {
  readonly count: number;
  readonly halfLifeS: number;
  readonly parent: Int32Array;
  readonly isUser: Uint8Array;
  readonly isRemoved: Uint8Array;
  readonly shares: Int32Array;
  readonly sinceS: Uint32Array;
  readonly usage: Float64Array;
  readonly rate: Float64Array;
  /** Priority over the greatest of all, 0..1; absent where no association has one. */
  readonly priority?: Float64Array | undefined;
}

/** What a pass reads beside the tables. */
interface PassFacts {
  readonly nowS: number;
  /** Rows of `runningJobs`, the first to end by its limit first, equal ends by job id. */
  readonly endOrder: Int32Array;
  /** Absent while no waiting job asks a licence. */
  readonly licences?: LicenceTables | undefined;
  /** Of shapes with a constraint that is more than features which every node has; absent while there are none. */
  readonly constraints?: ConstraintTables | undefined;
  /** Of shapes that ask their nodes to lie together; absent while there are none. */
  readonly setRules?: SetRuleTables | undefined;
  /** Another number whenever anything of the nodes but what is free changes: members, totals, features, flags. */
  readonly nodesVersion: number;
  readonly shapeLists: Int32Array;
  /** By partition index. */
  readonly partitions: readonly PartitionLimits[];
  /** By interned set: partition indices in the order to try. */
  readonly partitionSets: readonly (readonly number[])[];
  readonly limits?: LimitTables | undefined;
  readonly shares?: ShareColumns | undefined;
  /** Those that are not over, by id; absent while none is known. */
  readonly reservations?: readonly PassReservation[] | undefined;
  /** Absent where nothing is preempted. */
  readonly preemption?: PreemptionTables | undefined;
  /** By place of the QOS; absent where none changes anything beside limits. */
  readonly qosRules?: QosRules | undefined;
  /** Absent where no rows of an array share its limit. */
  readonly taskGroups?: TaskGroups | undefined;
  /** By job id; absent where no waiting job has any. */
  readonly sitePoints?: ReadonlyMap<number, number> | undefined;
  /** By pending row: the reservation that draws in a job which asks for none; absent where none does. */
  readonly drawn?: ReadonlyMap<number, number> | undefined;
  /** Absent while no node has a place in a topology. */
  readonly levels?: LeafLevels | undefined;
  /** Whether the l-th devices of all nodes hang together, so that a gang has the same ones on each where it can. */
  readonly hasRails?: boolean | undefined;
  /** Absent while no job is suspended. */
  readonly suspended?: SuspendedTables | undefined;
  /** By node row: the lowest are given out first; absent where all are alike. */
  readonly nodeCosts?: Float64Array | undefined;
  /** Seconds until a job begins on a node that is asleep; absent while none is. */
  readonly bootS?: number | undefined;
  /** Absent where no job and no partition shares nodes among the jobs of one user alone. */
  readonly owners?: OwnerTables | undefined;
  /** Absent while no job asks or has parts of devices. */
  readonly parts?: PartTables | undefined;
}

/** Everything that a pass reads. Made by `snapshotForPass`, opened in the worker by `openPassSnapshot`. */
export interface PassSnapshot extends PassFacts {
  readonly nodes: TableSnapshot;
  readonly pending: TableSnapshot;
  readonly running: TableSnapshot;
  readonly runningJobs: TableSnapshot;
  readonly shapes: TableSnapshot;
}

export interface PassTables extends PassFacts {
  readonly nodes: NodeTable;
  readonly pending: PendingTable;
  readonly running: RunningTable;
  readonly runningJobs: RunningJobTable;
  readonly shapes: ShapeTable;
}

/** Tables over a snapshot's buffers. */
export const openPassSnapshot = (snapshot: PassSnapshot): PassTables => ({
  ...snapshot,
  nodes: Table.over(NODE_LAYOUT, snapshot.nodes),
  pending: Table.over(PENDING_LAYOUT, snapshot.pending),
  running: Table.over(RUNNING_LAYOUT, snapshot.running),
  runningJobs: Table.over(RUNNING_JOB_LAYOUT, snapshot.runningJobs),
  shapes: Table.over(SHAPE_LAYOUT, snapshot.shapes),
});
