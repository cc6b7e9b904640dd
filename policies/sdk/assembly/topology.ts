// What the author of a topology policy imports: extend Topology with one method.
import { Job } from "./generated/node-block";
import { Leaf } from "./drivers/leaves";

export { Job } from "./generated/node-block";
export { Leaf } from "./drivers/leaves";
export { log, random } from "./env";

/**
 * Says how well a leaf (the nodes of one switch or block) suits what a job still wants. The driver takes the highest
 * leaf, of equal ones the one whose first node comes first, fills it with its best nodes by placement score, and asks
 * again for the rest until the job has all its nodes.
 */
export abstract class Topology {
  /** Higher is better; must be finite. `want` is how many nodes the job still lacks; the leaf has one or more to give. */
  score(job: Job, leaf: Leaf, want: i32): f64 {
    return 0;
  }
}
