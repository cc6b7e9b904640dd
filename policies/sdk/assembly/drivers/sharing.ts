// What stands around a placement that chooses parts of devices. In a replay of pods it scores the nodes of the mask and
// lays a job on the devices that the class prefers. In the controller, whose block has whole devices, each node is
// written as a shared one with all or nothing free, so that one class serves both.
import {
  allocate as allocateNodes, MASK, OUT, SCORES, Job, jobAtHand, nodeAt,
} from "../generated/node-block";
import {
  allocate as allocateShares, BLOCK, CAPACITY, FREE, FREE_CPU_MILLI, FREE_GPU_MILLI, FREE_MEM_MIB, GPUS, KINDS,
  MASK as SHARE_MASK, MODEL, OUT as DEVICES, SCORES as SHARE_SCORES, ShareJob, shareJobAtHand, shareNodeAt,
} from "../generated/share-block";
import {
  allocate as allocateTypicalBlock, COUNT, CPU_MILLI, GPU_MILLI, GPUS as TYPICAL_GPUS, MODELS,
} from "../generated/typical-block";
import { LANES, SharedPlacement, WHOLE } from "../sharing";
import { readTypical } from "../typical";
import { close, offer, open, threshold } from "./selection";

const CPU: i32 = 1000;
/** Whole devices that typical jobs of the controller want: 1, 2, 4 and 8. */
const SIZES: i32 = 4;
/** The share of CPUs that typical jobs of the controller have been made with; -1 for none. */
let known: i32 = -1;

export function allocate(capacity: i32): i32 {
  return allocateNodes(capacity);
}

export function allocateShare(capacity: i32): i32 {
  return allocateShares(capacity);
}

export function allocateTypical(capacity: i32): i32 {
  return allocateTypicalBlock(capacity);
}

export function beginSharing<T extends SharedPlacement>(policy: T, count: i32, typical: i32, jobs: i32): void {
  known = -1;
  let models = 0;
  for (let row = 0; row < count; row++) models = max(models, shareNodeAt(row).model + 1);
  readTypical(typical, jobs, models);
  policy.prepare(count);
}

export function scoreShared<T extends SharedPlacement>(policy: T, count: i32): void {
  const job = shareJobAtHand();
  policy.arrive(job);
  for (let base = 0; base < count; base += 16) {
    let bits = i8x16.bitmask(i8x16.ne(v128.load(SHARE_MASK + base), i8x16.splat(0)));
    while (bits != 0) {
      const row = base + ctz(bits);
      store<f32>(SHARE_SCORES + (<usize>row << 2), policy.score(job, shareNodeAt(row)));
      bits &= bits - 1;
    }
  }
}

export function tollOf<T extends SharedPlacement>(policy: T, model: i32): f64 {
  return policy.toll(shareJobAtHand(), model);
}

/** Writes the devices and gives how many; less than the job wants where there is no room. */
export function chooseDevices<T extends SharedPlacement>(policy: T, row: i32): i32 {
  const job = shareJobAtHand();
  const node = shareNodeAt(row);
  let left = 0;
  for (let lane = 0; lane < node.gpus; lane++) if (node.free(lane) >= job.gpuMilli) left |= 1 << lane;
  let given = 0;
  while (given < job.gpus && left != 0) {
    let best = -1;
    let bestScore: f32 = 0;
    for (let bits = left; bits != 0; bits &= bits - 1) {
      const lane = ctz(bits);
      const score = policy.lane(job, node, lane);
      if (best >= 0 && score <= bestScore) continue;
      best = lane;
      bestScore = score;
    }
    left &= ~(1 << best);
    for (let free = node.free(best); free >= job.gpuMilli && given < job.gpus; free -= job.gpuMilli) {
      store<i32>(DEVICES + ((<usize>given) << 2), best);
      given++;
    }
  }
  return given;
}

