import { Cluster, PendingJob, Priority } from "rota/priority";

/**
 * A weighted sum of factors between 0 and 1, plus the site's points, less the nice value, cut to a whole number of at
 * least 1, as Slurm documents it for priority/multifactor (slurm.schedmd.com/priority_multifactor.html):
 *
 *     age, association, fair share, size, partition, QOS, TRES, each × its weight, + site − nice
 *
 * age is the time since the job became eligible over maxAgeS, at most 1. size is the mean of its share of the
 * cluster's nodes and of its CPUs, or, with sizePerTime, its CPUs over its time limit in minutes over the cluster's
 * CPUs; with favorSmall one less that. TRES are its CPUs, memory and GPUs over those of its partition. Different from
 * Slurm: the weights have defaults where Slurm's are 0, and factors are always normalised.
 *
 * `core/prioritise/factors.ts` shows the terms one by one and must add them up in the same order.
 */
@final
@policy("1.1.0", "Weighted sum of age, fair share, size, partition, QOS and TRES, less nice, as Slurm's priority/multifactor.")
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
  @parameter(0, 4294967295, "Points for a job of the user with the greatest fair share (PriorityWeightFairshare).")
  fairshareWeight: f64 = 10000;
  @parameter(0, 4294967295, "Points for a job of the association with the greatest priority (PriorityWeightAssoc).")
  assocWeight: f64 = 0;
  @parameter(0, 4294967295, "Points for a job that wants all CPUs of its partition (PriorityWeightTRES, CPU).")
  tresCpuWeight: f64 = 0;
  @parameter(0, 4294967295, "Points for a job that wants all memory of its partition (PriorityWeightTRES, Mem).")
  tresMemWeight: f64 = 0;
  @parameter(0, 4294967295, "Points for a job that wants all GPUs of its partition (PriorityWeightTRES, gres/gpu).")
  tresGpuWeight: f64 = 0;
  @parameter(0, 1, "1 to divide a job's size by its time limit (SMALL_RELATIVE_TO_TIME).")
  sizePerTime: bool = false;

  score(job: PendingJob, cluster: Cluster): f64 {
    const age = min<f64>(max<f64>(job.ageS, 0) / this.maxAgeS, 1);
    const big = this.sizePerTime ? perMinute(job, cluster) : meanShare(job, cluster);
    const sum =
      age * this.ageWeight +
      job.assocFactor * this.assocWeight +
      job.fairshare * this.fairshareWeight +
      (this.favorSmall ? 1 - big : big) * this.sizeWeight +
      job.partitionFactor * this.partitionWeight +
      job.qosFactor * this.qosWeight +
      job.tresCpu * this.tresCpuWeight +
      job.tresMem * this.tresMemWeight +
      job.tresGpu * this.tresGpuWeight +
      job.siteFactor -
      <f64>job.nice;
    return max<f64>(Math.floor(sum), 1);
  }
}

function meanShare(job: PendingJob, cluster: Cluster): f64 {
  return (share(job.nodes, cluster.nodes) + share(job.cpus, cluster.cpus)) / 2;
}

function perMinute(job: PendingJob, cluster: Cluster): f64 {
  const minutes = max<f64>(<f64>job.timeLimitS / 60, 1);
  return cluster.cpus > 0 ? min<f64>(<f64>job.cpus / minutes / <f64>cluster.cpus, 1) : 0;
}

function share(part: i32, whole: i32): f64 {
  return whole > 0 ? min<f64>(<f64>part / <f64>whole, 1) : 0;
}
