/**
 * What may be asked of a placement that chooses parts of devices, and what it answers. `core/wasm` makes these from
 * modules. A wrong answer is a fault, a value.
 */
import type { PolicyFault } from "./policy.ts";

/** Lanes of a node's devices, used or not. */
export const SHARE_LANES = 16;
/** GPU models: bits of a mask. */
export const MAX_SHARE_MODELS = 31;

/** What one job takes of its node. */
export interface ShareJob {
  readonly cpuMilli: number;
  readonly memMib: number;
  /** Devices, 0 .. SHARE_LANES, and thousandths of each; 0 and 0 without GPU. */
  readonly gpus: number;
  readonly gpuMilli: number;
  /** GPU models that will do, a bit each; -1 for any. */
  readonly models: number;
}

/** Nodes as columns, one row a node. */
export interface ShareColumns {
  readonly count: number;
  readonly freeCpuMilli: Int32Array;
  readonly freeMemMib: Int32Array;
  readonly gpus: Int32Array;
  /** 0 .. MAX_SHARE_MODELS - 1, -1 without GPU. */
  readonly model: Int32Array;
  /** Sum of the node's lanes in `free`. */
  readonly freeGpuMilli: Int32Array;
  /** Kinds of jobs with GPUs that it holds: bit 0 for parts of a device, bit n for n devices. */
  readonly kinds: Int32Array;
  /** SHARE_LANES numbers a node. */
  readonly free: Int16Array;
}

/** The jobs that are expected, one row a class of alike ones, the most frequent first. */
export interface TypicalJobs {
  /** Of how many jobs these are a part. */
  readonly jobs: number;
  readonly cpuMilli: Int32Array;
  readonly gpus: Int32Array;
  readonly gpuMilli: Int32Array;
  readonly models: Int32Array;
  readonly count: Float64Array;
}

export interface SharingPolicy {
  readonly name: string;
  /** Whether what it gives is drawn, so that it has to be asked anew for every job. */
  readonly isDrawn: boolean;
  /** Before any other call: takes over all nodes and typical jobs. */
  begin(nodes: ShareColumns, typical: TypicalJobs): PolicyFault | undefined;
  /** After a row has changed. */
  update(nodes: ShareColumns, row: number): void;
  /** Writes the scores of these nodes, which hold the job; higher is better. It is then the job at hand. */
  score(job: ShareJob, rows: readonly number[], scores: Float32Array): PolicyFault | undefined;
  /** What a node of each model costs the job at hand besides, into `out`, of the models 0 .. length - 1. */
  tolls(out: Float64Array): PolicyFault | undefined;
  /** Devices of the node for the job at hand, one of them as often as the job takes parts of it. */
  devices(row: number): readonly number[] | PolicyFault;
}
