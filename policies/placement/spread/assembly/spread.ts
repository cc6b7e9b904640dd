import { Job, Node, Placement } from "rota/placement";

/** Worst fit: the node with the largest share of its GPUs and CPUs free, so that jobs disturb each other least. */
@final
@policy("1.0.0", "Worst fit: takes the emptiest node.")
class Spread extends Placement {
  @parameter(0, 65536, "What the free share of GPUs counts, against 1 for the free share of CPUs.")
  gpuWeight: f32 = 1;

  score(job: Job, node: Node): f32 {
    return share(node.freeGpus, node.totalGpus) * this.gpuWeight + share(node.freeCpus, node.totalCpus);
  }
}

function share(free: i32, total: i32): f32 {
  return total > 0 ? <f32>free / <f32>total : 0;
}
