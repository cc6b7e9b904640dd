import { isPart, kindBit, ShareJob, ShareNode, SharedPlacement } from "rota/sharing";

/** Nodes that hold jobs of the same kind and no others first: parts, one device, two devices and so on. */
@final
@policy("1.0.0", "Jobs with as many devices together, those that share devices apart.")
class GpuClustering extends SharedPlacement {
  @parameter(1, 1000000, "GPUs of the largest node, thousandths.")
  gpuScale: i32 = 8000;

  score(job: ShareJob, node: ShareNode): f32 {
    if (job.gpus == 0) return 0;
    const own = kindBit(job);
    const held = node.kinds;
    const group = held == own ? 75 : (held & own) != 0 ? 50 : held == 0 ? 25 : 0;
    return <f32>Math.floor(<f64>(25 * (this.gpuScale - node.freeGpuMilli)) / <f64>this.gpuScale + <f64>group);
  }

  lane(job: ShareJob, node: ShareNode, lane: i32): f32 {
    return isPart(job) ? <f32>-node.free(lane) : 0;
  }
}
