import { Admission, listHas, Submission } from "rota/admission";

/**
 * Keeps jobs without GPUs out of the partitions that have them: who names such a partition must say how many GPUs. A job
 * that asks for GPUs and names no partition goes to the first of them.
 */
@final
@policy("1.0.0", "Refuses jobs in GPU partitions that ask for no GPU.")
class GpuRequest extends Admission {
  @parameter(0, 1024, "Partitions whose nodes are for jobs with GPUs, comma separated.")
  partitions: string = "gpu";
  @parameter(0, 1, "Whether a job with GPUs that names no partition goes to the first of them.")
  route: bool = false;

  submit(job: Submission): void {
    const asksGpus = this.asksGpus(job);
    if (job.partition == "") {
      if (asksGpus && this.route) job.partition = this.partitions.split(",")[0].trim();
      return;
    }
    if (!asksGpus) this.refuseIn(job, job.partition);
  }

  modify(change: Submission, job: Submission): void {
    if (change.partition != "" && !this.asksGpus(job)) this.refuseIn(change, change.partition);
  }

  asksGpus(job: Submission): bool {
    if (job.gpus != "" || job.gpusPerNode != "" || job.gpusPerTask != "" || job.gpusPerSocket != "") return true;
    if (job.tresPerTask.includes("gres/gpu")) return true;
    const gres = job.gres.split(",");
    for (let i = 0; i < gres.length; i++) {
      const item = gres[i].trim();
      if (item == "gpu" || item.startsWith("gpu:") || item.startsWith("gres/gpu") || item.startsWith("gres:gpu")) return true;
    }
    return false;
  }

  refuseIn(job: Submission, asked: string): void {
    const names = asked.split(",");
    for (let i = 0; i < names.length; i++) {
      if (!listHas(this.partitions, names[i].trim())) continue;
      job.refuse(
        "GPU_REQUEST_MISSING",
        "Partition " + names[i].trim() + " is for jobs with GPUs: say how many, as --gres=gpu:1",
      );
      return;
    }
  }
}
