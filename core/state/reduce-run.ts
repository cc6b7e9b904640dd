/** Events of a job's run: its start, the asking for its end, its end, and its return to the queue. */
import { isEnded, type Job } from "../model/job.ts";
import { recordTaskEnd } from "./array-life.ts";
import type { ClusterState } from "./cluster-state.ts";
import { closeDependency, settleDependents, writeEligible } from "./dependencies.ts";
import { demand, type EventOf, jobOf } from "./event-of.ts";
import { featureBits } from "./node-rows.ts";
import { removePendingRow, writePendingRow } from "./pending-rows.ts";
import { addRunningRows, removeRunningRows } from "./running-rows.ts";

export function applyStarted(state: ClusterState, event: EventOf<"job.started">): void {
  const job = jobOf(state, event);
  demand(job.state === "PENDING" && job.pendingTasks === undefined, state, event, `job ${job.id} does not wait`);
  removePendingRow(state, job);
  closeDependency(state, job);
  job.state = "RUNNING";
  job.startS = event.atS;
  job.endS = 0;
  job.partition = event.partition;
  job.allocation = event.allocation;
  job.endReason = "";
  if (job.eligibleS === 0) job.eligibleS = event.atS;
  addRunningRows(state, job);
  for (const share of event.allocation.nodes) state.nodeRecords[share.node]!.lastBusyS = event.atS;
  const life = job.array === undefined ? undefined : state.arrays.get(job.array.arrayJobId);
  if (life !== undefined) {
    life.running++;
    if (job.restarts === 0) life.started++;
  }
  refreshRest(state, job);
  settleDependents(state, job);
}

export function applyEnding(state: ClusterState, event: EventOf<"job.ending">): void {
  const job = jobOf(state, event);
  demand(job.state === "RUNNING", state, event, `job ${job.id} does not run`);
  job.ending = { state: event.state, byUid: event.byUid, atS: event.atS, held: event.held ?? "" };
}

export function applyEnded(state: ClusterState, event: EventOf<"job.ended">): void {
  const job = jobOf(state, event);
  demand(!isEnded(job.state), state, event, `job ${job.id} has ended before`);
  const wasRunning = job.state === "RUNNING";
  if (wasRunning) leaveNodes(state, job, event.atS);
  else removePendingRow(state, job);
  closeDependency(state, job);
  state.shapes.release(job.shape);
  job.state = event.state;
  job.endS = event.atS;
  job.exitCode = event.exitCode;
  job.exitSignal = event.exitSignal;
  job.endReason = event.endReason;
  delete job.ending;
  countTaskEnds(state, job);
  refreshRest(state, job);
  settleDependents(state, job);
}

export function applyRequeued(state: ClusterState, event: EventOf<"job.requeued">): void {
  const job = jobOf(state, event);
  demand(job.pendingTasks === undefined, state, event, "the waiting rest of an array cannot be requeued");
  if (job.state === "RUNNING") leaveNodes(state, job, event.atS);
  else {
    // An ended job gave its shape back; a requeued one takes it again.
    job.shape = state.shapes.take(job.request, featureBits(state, job.request.features.split("&")));
    forgetTaskEnd(state, job);
  }
  job.state = "PENDING";
  job.restarts++;
  job.startS = 0;
  job.endS = 0;
  job.exitCode = 0;
  job.exitSignal = 0;
  job.partition = "";
  job.held = event.held;
  job.beginS = event.beginS;
  job.eligibleS = 0;
  job.endReason = event.endReason;
  delete job.ending;
  delete job.allocation;
  writeEligible(state, job);
  writePendingRow(state, job);
  refreshRest(state, job);
}

function leaveNodes(state: ClusterState, job: Job, atS: number): void {
  removeRunningRows(state, job);
  for (const share of job.allocation?.nodes ?? []) state.nodeRecords[share.node]!.lastBusyS = atS;
  const life = job.array === undefined ? undefined : state.arrays.get(job.array.arrayJobId);
  if (life !== undefined) life.running--;
}

function countTaskEnds(state: ClusterState, job: Job): void {
  if (job.array === undefined) return;
  const life = state.arrays.get(job.array.arrayJobId);
  if (life === undefined) return;
  if (job.array.taskId !== undefined) recordTaskEnd(life, job.array.taskId, job.state);
  for (const task of job.pendingTasks ?? []) recordTaskEnd(life, task, job.state);
}

function forgetTaskEnd(state: ClusterState, job: Job): void {
  if (job.array?.taskId === undefined) return;
  const life = state.arrays.get(job.array.arrayJobId);
  const result = life?.results.get(job.array.taskId);
  if (life === undefined || result === undefined) return;
  life.results.delete(job.array.taskId);
  life.ended--;
  if (result === "failed") life.failed--;
}

/** The array's waiting rest may start more, or fewer, than before. */
function refreshRest(state: ClusterState, job: Job): void {
  if (job.array === undefined) return;
  const rest = state.jobs.get(job.array.arrayJobId);
  if (rest !== undefined && rest.id !== job.id && rest.state === "PENDING") writePendingRow(state, rest);
  if (job.throttle === 0) return;
  // Requeued tasks wait in rows of their own under the same limit.
  for (const id of state.arrays.get(job.array.arrayJobId)?.records ?? []) {
    const task = state.jobs.get(id as Job["id"]);
    if (task !== undefined && task.id !== rest?.id && task.state === "PENDING") {
      writePendingRow(state, task);
    }
  }
}
