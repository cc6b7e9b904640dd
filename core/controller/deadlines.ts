/**
 * What time does to waiting jobs with a deadline: one that could not end by it though it started now is ended. Runs with
 * every step of the watch and of a forecast. Pure; the caller appends the events.
 */
import { isEnded } from "../model/job.ts";
import { canEndInTime } from "../model/limit-asked.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Event } from "../state/events.ts";
import { componentsOf, leaderOf } from "../state/het.ts";

/** Records that one step looks for; the rest is for the next. */
const MAX_LATE = 1024;
/** As Slurm has it, by which `sacct` shows 0:1. */
const LATE_SIGNAL = 1;

/** The ends of jobs that are too late at `atS`, by id; of a heterogeneous job all components, the leader last. */
export function deadlineEvents(state: ClusterState, atS: number): Event[] {
  const late = new Set<number>();
  for (const id of state.deadlines) {
    if (late.size >= MAX_LATE) break;
    const job = state.jobs.get(id);
    if (job !== undefined && !canEndInTime(job, atS)) late.add(leaderOf(state, job).id);
  }
  return [...late]
    .sort((a, b) => a - b)
    .flatMap((id) => {
      const leader = state.jobs.get(id as Parameters<typeof state.jobs.get>[0]);
      const over =
        leader === undefined ? [] : componentsOf(state, leader).filter((one) => !isEnded(one.state));
      return over.toReversed().map(
        (job): Event => ({
          type: "job.ended",
          atS,
          jobId: job.id,
          state: "DEADLINE",
          exitCode: 0,
          exitSignal: LATE_SIGNAL,
          endReason: "DeadLine",
        }),
      );
    });
}
