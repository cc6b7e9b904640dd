/**
 * What admission must know of the cluster to judge a submission, as an interface: it never sees tables or records, so
 * that a submission costs the same whether the cluster has ten nodes or ten thousand. Plain values; `cluster-of.ts`
 * makes one from the state.
 */
import type { PartedDevice } from "../model/device-parts.ts";
import type { NodeIndex } from "../model/ids.ts";
import type { PartitionSpec, QosSpec } from "../model/partition.ts";
import type { ReservationSpec } from "../model/reservation.ts";
import type { AskedJob } from "./stand-alone.ts";

/** Nodes that hold the same. Which of them are up, or busy, is not admission's business. */
export interface NodeClass {
  /** Hyperthreads; 0 when no agent has said yet, which admission takes for "perhaps enough". */
  readonly cpus: number;
  /** 0 as for cpus. */
  readonly memoryMib: number;
  readonly threadsPerCore: number;
  /** 0 when no agent has said yet. */
  readonly sockets: number;
  /** Whole devices by GRES dimension; undefined when no agent has said yet. */
  readonly gres: readonly number[] | undefined;
  /** Its devices, for those that ask parts of them; undefined when no agent has said yet. */
  readonly devices?: readonly PartedDevice[] | undefined;
  readonly features: ReadonlySet<string>;
}

export interface AdmitPartition {
  readonly spec: PartitionSpec;
  /** All of its nodes. */
  readonly size: number;
  /** How many of them each class has; `class` is an index into AdmitCluster.classes. */
  readonly members: readonly { readonly class: number; readonly count: number }[];
  has(node: NodeIndex): boolean;
}

export interface AdmitCluster {
  /** In the order of the configuration. */
  readonly partitions: readonly AdmitPartition[];
  readonly classes: readonly NodeClass[];
  readonly qos: readonly QosSpec[];
  readonly accounts: AdmitAccounts;
  /** How many the site has of each licence. */
  readonly licences: ReadonlyMap<string, number>;
  /** Task ids of arrays are below this. */
  readonly maxArraySize: number;
  /** The longest that a job waits for few switches, seconds. */
  readonly maxSwitchWaitS: number;
  /** Waiting and running jobs, each task of an array one, that the site allows. */
  readonly maxJobs: number;
  /** How many there are. */
  jobCount(): number;
  /** Row of a node, undefined for a name that no node has. */
  nodeOf(name: string): NodeIndex | undefined;
  /** Rows of the classes of which the test is true, ascending. */
  nodesOf(test: (nodeClass: NodeClass) => boolean): readonly NodeIndex[];
  /** Class of a row. */
  classOf(node: NodeIndex): number;
  /** Dimension of `gpu` (type "") or `gpu:tesla`; undefined for what the cluster has never had. */
  dimensionOf(name: string, type: string): number | undefined;
  /** `gpu` or `gpu:tesla`, for messages. */
  dimensionName(dimension: number): string;
  hasFeature(name: string): boolean;
  /** A reservation by its name, as it is at this moment. */
  reservationOf(name: string): ReservationSpec | undefined;
  /** Whether a job has, or had, this id; records that were purged count. */
  jobExists(id: number): boolean;
}

/** A limit on how many jobs may wait and run, with its numbers. */
export interface SubmitLimit {
  /** `GrpSubmitJobs`, `MaxSubmitJobs`, `MaxSubmitJobsPerUser`, `MaxSubmitJobsPerAccount`. */
  readonly limit: string;
  /** `account physics`, `user ada`, `QOS high`. */
  readonly subject: string;
  readonly value: number;
  readonly used: number;
  readonly added: number;
  /** Slurm's word for it. */
  readonly reason: string;
}

export interface AdmitAccounts {
  /** Whether the site has accounts; without, any name will do. */
  readonly isUsed: boolean;
  admits(account: string, user: string): boolean;
  /** The first account that names the user, else the first that is open; undefined for none. */
  defaultOf(user: string): string | undefined;
  /** Whether the account, or one above it, lets the user ask for the QOS; "" is always allowed. */
  allowsQos(account: string, user: string, qos: string): boolean;
  /** The first limit that `more` jobs would exceed. */
  submitOver(
    owner: { readonly account: string; readonly user: string; readonly qos: string },
    partition: PartitionSpec | undefined,
    more: number,
  ): SubmitLimit | undefined;
  /** The limit that a job is over although nothing else ran, where its QOS refuses for that. */
  aloneOver(job: AskedJob, partition: PartitionSpec | undefined): SubmitLimit | undefined;
}

export interface AdmitCaller {
  /** May ask for a negative nice value. */
  readonly operator: boolean;
}

/** Slurm's own: task ids 0 .. 1000. */
export const DEFAULT_MAX_ARRAY_SIZE = 1001;
/** Slurm's own. */
export const DEFAULT_MAX_SWITCH_WAIT_S = 300;
export const DEFAULT_MAX_JOBS = 1_000_000;
