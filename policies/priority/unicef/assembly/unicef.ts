import { Cluster, PendingJob, Priority } from "rota/priority";

/** Stands for the logarithm of one processor, 0: jobs on one come before all others that have waited in proportion. */
const LEAST_LOG2: f64 = 1e-6;

/**
 * UNICEF: wait / (log2(processors) × time limit), the greatest first. Small, short jobs come soon. After Tang, Lan,
 * Desai and Buettner, "Fault-aware, utility-based job scheduling on Blue Gene/P systems", CLUSTER 2009.
 */
@final
@policy("1.0.0", "UNICEF: wait / (log2(CPUs) x time limit).")
class Unicef extends Priority {
  score(job: PendingJob, cluster: Cluster): f64 {
    const size = job.cpus > 1 ? Math.log2(<f64>job.cpus) : LEAST_LOG2;
    return job.ageS / (size * max<f64>(<f64>job.timeLimitS, 1));
  }
}
