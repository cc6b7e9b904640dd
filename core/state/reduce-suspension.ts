/** Events of suspension: a started job stands still, holding its memory alone, and goes on later. */
import type { JobId } from "../model/ids.ts";
import { isSuspended, type Job, stillS } from "../model/job.ts";
import type { ClusterState } from "./cluster-state.ts";
import { demand, type EventOf, jobOf } from "./event-of.ts";
import { writeRunningFlags } from "./running-jobs.ts";
import { moveRunningWork } from "./running-rows.ts";

export function applySuspending(state: ClusterState, event: EventOf<"job.suspending">): void {
  const job = jobOf(state, event);
  demand(job.state === "RUNNING" && job.ending === undefined, state, event, `job ${job.id} does not run`);
  const { atS, byUid, forJob, byHand } = event;
  const known = job.suspension;
  demand(known === undefined || byHand === true, state, event, `job ${job.id} is suspended already`);
  if (known !== undefined) {
    // It stood still for another; from now on somebody must say that it goes on.
    job.suspension = { ...known, byUid, byHand: true };
    return;
  }
  job.suspension = {
    askedS: atS,
    byUid,
    ...(forJob === undefined ? {} : { forJob: forJob as JobId }),
    ...(byHand === undefined ? {} : { byHand }),
  };
  state.suspended.add(job.id);
  writeRunningFlags(state, job);
}

export function applySuspended(state: ClusterState, event: EventOf<"job.suspended">): void {
  const job = jobOf(state, event);
  const { suspension } = job;
  demand(suspension !== undefined && !isSuspended(job), state, event, `job ${job.id} is not to be suspended`);
  if (suspension === undefined) return;
  job.suspension = { ...suspension, sinceS: event.atS };
  job.suspendChangeS = event.atS;
  moveRunningWork(state, job, 1, event.atS);
}

export function applyResuming(state: ClusterState, event: EventOf<"job.resuming">): void {
  const job = jobOf(state, event);
  demand(job.suspension?.byHand === true, state, event, `job ${job.id} was not suspended by hand`);
  if (job.suspension === undefined) return;
  const { byHand: _, ...suspension } = job.suspension;
  job.suspension = suspension;
}

export function applyResumed(state: ClusterState, event: EventOf<"job.resumed">): void {
  const job = jobOf(state, event);
  demand(isSuspended(job), state, event, `job ${job.id} is not suspended`);
  demand(job.ending === undefined, state, event, `job ${job.id} is ending`);
  endSuspension(state, job, event.atS);
  job.suspendChangeS = event.atS;
  moveRunningWork(state, job, -1, event.atS);
}

/** It does not stand still any more, since it goes on or has ended: counts how long it did. */
export function endSuspension(state: ClusterState, job: Job, atS: number): void {
  if (job.suspension === undefined) return;
  const total = stillS(job, atS);
  if (total > 0) job.suspendedS = total;
  delete job.suspension;
  state.suspended.delete(job.id);
}

/** Its next run knows nothing of it. */
export function forgetSuspension(state: ClusterState, job: Job): void {
  endSuspension(state, job, 0);
  if (job.suspendedS !== undefined) delete job.suspendedS;
  if (job.suspendChangeS !== undefined) delete job.suspendChangeS;
}
