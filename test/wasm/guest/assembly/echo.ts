// Reads a node block back, number by number, through the generated views. A placement module only in its exports.
import { ABI_MAJOR, ABI_MINOR, KIND_PLACEMENT } from "rota/generated/abi";
import { jobAtHand, MASK, nodeAt, SCORES } from "rota/generated/node-block";

export { allocate } from "rota/generated/node-block";
export const abi_major: i32 = ABI_MAJOR;
export const abi_minor: i32 = ABI_MINOR;
export const kind: i32 = KIND_PLACEMENT;
export function setParameter(index: i32, value: f64): void {}
export function begin(count: i32): void {}
export function place(count: i32, want: i32): i32 { return 0; }
export function score(count: i32): void {}

export function jobField(index: i32): f64 {
  const job = jobAtHand();
  switch (index) {
    case 0: return job.jobId;
    case 1: return job.nodes;
    case 2: return job.tasksPerNode;
    case 3: return job.cpus;
    case 4: return job.memMib;
    case 5: return job.gpus;
    case 6: return job.timeLimitS;
    case 7: return job.partition;
    default: return job.priority;
  }
}

export function nodeColumn(index: i32, row: i32): f64 {
  const node = nodeAt(row);
  switch (index) {
    case 0: return node.freeCpus;
    case 1: return node.totalCpus;
    case 2: return node.freeMemMib;
    case 3: return node.totalMemMib;
    case 4: return node.freeGpus;
    case 5: return node.totalGpus;
    case 6: return node.hardwareClass;
    case 7: return node.topologyLeaf;
    case 8: return node.level0;
    case 9: return node.level1;
    case 10: return node.level2;
    default: return node.freeLanes;
  }
}

/** Lane `lane` of the four-node view of a column at `row`. */
export function nodeColumn4(index: i32, row: i32, lane: i32): f64 {
  const node = nodeAt(row);
  let four = node.freeCpus4;
  if (index == 4) four = node.freeGpus4;
  if (index == 7) four = node.topologyLeaf4;
  const at = heap.alloc(16);
  v128.store(at, four);
  return load<i32>(at + (<usize>lane << 2));
}

export function maskByte(row: i32): f64 { return load<u8>(MASK + row); }
export function scoreOf(row: i32): f64 { return load<f32>(SCORES + (<usize>row << 2)); }
