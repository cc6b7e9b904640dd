/**
 * The events of what a commit lets preempt: for each waiting job what it claims, then the asking for each victim's end, or for
 * its standing still.
 * Pure; the caller appends them in one write, before any other event.
 */
import type { JobId } from "../model/ids.ts";
import type { PlanPreemption } from "../model/plan.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Event } from "../state/events.ts";
import { preemptionOf } from "../state/preemption-tables.ts";

export interface PreemptEvents {
  readonly events: readonly Event[];
  /** Ids of the jobs that are asked to end, or to stand still. */
  readonly victims: readonly JobId[];
}

/** Time for an agent to say that a job is gone, beside what the job itself is given. */
const SLACK_S = 60;

/** `killWaitS` is what a job without a grace time has to end by itself. */
export function preemptEvents(
  state: ClusterState,
  preemptions: readonly PlanPreemption[],
  atS: number,
  killWaitS: number,
): PreemptEvents {
  const events: Event[] = [];
  const victims: JobId[] = [];
  for (const { jobId, partition, nodes, tasks, victims: ids } of preemptions) {
    let longestS = killWaitS;
    const endings: Event[] = [];
    for (const id of ids) {
      const job = state.jobs.get(id as JobId);
      if (job === undefined) continue;
      const { mode, graceTimeS } = preemptionOf(state, job);
      longestS = Math.max(longestS, graceTimeS);
      victims.push(job.id);
      if (mode === "suspend") {
        endings.push({ type: "job.suspending", atS, jobId: id, byUid: 0, forJob: jobId });
        continue;
      }
      endings.push({
        type: "job.ending",
        atS,
        jobId: id,
        state: mode === "requeue" ? "PENDING" : "PREEMPTED",
        byUid: 0,
        forJob: jobId,
      });
    }
    const name = state.partitions[partition]?.spec.name ?? "";
    const untilS = atS + longestS + SLACK_S;
    events.push({ type: "job.preempting", atS, jobId, partition: name, nodes, tasks, victims: ids, untilS });
    events.push(...endings);
  }
  return { events, victims };
}
