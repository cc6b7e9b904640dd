// What the author of a placement imports who chooses parts of devices: extend SharedPlacement.
import { ShareJob, ShareNode } from "./generated/share-block";

export { ShareJob, ShareNode, shareNodeAt } from "./generated/share-block";
export { log, random } from "./env";

/** Thousandths of a whole device. */
export const WHOLE: i32 = 1000;
/** Lanes of a node, used or not. */
export const LANES: i32 = 16;

/**
 * Says how well a node suits a job that takes parts of devices, and which devices it gets there. Amounts are thousandths.
 * In the controller, where devices are whole, the same class is asked with jobs of whole devices.
 */
export abstract class SharedPlacement {
  /** Once, before any job: the typical jobs are new, and nodes have rows 0 to count - 1. */
  prepare(count: i32): void {}

  /** Before a job is placed: nodes are as they are now. In the controller it has no rows of nodes. */
  arrive(job: ShareJob): void {}

  /**
   * Higher is better; must be finite. Asked of nodes that hold the job. The host keeps scores and asks again only when a
   * node has changed, so they may depend on the job, the node and the typical jobs alone, unless the class calls `random`.
   */
  abstract score(job: ShareJob, node: ShareNode): f32;

  /** What a node of the GPU model costs the job besides, in the scores' unit; asked for every job. */
  toll(job: ShareJob, model: i32): f64 {
    return 0;
  }

  /**
   * How well a device suits the job: it gets the highest, of equal ones the first by index, each as often as it has room
   * for a part. Asked of devices that have room for one.
   */
  lane(job: ShareJob, node: ShareNode, lane: i32): f32 {
    return 0;
  }
}

/** Whether the job is content with a part of one device. */
// @ts-ignore: decorator
@inline
export function isPart(job: ShareJob): bool {
  return job.gpus == 1 && job.gpuMilli < WHOLE;
}

/** Bit of the job in a node's `kinds`. */
// @ts-ignore: decorator
@inline
export function kindBit(job: ShareJob): i32 {
  return 1 << (isPart(job) ? 0 : job.gpus);
}

/** Thousandths of devices that the job takes in all. */
// @ts-ignore: decorator
@inline
export function gpuMilliOf(job: ShareJob): i32 {
  return job.gpus * job.gpuMilli;
}
