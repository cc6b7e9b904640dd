import { Cluster, PendingJob, Priority } from "rota/priority";

/** What Slurm's priority/basic counts down from: job 1 gets 4294901759. */
const TOP: f64 = 4294901760;

/** First come, first served: priority falls with the job id, and by the job's nice value, as Slurm's priority/basic shows it. */
@final
@policy("1.0.0", "First come, first served; a nice value moves a job back by as many jobs.", "static")
class Fifo extends Priority {
  score(job: PendingJob, cluster: Cluster): f64 {
    return max<f64>(TOP - <f64>job.jobId - <f64>job.nice, 1);
  }
}
