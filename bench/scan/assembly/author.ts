import { Job, Node, Placement } from "rota/placement";

/** What a site would write: one method, one node at a time. Same choice as the built-in pack. */
@final
@policy("1.0.0", "Best fit, written for one node at a time.")
class Author extends Placement {
  score(job: Job, node: Node): f32 {
    return -<f32>((node.freeGpus - job.gpus) * 4096 + (node.freeCpus - job.cpus));
  }
}
