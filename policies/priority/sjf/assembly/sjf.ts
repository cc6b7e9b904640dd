import { Cluster, PendingJob, Priority } from "rota/priority";

/** Above all time limits, so that priorities are positive. */
const TOP: f64 = 2147483648;

/** Shortest job first, by the time limit. Long jobs may wait for ever. */
@final
@policy("1.0.0", "Shortest job first: by time limit.", "static")
class Sjf extends Priority {
  score(job: PendingJob, cluster: Cluster): f64 {
    return TOP - <f64>job.timeLimitS;
  }
}
