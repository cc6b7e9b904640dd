/** Events of a job's run: its start, the asking for its end, its end, and its return to the queue. */
import { DEVICE_LANES, type JobId, WHOLE_DEVICE } from "../model/ids.ts";
import { isEnded, type Job } from "../model/job.ts";
import { forgetTaskEnd, recordTaskEnd } from "./array-life.ts";
import type { ClusterState } from "./cluster-state.ts";
import { closeDependency, openDependency, settleDependents, writeEligible } from "./dependencies.ts";
import { demand, type EventOf, jobOf } from "./event-of.ts";
import { addNamesake, removeNamesake } from "./namesakes.ts";
import { featureBits } from "./node-rows.ts";
import { removePendingRow, writePendingRow, writeStartable } from "./pending-rows.ts";
import { addRunningRows, removeRunningRows } from "./running-rows.ts";

export function applyStarted(state: ClusterState, event: EventOf<"job.started">): void {
  const job = jobOf(state, event);
  demand(
    job.state === "PENDING" && job.pendingTasks === undefined,
    state,
    event,
    `job ${job.id} does not wait`,
  );
  demandNodes(state, event);
  removePendingRow(state, job);
  closeDependency(state, job);
  job.state = "RUNNING";
  job.startS = event.atS;
  job.endS = 0;
  job.partition = event.partition;
  job.allocation = event.allocation;
  job.priority = event.priority ?? 0;
  job.endReason = "";
  if (job.eligibleS === 0) job.eligibleS = event.atS;
  addRunningRows(state, job);
  for (const share of event.allocation.nodes) state.nodeRecords[share.node]!.lastBusyS = event.atS;
  const life = job.array === undefined ? undefined : state.arrays.get(job.array.arrayJobId);
  if (life !== undefined) {
    life.running++;
    if (job.restarts === 0) life.started++;
  }
  refreshWaiting(state, job);
  settleDependents(state, job, tasksOf(job));
}

export function applyEnding(state: ClusterState, event: EventOf<"job.ending">): void {
  const job = jobOf(state, event);
  demand(job.state === "RUNNING", state, event, `job ${job.id} does not run`);
  job.ending = { state: event.state, byUid: event.byUid, atS: event.atS, held: event.held ?? "" };
}

export function applyEnded(state: ClusterState, event: EventOf<"job.ended">): void {
  const job = jobOf(state, event);
  demand(!isEnded(job.state), state, event, `job ${job.id} has ended before`);
  demand(isEnded(event.state), state, event, `${event.state} is no end`);
  const wasRunning = job.state === "RUNNING";
  if (wasRunning) leaveNodes(state, job, event.atS);
  else removePendingRow(state, job);
  closeDependency(state, job);
  removeNamesake(state, job);
  state.shapes.release(job.shape);
  job.state = event.state;
  job.endS = event.endS ?? event.atS;
  job.exitCode = event.exitCode;
  job.exitSignal = event.exitSignal;
  job.endReason = event.endReason;
  delete job.ending;
  countTaskEnds(state, job);
  refreshWaiting(state, job);
  settleDependents(state, job, tasksOf(job));
}

export function applyRequeued(state: ClusterState, event: EventOf<"job.requeued">): void {
  const job = jobOf(state, event);
  demand(job.state !== "PENDING", state, event, `job ${job.id} waits already`);
  if (job.state === "RUNNING") leaveNodes(state, job, event.atS);
  else {
    addNamesake(state, job);
    // An ended job gave its shape back; a requeued one takes it again.
    job.shape = state.shapes.take(job.request, featureBits(state, job.request.features.split("&")));
    forgetTaskEnds(state, job);
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
  openDependency(state, job);
  writeEligible(state, job);
  writePendingRow(state, job);
  refreshWaiting(state, job);
}

function leaveNodes(state: ClusterState, job: Job, atS: number): void {
  removeRunningRows(state, job);
  for (const share of job.allocation?.nodes ?? []) state.nodeRecords[share.node]!.lastBusyS = atS;
  const life = job.array === undefined ? undefined : state.arrays.get(job.array.arrayJobId);
  if (life !== undefined) life.running--;
}

/** Array tasks that the record stands for: its own, or those that wait in it, or did when it was cancelled. */
function tasksOf(job: Job): readonly number[] {
  const taskId = job.array?.taskId;
  return taskId === undefined ? (job.pendingTasks ?? []) : [taskId];
}

function countTaskEnds(state: ClusterState, job: Job): void {
  const life = job.array === undefined ? undefined : state.arrays.get(job.array.arrayJobId);
  if (life === undefined) return;
  for (const task of tasksOf(job)) recordTaskEnd(life, task, job.state);
}

function forgetTaskEnds(state: ClusterState, job: Job): void {
  const life = job.array === undefined ? undefined : state.arrays.get(job.array.arrayJobId);
  if (life === undefined) return;
  for (const task of tasksOf(job)) forgetTaskEnd(life, task);
}

/** Waiting tasks of the job's array, in the rest's row or rows of their own, may start more, or fewer, than before. */
function refreshWaiting(state: ClusterState, job: Job): void {
  if (job.array === undefined) return;
  for (const id of state.arrays.get(job.array.arrayJobId)?.waiting ?? []) {
    const other = state.jobs.get(id as JobId);
    if (other !== undefined && other.throttle > 0) writeStartable(state, other);
  }
}

/** The nodes exist, each is named once, and what is taken of them can be. Whether it is free is commit's to check. */
function demandNodes(state: ClusterState, event: EventOf<"job.started">): void {
  const { nodes } = event.allocation;
  demand(nodes.length > 0, state, event, "the allocation has no nodes");
  demand(new Set(nodes.map(({ node }) => node)).size === nodes.length, state, event, "a node is named twice");
  for (const { node, cpus, memMib, devices } of nodes) {
    demand(state.nodeRecords[node] !== undefined, state, event, `node row ${node} does not exist`);
    demand(cpus >= 0 && memMib >= 0, state, event, `${cpus} CPUs and ${memMib} MiB of node row ${node}`);
    for (const { lane, thousandths } of devices) {
      const isShare = lane >= 0 && lane < DEVICE_LANES && thousandths > 0 && thousandths <= WHOLE_DEVICE;
      demand(isShare, state, event, `${thousandths} thousandths of lane ${lane} of node row ${node}`);
    }
  }
}