/** The controller's columns are new. Its typical jobs are 1, 2, 4 and 8 devices with their share of the CPUs. */
export function begin<T extends SharedPlacement>(policy: T, count: i32): void {
  if (CAPACITY == 0) {
    allocateShares(1);
    allocateTypicalBlock(SIZES);
    known = -1;
  }
  let cpus: i64 = 0;
  let gpus: i64 = 0;
  for (let row = 0; row < count; row++) {
    const node = nodeAt(row);
    if (node.totalGpus == 0) continue;
    cpus += node.totalCpus;
    gpus += node.totalGpus;
  }
  const share = gpus == 0 ? 0 : <i32>((cpus * CPU) / gpus);
  if (share == known) return;
  known = share;
  for (let i = 0; i < SIZES; i++) {
    const at = <usize>i << 2;
    store<i32>(CPU_MILLI + at, share << i);
    store<i32>(TYPICAL_GPUS + at, 1 << i);
    store<i32>(GPU_MILLI + at, WHOLE);
    store<i32>(MODELS + at, -1);
    store<f64>(COUNT + (at << 1), 1);
  }
  readTypical(SIZES, SIZES, 1);
  policy.prepare(0);
}

/** Writes the best `want` rows to `out` and gives how many there are. */
export function placeNodes<T extends SharedPlacement>(policy: T, count: i32, want: i32): i32 {
  const job = jobAtHand();
  arriveWhole<T>(policy, job);
  open(OUT, SCORES, want);
  for (let row = 0; row < count; row++) {
    if (load<u8>(MASK + row) == 0) continue;
    const score = scoreWhole<T>(policy, job, row);
    if (score > threshold) offer(row, score);
  }
  return close();
}

/** Writes the score of each node whose mask byte is not 0. */
export function scoreNodes<T extends SharedPlacement>(policy: T, count: i32): void {
  const job = jobAtHand();
  arriveWhole<T>(policy, job);
  for (let row = 0; row < count; row++) {
    if (load<u8>(MASK + row) == 0) continue;
    store<f32>(SCORES + (<usize>row << 2), scoreWhole<T>(policy, job, row));
  }
}

/** What a job wants that takes all of a node is not known before there is one. */
function arriveWhole<T extends SharedPlacement>(policy: T, job: Job): void {
  const shared = changetype<ShareJob>(BLOCK);
  shared.cpuMilli = max(job.cpus, 0) * CPU;
  shared.memMib = max(job.memMib, 0);
  shared.gpus = max(job.gpus, 0);
  shared.gpuMilli = job.gpus > 0 ? WHOLE : 0;
  shared.models = -1;
  policy.arrive(shared);
}

/** The score of a node with whole devices, written as the shared node in row 0. */
function scoreWhole<T extends SharedPlacement>(policy: T, job: Job, row: i32): f32 {
  const node = nodeAt(row);
  const gpus = job.gpus < 0 ? node.totalGpus : job.gpus;
  const shared = changetype<ShareJob>(BLOCK);
  shared.cpuMilli = (job.cpus < 0 ? node.totalCpus : job.cpus) * CPU;
  shared.memMib = job.memMib < 0 ? node.totalMemMib : job.memMib;
  shared.gpus = gpus;
  shared.gpuMilli = gpus == 0 ? 0 : WHOLE;
  shared.models = -1;
  const free = min(node.freeGpus, LANES);
  const total = min(node.totalGpus, LANES);
  store<i32>(FREE_CPU_MILLI, node.freeCpus * CPU);
  store<i32>(FREE_MEM_MIB, node.freeMemMib);
  store<i32>(GPUS, total);
  store<i32>(MODEL, total == 0 ? -1 : 0);
  store<i32>(FREE_GPU_MILLI, free * WHOLE);
  store<i32>(KINDS, 0);
  for (let lane = 0; lane < LANES; lane++) store<i16>(FREE + (<usize>lane << 1), <i16>(lane < free ? WHOLE : 0));
  return policy.score(shared, shareNodeAt(0));
}
