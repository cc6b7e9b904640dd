import { Cluster, PendingJob, Priority } from "rota/priority";

/**
 * F1: log10(time limit) × processors + 870 × log10(submit time), the least first. A function learnt from simulations:
 * Carastan-Santos and de Camargo, "Obtaining dynamic scheduling policies with simulation and machine learning", SC'17.
 * Submit times of the paper begin at 0 with the workload; set originS to when the machine's life began. Times below one
 * second count as one, as their logarithm would be below 0 or none.
 */
@final
@policy("1.0.0", "F1 of Carastan-Santos and de Camargo, SC'17: log10(limit) x CPUs + 870 x log10(submit time).", "static")
class F1 extends Priority {
  @parameter(0, 4294967295, "Epoch second from which submit times count.")
  originS: f64 = 0;

  score(job: PendingJob, cluster: Cluster): f64 {
    return -(log10(<f64>job.timeLimitS) * <f64>job.cpus + 870 * log10(job.submitS - this.originS));
  }
}

function log10(seconds: f64): f64 {
  return Math.log10(max<f64>(seconds, 1));
}
