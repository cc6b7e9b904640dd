import { gpuMilliOf, isPart, ShareJob, ShareNode, SharedPlacement } from "rota/sharing";

/** Best fit over CPUs and GPUs: the less is left of a node, the better. A part goes to the least free device. */
@final
@policy("1.0.0", "Best fit over CPUs and parts of GPUs: the node with least left over.")
class BestFit extends SharedPlacement {
  @parameter(1, 1000000000, "CPUs that count as one, thousandths: those of the largest node.")
  cpuScale: f64 = 128000;
  @parameter(1, 1000000, "GPUs that count as one, thousandths: those of the largest node.")
  gpuScale: f64 = 8000;

  score(job: ShareJob, node: ShareNode): f32 {
    const cpuLeft = <f64>(node.freeCpuMilli - job.cpuMilli) / this.cpuScale;
    const gpuLeft = <f64>(node.freeGpuMilli - gpuMilliOf(job)) / this.gpuScale;
    return <f32>Math.max(0, Math.floor(100 * (1 - (0.5 * cpuLeft + 0.5 * gpuLeft))));
  }

  lane(job: ShareJob, node: ShareNode, lane: i32): f32 {
    return isPart(job) ? <f32>-node.free(lane) : 0;
  }
}
