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
    if (this.hasSome(job.gpus) || this.hasSome(job.gpusPerNode)) return true;
    if (this.hasSome(job.gpusPerTask) || this.hasSome(job.gpusPerSocket)) return true;
    return this.hasGpus(job.gres) || this.hasGpus(job.tresPerTask);
  }

  /** Whether a list of GRES, as gpu:tesla:2,nic:1 or cpu=2,gres/gpu=1, has GPUs. */
  hasGpus(list: string): bool {
    const items = list.replaceAll("=", ":").split(",");
    for (let i = 0; i < items.length; i++) {
      let item = items[i].trim();
      if (item.startsWith("gres/") || item.startsWith("gres:")) item = item.substring(5);
      if ((item == "gpu" || item.startsWith("gpu:")) && this.isSome(item)) return true;
    }
    return false;
  }

  hasSome(list: string): bool {
    const items = list.split(",");
    for (let i = 0; i < items.length; i++) if (this.isSome(items[i].trim())) return true;
    return false;
  }

  /** Whether the number behind the last colon is not 0; a name without a number is one of it. */
  isSome(item: string): bool {
    const count = item.substring(item.lastIndexOf(":") + 1);
    return count.replaceAll("0", "") != "";
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
