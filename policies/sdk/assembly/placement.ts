// What the author of a placement policy imports: extend Placement with one method.
import { Job, Node } from "./generated/node-block";

export { Job, Node } from "./generated/node-block";
export { log, random } from "./env";

/**
 * Says how well a node suits a job. The driver calls `score` for feasible nodes only and takes the highest; of equal
 * nodes it takes the lower row.
 *
 * A class may define beside it
 *
 *     score4(job: Job, node: Node, leftCpus: v128, leftMemMib: v128, leftGpus: v128): v128
 *
 * which gives the scores of `node` and the three nodes after it as f32x4 and is called instead, four nodes at a time,
 * feasible or not; the lefts are i32x4. It is faster, and must give what `score` gives.
 */
export abstract class Placement {
  /** Higher is better; must be finite. Infeasible nodes are never asked about. */
  score(job: Job, node: Node): f32 {
    return 0;
  }
}

/** CPUs left free on the node when the job runs there. */
// @ts-ignore: decorator
@inline
export function leftCpus(job: Job, node: Node): i32 {
  return job.cpus < 0 ? 0 : node.freeCpus - job.cpus;
}

/** Memory left free on the node when the job runs there, MiB. */
// @ts-ignore: decorator
@inline
export function leftMemMib(job: Job, node: Node): i32 {
  return job.memMib < 0 ? 0 : node.freeMemMib - job.memMib;
}

/** GPUs left free on the node when the job runs there. */
// @ts-ignore: decorator
@inline
export function leftGpus(job: Job, node: Node): i32 {
  return job.gpus < 0 ? 0 : node.freeGpus - job.gpus;
}
