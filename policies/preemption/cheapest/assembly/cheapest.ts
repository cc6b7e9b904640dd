import { Preemption, RunningJob } from "rota/preemption";

/**
 * Cheapest first: jobs of a low tier and a low QOS priority before others, and among those the job of which the least
 * work is lost, in hours of CPUs, a GPU counted as gpuCpus of them. A job that was started again before costs more each
 * time, so that the same one does not lose its work over and over; one that is cancelled instead of requeued as well.
 */
@final
@policy("1.0.0", "Low tier, low QOS priority, then the least work that is lost.")
class Cheapest extends Preemption {
  @parameter(0, 4294967295, "CPU hours that a step of the partition's tier counts for.")
  tierWeight: f64 = 1000000;
  @parameter(0, 4294967295, "CPU hours that a point of QOS priority counts for.")
  qosWeight: f64 = 1000;
  @parameter(0, 1000000, "CPUs that a GPU counts as.")
  gpuCpus: f64 = 16;
  @parameter(0, 1000, "By how many times its work a job costs more for each restart.")
  restartFactor: f64 = 1;
  @parameter(1, 1000, "How many times more it costs to cancel a job than to requeue it.")
  cancelFactor: f64 = 2;

  cost(job: RunningJob): f64 {
    // A job that has just begun still costs its launch, so that of two the smaller is taken.
    const hours = (job.runS + 60) / 3600;
    const lost = hours * (<f64>job.cpus + <f64>job.gpus * this.gpuCpus);
    const again = 1 + <f64>job.restarts * this.restartFactor;
    const cancelled = job.requeued != 0 ? 1 : this.cancelFactor;
    return <f64>job.tier * this.tierWeight + job.qosPriority * this.qosWeight + lost * again * cancelled;
  }
}
