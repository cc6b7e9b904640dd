import { gpuMilliOf, isPart, LANES, ShareJob, ShareNode, SharedPlacement, WHOLE } from "rota/sharing";
import { laneAt, setLane, sortLanes, typicalJobs, unusable } from "rota/typical";
import { leftOver, prepareLanes } from "./lanes";
import { cpuShort, prepareCpus } from "./cpus";
import { pressureOf, prepareModels, readFree } from "./models";

const lanes = heap.alloc(<usize>LANES << 2);
const sorted = heap.alloc(<usize>LANES << 2);

/**
 * Places a job where it costs the fewest GPUs that will be lost once the node has filled up with typical jobs. Three
 * things lose them, and each is foreseen by a measure of its own:
 *
 * - what is left of a device when parts have filled it: of each typical job as many as fit, with CPUs enough (`lanes.ts`),
 *   and with the weight `now` what typical jobs could not use as the node is, as fragmentation gradient descent has it;
 * - CPUs that run out before the devices: what the free devices will want of CPUs by the typical jobs' mean and spread,
 *   against what the node has (`cpus.ts`);
 * - devices of a model that only some jobs may use, taken by jobs that may use any: a toll by how much of the model's
 *   free devices those jobs will want (`models.ts`). It follows the cluster as it fills.
 */
@final
@policy("1.0.0", "Where the fewest GPUs will be lost once nodes have filled up with typical jobs.")
class Foresight extends SharedPlacement {
  @parameter(0, 1, "Share of what cannot be used now, against what will be left of devices.")
  now: f64 = 0.3;
  @parameter(0, 100, "What a GPU counts that is lost for want of CPUs, against one lost in parts.")
  cpuWeight: f64 = 2;
  @parameter(0, 10, "Spread of the CPUs that free GPUs will want, against that of jobs drawn blindly.")
  cpuSpread: f64 = 0.7;
  @parameter(0, 100, "What a GPU counts of a model whose free ones are all wanted by jobs that may use no other.")
  modelWeight: f64 = 0.5;
  @parameter(0, 100, "The highest pressure on a model that counts.")
  maxPressure: f64 = 9;

  prepare(count: i32): void {
    prepareLanes();
    prepareCpus(this.cpuSpread);
    prepareModels(count);
  }

  arrive(job: ShareJob): void {
    readFree();
  }

  score(job: ShareJob, node: ShareNode): f32 {
    const devices = node.gpus;
    if (devices == 0) return 0;
    readLanes(node);
    const lost = this.lossOf(node, node.freeCpuMilli);
    const cpuAfter = node.freeCpuMilli - job.cpuMilli;
    if (!isPart(job)) {
      takeLeast(job, devices);
      return <f32>(lost - this.lossOf(node, cpuAfter));
    }
    let best = -Infinity;
    for (let lane = 0; lane < devices; lane++) {
      const free = laneAt(lanes, lane);
      if (free < job.gpuMilli || isSeen(lane, free)) continue;
      setLane(lanes, lane, free - job.gpuMilli);
      best = Math.max(best, lost - this.lossOf(node, cpuAfter));
      setLane(lanes, lane, free);
    }
    return <f32>best;
  }

  /** A part goes where the fewest will be lost, whole devices are the least free ones. */
  lane(job: ShareJob, node: ShareNode, lane: i32): f32 {
    if (!isPart(job)) return <f32>-node.free(lane);
    readLanes(node);
    setLane(lanes, lane, node.free(lane) - job.gpuMilli);
    return <f32>-this.lossOf(node, node.freeCpuMilli - job.cpuMilli);
  }

  toll(job: ShareJob, model: i32): f64 {
    return <f64>gpuMilliOf(job) * this.modelWeight * Math.min(pressureOf(model), this.maxPressure);
  }

  /** Thousandths that will be lost of the node's free devices, which are in `lanes`. */
  private lossOf(node: ShareNode, cpuFree: i32): f64 {
    const devices = node.gpus;
    let loss = this.cpuWeight * cpuShort(node.model, cpuFree, lanes, devices);
    if (this.now < 1) loss += (1 - this.now) * leftOver(node.model, lanes, devices);
    if (this.now > 0) {
      memory.copy(sorted, lanes, <usize>devices << 2);
      sortLanes(sorted, devices);
      loss += (this.now * unusable(node.model, cpuFree, sorted, devices)) / typicalJobs;
    }
    return loss;
  }
}

function readLanes(node: ShareNode): void {
  for (let lane = 0; lane < node.gpus; lane++) setLane(lanes, lane, node.free(lane));
}

/** Whether a device before it has as much free. */
function isSeen(lane: i32, free: i32): bool {
  for (let i = 0; i < lane; i++) if (laneAt(lanes, i) == free) return true;
  return false;
}

/** Takes whole devices, or none: of the least free ones with room as many parts as they hold, the first of equals. */
function takeLeast(job: ShareJob, devices: i32): void {
  let left = job.gpus;
  while (left > 0) {
    let least = -1;
    for (let lane = 0; lane < devices; lane++) {
      const free = laneAt(lanes, lane);
      if (free >= job.gpuMilli && (least < 0 || free < laneAt(lanes, least))) least = lane;
    }
    if (least < 0) return;
    setLane(lanes, least, laneAt(lanes, least) - job.gpuMilli);
    left--;
  }
}
