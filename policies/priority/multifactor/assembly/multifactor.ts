import { Cluster, PendingJob, Priority } from "rota/priority";

/**
 * A weighted sum of factors between 0 and 1, less the nice value, cut to a whole number of at least 1, as Slurm
 * documents it for priority/multifactor (slurm.schedmd.com/priority_multifactor.html):
 *
 *     age × ageWeight + size × sizeWeight + partition × partitionWeight + QOS × qosWeight − nice
 *
 * age is the time since the job became eligible over maxAgeS, at most 1. size is the mean of its share of the
 * cluster's nodes and of its CPUs; with favorSmall one less that. Different from Slurm: fair-share, association, TRES
 * and site factors are not there, and the weights have defaults where Slurm's are 0.
 */
@final
@policy("1.0.0", "Weighted sum of age, size, partition and QOS, less nice, as Slurm's priority/multifactor.")
class Multifactor extends Priority {
  @parameter(0, 4294967295, "Points for a job that has waited maxAgeS or longer (PriorityWeightAge).")
  ageWeight: f64 = 1000;
  @parameter(0, 4294967295, "Points for a job that wants the whole cluster (PriorityWeightJobSize).")
  sizeWeight: f64 = 1000;
  @parameter(0, 4294967295, "Points for a job in the partition with the greatest factor (PriorityWeightPartition).")
  partitionWeight: f64 = 10000;
  @parameter(0, 4294967295, "Points for a job with the greatest QOS priority (PriorityWeightQOS).")
  qosWeight: f64 = 10000;
  @parameter(1, 4294967295, "Seconds of waiting after which age counts no further (PriorityMaxAge).")
  maxAgeS: f64 = 604800;
  @parameter(0, 1, "1 to favour small jobs over big ones (PriorityFavorSmall).")
  favorSmall: bool = false;

  score(job: PendingJob, cluster: Cluster): f64 {
    const age = min<f64>(max<f64>(job.ageS, 0) / this.maxAgeS, 1);
    const big = (share(job.nodes, cluster.nodes) + share(job.cpus, cluster.cpus)) / 2;
    const sum =
      age * this.ageWeight +
      (this.favorSmall ? 1 - big : big) * this.sizeWeight +
      job.partitionFactor * this.partitionWeight +
      job.qosFactor * this.qosWeight -
      <f64>job.nice;
    return max<f64>(Math.floor(sum), 1);
  }
}

function share(part: i32, whole: i32): f64 {
  return whole > 0 ? min<f64>(<f64>part / <f64>whole, 1) : 0;
}
