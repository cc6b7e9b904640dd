// The loop of every priority policy: one number a pending job.
import { clusterAtHand, pendingJobAt, PRIORITY } from "../generated/batch-block";
import { Priority } from "../priority";

export { allocate } from "../generated/batch-block";

/** Writes `priority` of rows 0 to count - 1. */
export function rankJobs<T extends Priority>(policy: T, count: i32): void {
  const cluster = clusterAtHand();
  for (let row = 0; row < count; row++) {
    store<f64>(PRIORITY + (<usize>row << 3), policy.score(pendingJobAt(row), cluster));
  }
}
