import { isPart, ShareJob, ShareNode, SharedPlacement, WHOLE } from "rota/sharing";

/** The fullest shared device first, then idle devices of nodes in use, then wholly free nodes. */
@final
@policy("1.0.0", "Shared devices first, the fullest of them, then used nodes, then free ones.")
class GpuPacking extends SharedPlacement {
  score(job: ShareJob, node: ShareNode): f32 {
    if (job.gpus == 0) return 0;
    const devices = node.gpus;
    if (node.freeGpuMilli == devices * WHOLE) return <f32>max(33 - devices, devices);
    const idle = <f32>max(50 - job.gpus, 33);
    if (!isPart(job)) return idle;
    let least = WHOLE;
    for (let lane = 0; lane < devices; lane++) {
      const free = node.free(lane);
      if (free >= job.gpuMilli && free < least) least = free;
    }
    const shared: i32 = 100 - least / 100;
    return least < WHOLE ? <f32>shared : idle;
  }

  lane(job: ShareJob, node: ShareNode, lane: i32): f32 {
    return isPart(job) ? <f32>-node.free(lane) : 0;
  }
}
