// The fragmentation of a node as a sum of doubles, in the order and grouping of the published results (Weng et al., ATC
// 2023). The exact amount is the same but for the last bits. They matter in one case: a job that changes the
// fragmentation of a node by nothing scores 50, or 49 where the two sums differ by a rounding error, and the published
// curves were made with these 49s.
import { ShareNode } from "rota/sharing";
import { allJobs, laneAt, mayUse, typicalCount, typicalJobAt, typicalJobs } from "rota/typical";

/** Why a typical job has no use for what is free; sums are kept apart by it and added up in this order. */
const LACKS_BOTH: i32 = 0;
const LACKS_GPU: i32 = 1;
const LACKS_CPU: i32 = 2;
const NO_GPU_ASKED: i32 = 3;
const NO_GPU_NOR_CPU: i32 = 4;
const NO_ACCESS: i32 = 5;
const REASONS: i32 = 6;

const sums = new StaticArray<f64>(REASONS);
let weights = new StaticArray<f64>(0);

/** The typical jobs are new. */
export function prepareSums(): void {
  if (weights.length < typicalCount) weights = new StaticArray<f64>(typicalCount);
  const share = typicalJobs / allJobs;
  for (let i = 0; i < typicalCount; i++) weights[i] = typicalJobAt(i).count / allJobs / share;
}

/** Thousandths, for the node with these CPUs and lanes free, the least free lane first. */
export function roundedSum(node: ShareNode, cpuFree: i32, sorted: usize): f64 {
  const devices = node.gpus;
  let free = 0;
  for (let lane = 0; lane < devices; lane++) free += laneAt(sorted, lane);
  for (let i = 0; i < REASONS; i++) sums[i] = 0;
  for (let i = 0; i < typicalCount; i++) {
    const job = typicalJobAt(i);
    const hasCpu = job.cpuMilli <= cpuFree;
    let reason = hasCpu ? NO_GPU_ASKED : NO_GPU_NOR_CPU;
    let lost = free;
    if (job.gpus > 0 && !(job.models == -1 || (node.model >= 0 && mayUse(job.models, node.model)))) {
      reason = NO_ACCESS;
    } else if (job.gpus > 0) {
      let lane = 0;
      let below = 0;
      while (lane < devices && laneAt(sorted, lane) < job.gpuMilli) below += laneAt(sorted, lane++);
      const hasGpu = devices - lane >= job.gpus;
      if (hasGpu && hasCpu) lost = below;
      reason = hasGpu ? (hasCpu ? LACKS_GPU : LACKS_CPU) : hasCpu ? LACKS_GPU : LACKS_BOTH;
    }
    sums[reason] += weights[i] * <f64>lost;
  }
  let sum: f64 = 0;
  for (let i = 0; i < REASONS; i++) sum += sums[i];
  return sum;
}
