// Reads a batch block back, number by number, through the generated views. A priority module only in its exports.
import { ABI_MAJOR, ABI_MINOR, KIND_PRIORITY } from "rota/generated/abi";
import { clusterAtHand, pendingJobAt } from "rota/generated/batch-block";

export { allocate } from "rota/generated/batch-block";
export const abi_major: i32 = ABI_MAJOR;
export const abi_minor: i32 = ABI_MINOR;
export const kind: i32 = KIND_PRIORITY;
export function setParameter(index: i32, value: f64): void {}
export function rank(count: i32): void {}

export function clusterField(index: i32): f64 {
  return index == 0 ? clusterAtHand().nodes : clusterAtHand().cpus;
}

export function batchColumn(index: i32, row: i32): f64 {
  const job = pendingJobAt(row);
  switch (index) {
    case 0: return job.ageS;
    case 1: return job.partitionFactor;
    case 2: return job.qosFactor;
    case 3: return job.jobId;
    case 4: return job.nodes;
    case 5: return job.cpus;
    case 6: return job.timeLimitS;
    case 7: return job.nice;
    case 8: return job.submitS;
    case 9: return job.fairshare;
    case 10: return job.assocFactor;
    case 11: return job.tresCpu;
    case 12: return job.tresMem;
    case 13: return job.tresGpu;
    default: return job.siteFactor;
  }
}
