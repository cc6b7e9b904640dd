/**
 * What a stage may ask of a policy, and what a policy answers. `core/wasm` makes these from modules; the stages know
 * only these interfaces. A wrong answer is a fault, a value: the caller drops the policy for the rest of the pass,
 * serves the job from the built-in and reports the fault, which becomes a strike.
 */
import type { ErrorCode } from "./errors.ts";

export const POLICY_KINDS = ["admission", "priority", "placement", "topology", "preemption"] as const;
export type PolicyKind = (typeof POLICY_KINDS)[number];

export interface PolicyFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** The node columns that a module reads, one row a node, `count` rows; longer arrays are allowed. */
export interface PolicyNodeColumns {
  readonly count: number;
  readonly freeCpus: Int32Array;
  readonly totalCpus: Int32Array;
  readonly freeMemMib: Int32Array;
  readonly totalMemMib: Int32Array;
  /** Wholly free devices of GRES `gpu`, 0..16. */
  readonly freeGpus: Uint8Array;
  readonly totalGpus: Uint8Array;
  readonly hardwareClass: Int32Array;
  /** Interned leaf switch or block, -1 for none. */
  readonly topologyLeaf: Int32Array;
  /** Places at up to three levels of the topology, the highest first; -1 for none. */
  readonly level0: Int32Array;
  readonly level1: Int32Array;
  readonly level2: Int32Array;
  /** Bit l is set where the device in lane l is wholly free, as it was when the pass began. */
  readonly freeLanes: Int32Array;
}

/** What one node of the job must hold, and what a policy may weigh. */
export interface PolicyJob {
  readonly jobId: number;
  readonly nodes: number;
  readonly tasksPerNode: number;
  /** CPUs, MiB and GPUs of one node; ALL (-1) for the whole of it. */
  readonly cpus: number;
  readonly memMib: number;
  readonly gpus: number;
  readonly timeLimitS: number;
  readonly partition: number;
  readonly priority: number;
}

interface NodePolicy {
  readonly name: string;
  /** Once a pass, before any other call: takes over the columns. */
  begin(nodes: PolicyNodeColumns): PolicyFault | undefined;
  /** After each start of the plan: the row's free amounts as they are now. */
  update(row: number, freeCpus: number, freeMemMib: number, freeGpus: number): void;
}

export interface PlacementPolicy extends NodePolicy {
  /**
   * Picks `want` nodes, best first, out of those whose mask byte is not 0. The first `want` entries of `out` are the
   * rows. The mask is the judge of feasibility: it already holds for the job's whole time. At least `want` bytes are set.
   */
  place(job: PolicyJob, mask: Uint8Array, want: number, out: Int32Array): PolicyFault | undefined;
  /** Scores each node with a mask byte that is not 0; higher is better; other entries of `scores` mean nothing. */
  score(job: PolicyJob, mask: Uint8Array, scores: Float32Array): PolicyFault | undefined;
}

export interface TopologyPolicy extends NodePolicy {
  /** Whether jobs of one node are its to place as well, as those of domains that are to stay whole. */
  readonly takesSingles?: boolean;
  /** Picks the set of `want` nodes for a job on several nodes, in rank order, with the placement scores at hand. */
  choose(
    job: PolicyJob,
    mask: Uint8Array,
    scores: Float32Array,
    want: number,
    out: Int32Array,
  ): PolicyFault | undefined;
}

/**
 * A batch of pending jobs as columns, one entry a job in the order of their rows; arrays may be longer than `count`.
 * Valid during the call that it is given to.
 */
