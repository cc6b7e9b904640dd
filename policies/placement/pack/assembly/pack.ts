import { Job, leftCpus, leftGpus, Node, Placement } from "rota/placement";

/** Best fit: the node with least left over when the job runs there, so that whole nodes stay free for big jobs. */
@final
@policy("1.0.0", "Best fit: fills the fullest node that holds the job.")
class Pack extends Placement {
  @parameter(0, 65536, "What one GPU left over counts, in CPUs left over.")
  gpuWeight: f32 = 4096;

  score(job: Job, node: Node): f32 {
    return <f32>leftGpus(job, node) * -this.gpuWeight - <f32>leftCpus(job, node);
  }

  /** The same of four nodes at a time. */
  score4(job: Job, node: Node, leftCpus: v128, leftMemMib: v128, leftGpus: v128): v128 {
    const gpus = f32x4.mul(f32x4.convert_i32x4_s(leftGpus), f32x4.splat(-this.gpuWeight));
    return f32x4.sub(gpus, f32x4.convert_i32x4_s(leftCpus));
  }
}
