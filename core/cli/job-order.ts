/** The order in which Slurm's commands load the records of one job or array. Pure. */
import type { JobView } from "../model/views.ts";

/** The record of the array's own id first, then the youngest; components of a heterogeneous job as they are numbered. */
export const newestFirst = (jobs: readonly JobView[]): readonly JobView[] => {
  const rank = (job: JobView): number => {
    if (job.hetJobId !== undefined) return -job.jobId;
    return job.jobId === job.arrayJobId ? Number.POSITIVE_INFINITY : job.jobId;
  };
  return [...jobs].sort((a, b) => rank(b) - rank(a));
};
