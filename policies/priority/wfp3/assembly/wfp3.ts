import { Cluster, PendingJob, Priority } from "rota/priority";

/**
 * WFP3: (wait / time limit)³ × processors, the greatest first. Jobs that have waited long for their length come first,
 * large ones sooner. After Tang, Lan, Desai and Buettner, "Fault-aware, utility-based job scheduling on Blue Gene/P
 * systems", CLUSTER 2009.
 */
@final
@policy("1.0.0", "WFP3: (wait / time limit)^3 x CPUs.")
class Wfp3 extends Priority {
  score(job: PendingJob, cluster: Cluster): f64 {
    const slowdown = job.ageS / max<f64>(<f64>job.timeLimitS, 1);
    return slowdown * slowdown * slowdown * <f64>job.cpus;
  }
}
