import { Cluster, PendingJob, Priority } from "rota/priority";

/** Above all submit times, so that priorities are positive until the year 2106. */
const TOP: f64 = 4294967296;

/** First come, first served, by the time of submission to the second. */
@final
@policy("1.0.0", "First come, first served: by submit time.", "static")
class Fcfs extends Priority {
  score(job: PendingJob, cluster: Cluster): f64 {
    return TOP - job.submitS;
  }
}
