/** What a workload is generated from, and the bounds of it. Checked once, before anything is drawn. */
import { DEVICE_LANES } from "../../model/ids.ts";
import { MAX_CPUS_PER_NODE } from "../../model/node.ts";
import { ok, type Result, refuse } from "../../model/refusal.ts";
import { MAX_WORKLOAD_JOBS } from "../workload.ts";

export const WORKLOAD_MODELS = ["batch", "gpu"] as const;
export type WorkloadModel = (typeof WORKLOAD_MODELS)[number];

export interface GenerateOptions {
  readonly model: WorkloadModel;
  /** 1 .. MAX_WORKLOAD_JOBS */
  readonly jobs: number;
  /**
   * CPU seconds that the jobs use (of the GPU model: GPU seconds) over what the cluster has between the first and the
   * last submission, MIN_LOAD .. MAX_LOAD.
   */
  readonly load: number;
  /** 1 .. MAX_GENERATED_NODES */
  readonly nodes: number;
  /** 1 .. MAX_CPUS_PER_NODE */
  readonly cpusPerNode: number;
  /** 1 .. DEVICE_LANES for the GPU model, 0 for the other. */
  readonly gpusPerNode: number;
  /** 0 .. MAX_SEED; the same seed and options give the same jobs on every machine. */
  readonly seed: number;
}

export const MIN_LOAD = 0.01;
export const MAX_LOAD = 100;
/** More than a cluster may have: a log is replayed on one node with the processors that its header names. */
export const MAX_GENERATED_NODES = 1_000_000;
export const MAX_SEED = 4_294_967_295;

/** The options, or the first that cannot be, under the name that it has on the command line. */
export function checkGenerateOptions(options: GenerateOptions): Result<GenerateOptions> {
  const isGpu = options.model === "gpu";
  const wholes: readonly (readonly [string, number, number, number])[] = [
    ["--jobs", options.jobs, 1, MAX_WORKLOAD_JOBS],
    ["--nodes", options.nodes, 1, MAX_GENERATED_NODES],
    ["--cpus-per-node", options.cpusPerNode, 1, MAX_CPUS_PER_NODE],
    ["--seed", options.seed, 0, MAX_SEED],
  ];
  for (const [name, value, min, max] of wholes) {
    if (!Number.isInteger(value) || value < min || value > max) {
      return refuse("INVALID_SPEC", `${name} is ${value}; give a whole number from ${min} to ${max}`);
    }
  }
  if (!(options.load >= MIN_LOAD && options.load <= MAX_LOAD)) {
    const range = `${MIN_LOAD} to ${MAX_LOAD}`;
    return refuse(
      "INVALID_SPEC",
      `--load is ${options.load}; give a number from ${range}, 0.9 for a busy cluster`,
    );
  }
  const { gpusPerNode } = options;
  if (isGpu && !(Number.isInteger(gpusPerNode) && gpusPerNode >= 1 && gpusPerNode <= DEVICE_LANES)) {
    const message = `--gpus-per-node is ${gpusPerNode}; give a whole number from 1 to ${DEVICE_LANES}`;
    return refuse("INVALID_SPEC", message);
  }
  if (!isGpu && gpusPerNode !== 0) {
    const message =
      "--gpus-per-node: jobs of the batch model ask for no GPUs; leave it out, or use --model gpu";
    return refuse("INVALID_SPEC", message);
  }
  return ok(options);
}
