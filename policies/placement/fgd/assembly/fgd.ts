import { isPart, LANES, ShareJob, ShareNode, SharedPlacement, WHOLE } from "rota/sharing";
import { laneAt, setLane, sortLanes, typicalJobs, unusable } from "rota/typical";
import { prepareSums, roundedSum } from "./rounded-sums";

const before = heap.alloc(<usize>LANES << 2);
const after = heap.alloc(<usize>LANES << 2);

/**
 * Fragmentation gradient descent (Weng et al., Beware of Fragmentation, ATC 2023): the node and device where a job adds the
 * least fragmentation, or takes the most away. Fragmentation is what typical jobs cannot use of what is free.
 */
@final
@policy("1.0.0", "Fragmentation gradient descent: where the job adds the least fragmentation.")
class Fgd extends SharedPlacement {
  prepare(count: i32): void {
    prepareSums();
  }

  score(job: ShareJob, node: ShareNode): f32 {
    readLanes(node);
    const amount = unusable(node.model, node.freeCpuMilli, before, node.gpus);
    if (!isPart(job)) {
      takeLeast(job, node.gpus);
      return this.scoreAfter(job, node, amount);
    }
    let best: f32 = 0;
    let last = -1;
    for (let lane = 0; lane < node.gpus; lane++) {
      const free = laneAt(before, lane);
      if (free < job.gpuMilli || free == last) continue;
      last = free;
      takePart(lane, node.gpus, job.gpuMilli);
      best = max(best, this.scoreAfter(job, node, amount));
    }
    return best;
  }

  /** A part goes where the node's score is from, whole devices are the least free ones. */
  lane(job: ShareJob, node: ShareNode, lane: i32): f32 {
    if (!isPart(job)) return <f32>-node.free(lane);
    readLanes(node);
    const amount = unusable(node.model, node.freeCpuMilli, before, node.gpus);
    let at = 0;
    while (laneAt(before, at) != node.free(lane)) at++;
    takePart(at, node.gpus, job.gpuMilli);
    return this.scoreAfter(job, node, amount);
  }

  /** From 0 to 100, 50 where nothing changes, of the lanes in `after`. */
  private scoreAfter(job: ShareJob, node: ShareNode, amount: f64): f32 {
    const cpuFree = node.freeCpuMilli;
    const cpuAfter = cpuFree - job.cpuMilli;
    const left = unusable(node.model, cpuAfter, after, node.gpus);
    const gain =
      amount == left && left > 0
        ? roundedSum(node, cpuFree, before) - roundedSum(node, cpuAfter, after)
        : (amount - left) / typicalJobs;
    return <f32>Math.floor((1 / (1 + Math.exp(-gain / WHOLE))) * 100);
  }
}

/** The node's lanes, the least free first. */
function readLanes(node: ShareNode): void {
  for (let lane = 0; lane < node.gpus; lane++) setLane(before, lane, node.free(lane));
  sortLanes(before, node.gpus);
}

/** Lowers one lane and moves it to where it belongs among the lesser ones. */
function takePart(lane: i32, devices: i32, gpuMilli: i32): void {
  for (let i = 0; i < devices; i++) setLane(after, i, laneAt(before, i));
  const left = laneAt(before, lane) - gpuMilli;
  let at = lane;
  for (; at > 0 && laneAt(after, at - 1) > left; at--) setLane(after, at, laneAt(after, at - 1));
  setLane(after, at, left);
}

/** Whole devices, or none: of the least free ones with room as many parts as they hold. */
function takeLeast(job: ShareJob, devices: i32): void {
  let left = job.gpus;
  for (let lane = 0; lane < devices; lane++) {
    let free = laneAt(before, lane);
    while (left > 0 && free >= job.gpuMilli) {
      free -= job.gpuMilli;
      left--;
    }
    setLane(after, lane, free);
  }
  if (job.gpus > 0) sortLanes(after, devices);
}
