import { gpuMilliOf, isPart, ShareJob, ShareNode, SharedPlacement } from "rota/sharing";

/** The smaller the product of what is free and what is asked for, the better. A part goes to the least free device. */
@final
@policy("1.0.0", "Dot product of what is free and what is asked for: the smallest goes first.")
class DotProduct extends SharedPlacement {
  @parameter(1, 1000000000, "CPUs that count as one, thousandths: those of the largest node.")
  cpuScale: f64 = 128000;
  @parameter(1, 1000000, "GPUs that count as one, thousandths: those of the largest node.")
  gpuScale: f64 = 8000;

  score(job: ShareJob, node: ShareNode): f32 {
    const cpu = (<f64>node.freeCpuMilli / this.cpuScale) * (<f64>job.cpuMilli / this.cpuScale);
    const gpu = (<f64>node.freeGpuMilli / this.gpuScale) * (<f64>gpuMilliOf(job) / this.gpuScale);
    return <f32>Math.max(0, Math.floor(100 * (1 - (cpu + gpu) / 2)));
  }

  lane(job: ShareJob, node: ShareNode, lane: i32): f32 {
    return isPart(job) ? <f32>-node.free(lane) : 0;
  }
}