export interface PriorityBatch {
  readonly count: number;
  /** Seconds since the job became eligible. */
  readonly ageS: Float64Array;
  readonly jobId: Int32Array;
  readonly nodes: Int32Array;
  readonly cpus: Int32Array;
  readonly timeLimitS: Int32Array;
  readonly nice: Int32Array;
  /** Partition's PriorityJobFactor over the greatest of all partitions, 0..1. */
  readonly partitionFactor: Float64Array;
  /** QOS priority over the greatest of all, 0..1. */
  readonly qosFactor: Float64Array;
  /** Epoch seconds. */
  readonly submitS: Float64Array;
  /** Fair share of its user in its account, 0..1. */
  readonly fairshare: Float64Array;
  /** Priority of its association over the greatest of all, 0..1. */
  readonly assocFactor: Float64Array;
  /** CPUs, memory and GPUs of the job over those of its partition, 0..1. */
  readonly tresCpu: Float64Array;
  readonly tresMem: Float64Array;
  readonly tresGpu: Float64Array;
  /** Points that the site gives the job by its own means; any number. */
  readonly siteFactor: Float64Array;
  /** Index of the first partition that the job may run in; absent where nobody knows. */
  readonly partition?: Int32Array;
  /** Cluster totals for normalising the size factor. */
  readonly clusterNodes: number;
  readonly clusterCpus: number;
}

/**
 * What the priority of a waiting job depends on beside the cluster and its configuration: `static` on the job alone,
 * never on the time, on usage or on other jobs.
 */
export type PriorityTime = "static" | "dynamic";

export interface PriorityPolicy {
  readonly name: string;
  /** `static` promises that a row which nobody writes keeps its priority; absent means dynamic. */
  readonly time?: PriorityTime;
  /** Writes a finite priority for each row; higher runs first, ties by job id. `out` may be longer than the batch. */
  rank(batch: PriorityBatch, out: Float64Array): PolicyFault | undefined;
}

/**
 * Running jobs that may be preempted, as columns, one entry a job; arrays may be longer than `count`. Valid during the
 * call that it is given to.
 */
export interface VictimBatch {
  readonly count: number;
  /** What the job was ranked by when it started. */
  readonly priority: Float64Array;
  /** Seconds that it has run, and those until its time limit ends it. */
  readonly runS: Float64Array;
  readonly leftS: Float64Array;
  readonly qosPriority: Float64Array;
  readonly jobId: Int32Array;
  /** Of all its nodes together. */
  readonly nodes: Int32Array;
  readonly cpus: Int32Array;
  readonly gpus: Int32Array;
  /** Of the partition that it runs in. */
  readonly tier: Int32Array;
  /** Index of that partition; absent where nobody knows. */
  readonly partition?: Int32Array;
  readonly restarts: Int32Array;
  /** 1 where it would go back to the queue, 0 where it would be cancelled. */
  readonly requeued: Int32Array;
}

export interface PreemptionPolicy {
  readonly name: string;
  /** Writes a finite cost for each row; the least is taken first, ties by the greater job id. `out` may be longer. */
  weigh(batch: VictimBatch, out: Float64Array): PolicyFault | undefined;
}

/** A policy module chosen in rota.yaml: a built-in name or a path to a .wasm, with its parameters. */
export interface PolicyChoice {
  readonly kind: PolicyKind;
  readonly module: string;
  readonly parameters: PolicyParameters;
  /** Values that partitions have for themselves; absent for none. */
  readonly partitions?: PartitionParameters;
  /** Of an admission policy: what becomes of a submission that it fails at. */
  readonly onFault?: OnFault;
  /** What the module's file must have as its SHA-256, in hexadecimal; absent where any will do. */
  readonly sha256?: string;
}

/** Whether a submission is taken or refused when the admission policy fails at it. */
export const ON_FAULT = ["refuse", "admit"] as const;
export type OnFault = (typeof ON_FAULT)[number];

/** Partition → the parameters that have another value there. */
export type PartitionParameters = Readonly<Record<string, PolicyParameters>>;

/** Values of parameters by name: numbers, 1 and 0 for truth values, and texts where the module's kind has them. */
export type PolicyParameters = Readonly<Record<string, number | string>>;
