import { Admission, Submission } from "rota/admission";

/**
 * Sends jobs that name no partition where jobs of their size go: those of many nodes or tasks to one partition, short
 * ones to another, the rest to a third. A name that is left empty is a partition that the site does not have.
 */
@final
@policy("1.0.0", "Jobs without a partition go where jobs of their size and length go.")
class PartitionBySize extends Admission {
  @parameter(0, 255, "Partition of jobs with many nodes or tasks.")
  large: string = "";
  @parameter(0, 255, "Partition of short jobs that are not large.")
  short: string = "";
  @parameter(0, 255, "Partition of the others.")
  normal: string = "";
  @parameter(1, 2147483647, "From how many nodes on a job is large.", "nodes")
  largeNodes: i32 = 8;
  @parameter(1, 2147483647, "From how many CPUs on a job is large.", "CPUs")
  largeCpus: i32 = 512;
  @parameter(60, 2147483647, "Up to which time limit a job is short.", "seconds")
  shortS: i32 = 3600;

  submit(job: Submission): void {
    // A reservation says where its jobs are.
    if (job.partition != "" || job.reservation != "") return;
    const partition = this.isLarge(job) ? this.large : this.isShort(job) ? this.short : this.normal;
    if (partition == "") return;
    job.partition = partition;
    job.note("Your job goes to partition " + partition);
  }

  isLarge(job: Submission): bool {
    if (this.large == "") return false;
    const perNode = <f64>max(job.minNodes, 1) * <f64>max(job.ntasksPerNode, 1);
    const cpus = Math.max(<f64>job.ntasks, perNode) * <f64>max(job.cpusPerTask, 1);
    return job.minNodes >= this.largeNodes || cpus >= <f64>this.largeCpus;
  }

  isShort(job: Submission): bool {
    return this.short != "" && job.timeLimitS > 0 && job.timeLimitS <= this.shortS;
  }
}
