import { isPart, random, ShareJob, ShareNode, SharedPlacement } from "rota/sharing";

/** Any node that holds the job and any of its devices that do, each as likely: what others are measured by. */
@final
@policy("1.0.0", "Any node and device that holds the job, each as likely.")
class Random extends SharedPlacement {
  /** Drawn once a job; what is asked for of it is mixed from this. */
  private seed: u32 = 0;

  arrive(job: ShareJob): void {
    this.seed = <u32>(random() * 4294967296.0);
  }

  score(job: ShareJob, node: ShareNode): f32 {
    return mixed(this.seed + <u32>node.row);
  }

  lane(job: ShareJob, node: ShareNode, lane: i32): f32 {
    return isPart(job) ? mixed(~this.seed + <u32>lane) : 0;
  }
}

/** Two rounds of multiplying and shifting: all bits depend on all, and neighbours have nothing in common. */
function mixed(value: u32): f32 {
  let bits = (value ^ (value >> 16)) * 0x21f0aaad;
  bits = (bits ^ (bits >> 15)) * 0x735a2d97;
  return <f32>(bits ^ (bits >> 15));
}
