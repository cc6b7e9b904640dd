// The loop of every preemption policy: one number a running job.
import { COST, runningJobAt } from "../generated/victim-block";
import { Preemption } from "../preemption";

export { allocate } from "../generated/victim-block";

/** Writes `cost` of rows 0 to count - 1. */
export function weighJobs<T extends Preemption>(policy: T, count: i32): void {
  for (let row = 0; row < count; row++) {
    store<f64>(COST + (<usize>row << 3), policy.cost(runningJobAt(row)));
  }
}
