/** How a job's record is named to people: `12`, `2_3` for a task, `2_[4-9%2]` for the waiting rest of an array, `2+1` for a component. Pure. */
import { printArrayDisplay } from "../model/array.ts";
import type { Job } from "../model/job.ts";

/** The list of waiting tasks is cut at 64 bytes, as Slurm cuts it; 0 for no limit. */
export function displayId(job: Job, maxBytes?: number): string {
  const { array, het } = job;
  if (het !== undefined) return `${het.hetJobId}+${het.offset}`;
  if (array === undefined) return `${job.id}`;
  if (array.taskId !== undefined) return `${array.arrayJobId}_${array.taskId}`;
  // A rest that was ended while it waited has its tasks no longer.
  if (job.pendingTasks === undefined) return `${array.arrayJobId}_*`;
  return printArrayDisplay(array.arrayJobId, job.pendingTasks, job.throttle, maxBytes);
}
