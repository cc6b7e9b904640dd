/** Events of a job's run: its start, the asking for its end, its end, and its return to the queue. */
import { DEVICE_LANES, type JobId, type NodeIndex, WHOLE_DEVICE } from "../model/ids.ts";
import { isEnded, isSuspended, type Job } from "../model/job.ts";
import { isAsleep } from "../model/node-power.ts";
import { countSubmitted, settleOwner } from "./accounting.ts";
import { forgetTaskEnd, recordTaskEnd } from "./array-life.ts";
import type { ClusterState } from "./cluster-state.ts";
import { noteConstraint } from "./constraint-tables.ts";
import { closeDependency, openDependency, settleDependents, writeEligible } from "./dependencies.ts";
import { demand, type EventOf, jobOf, misfit } from "./event-of.ts";
import { noteLicences, returnLicences, takeLicences } from "./licences.ts";
import { drawnInto } from "./magnets.ts";
import { addNamesake, removeNamesake } from "./namesakes.ts";
import { requestBits } from "./node-rows.ts";
import { isStartableOld, removePendingRow, writePendingRow, writeStartable } from "./pending-rows.ts";
import { dropClaim } from "./reduce-preemption.ts";
import { endSteps } from "./reduce-steps.ts";
import { endSuspension, forgetSuspension } from "./reduce-suspension.ts";
import { writeRunningFlags } from "./running-jobs.ts";
import { addRunningRows, removeRunningRows, updateRunningEnd } from "./running-rows.ts";

export function applyStarted(state: ClusterState, event: EventOf<"job.started">): void {
  const job = jobOf(state, event);
  if (job.state !== "PENDING" || job.pendingTasks !== undefined) {
    throw misfit(state, event, `job ${job.id} does not wait`);
  }
  checkNodes(state, event);
  const magnet = drawnInto(state, job, event.allocation.nodes, event.atS);
  removePendingRow(state, job);
  closeDependency(state, job);
  if (magnet !== undefined) {
    job.reservation = magnet;
    job.wasDrawn = true;
  }
  job.state = "RUNNING";
  job.startS = event.atS;
  job.endS = 0;
  job.partition = event.partition;
  job.allocation = event.allocation;
  if (event.timeLimitS !== undefined && event.timeLimitS !== job.timeLimitS) {
    job.askedLimitS = job.timeLimitS;
    job.timeLimitS = event.timeLimitS;
  }
  job.priority = event.priority ?? 0;
  job.endReason = "";
  dropClaim(state, job);
  if (job.preemptS !== undefined) delete job.preemptS;
  if (job.eligibleS === 0) job.eligibleS = event.atS;
  if (waitsForNodes(state, job)) job.bootS = state.power.bootS;
  addRunningRows(state, job);
  takeLicences(state, job);
  const life = job.array === undefined ? undefined : state.arrays.get(job.array.arrayJobId);
  if (life !== undefined) {
    life.running++;
    if (job.restarts === 0) life.started++;
  }
  refreshWaiting(state, job);
  settleDependents(state, job, tasksOf(job));
}

/** A node is awake: jobs that waited for it, and wait for no other, begin now. */
export function beginWaiting(state: ClusterState, node: NodeIndex, atS: number): void {
  // In the order of ids, which a restored state has as well.
  for (const id of [...(state.nodeJobs[node] ?? [])].sort((a, b) => a - b)) {
    const job = state.jobs.get(id);
    if (job?.bootS === undefined || waitsForNodes(state, job)) continue;
    delete job.bootS;
    job.startS = atS;
    updateRunningEnd(state, job);
  }
}

function waitsForNodes(state: ClusterState, job: Job): boolean {
  if (state.nodeCosts.asleep === 0) return false;
  return job.allocation?.nodes.some(({ node }) => isAsleep(state.nodeRecords[node]?.power)) === true;
}

export function applyEnding(state: ClusterState, event: EventOf<"job.ending">): void {
  const job = jobOf(state, event);
  demand(job.state === "RUNNING", state, event, `job ${job.id} does not run`);
  const { state: endState, byUid, atS, held = "", forJob } = event;
  job.ending = { state: endState, byUid, atS, held };
  if (forJob !== undefined) {
    job.ending = { ...job.ending, forJob: forJob as JobId };
    job.preemptS = atS;
  }
  writeRunningFlags(state, job);
}

export function applyEnded(state: ClusterState, event: EventOf<"job.ended">): void {
  const job = jobOf(state, event);
  if (isEnded(job.state)) throw misfit(state, event, `job ${job.id} has ended before`);
  if (!isEnded(event.state)) throw misfit(state, event, `${event.state} is no end`);
  const wasRunning = job.state === "RUNNING";
  if (wasRunning) leaveNodes(state, job, event.atS);
  else removePendingRow(state, job);
  closeDependency(state, job);
  dropClaim(state, job);
  removeNamesake(state, job);
  state.shapes.release(job.shape);
  job.state = event.state;
  job.endS = event.endS ?? event.atS;
  job.exitCode = event.exitCode;
  job.exitSignal = event.exitSignal;
  job.endReason = event.endReason;
  if (job.ending !== undefined) delete job.ending;
  if (job.bootS !== undefined) delete job.bootS;
  if (isSuspended(job)) job.suspendChangeS = job.endS;
  endSuspension(state, job, job.endS);
  countSubmitted(state, job, -1);
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
    job.shape = state.shapes.take(job.request, (request) => requestBits(state, request));
    forgetTaskEnds(state, job);
    settleOwner(state, job);
    countSubmitted(state, job, 1);
  }
  // The next run counts its steps anew.
  state.steps.delete(job.id);
  job.state = "PENDING";
  if (job.wasDrawn === true) {
    delete job.reservation;
    delete job.wasDrawn;
  }
  if (job.askedLimitS !== undefined) {
    job.timeLimitS = job.askedLimitS;
    delete job.askedLimitS;
  }
  job.restarts++;
  if (job.bootS !== undefined) delete job.bootS;
  job.startS = 0;
  job.endS = 0;
  job.exitCode = 0;
  job.exitSignal = 0;
  job.partition = "";
  job.held = event.held;
  job.beginS = event.beginS;
  job.eligibleS = 0;
  job.endReason = event.endReason;
  if (job.ending !== undefined) delete job.ending;
  forgetSuspension(state, job);
  delete job.allocation;
  noteLicences(state, job);
  noteConstraint(state, job);
  openDependency(state, job);
  writeEligible(state, job);
  writePendingRow(state, job);
  refreshWaiting(state, job);
}

function leaveNodes(state: ClusterState, job: Job, atS: number): void {
  removeRunningRows(state, job, atS);
  endSteps(state, job.id, atS);
  returnLicences(state, job);
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
  const changed: Job[] = [];
  for (const id of state.arrays.get(job.array.arrayJobId)?.waiting ?? []) {
    const other = state.jobs.get(id as JobId);
    if (other !== undefined && isStartableOld(state, other)) changed.push(other);
  }
  // In the order of ids, which a restored state has as well: each write takes the next version.
  if (changed.length > 1) changed.sort((a, b) => a.id - b.id);
  for (const other of changed) writeStartable(state, other);
}

/** The nodes exist, each is named once, and what is taken of them can be. Whether it is free is commit's to check. */
function checkNodes(state: ClusterState, event: EventOf<"job.started">): void {
  const { nodes } = event.allocation;
  const { nodeRecords, marks } = state;
  if (nodes.length === 0) throw misfit(state, event, "the allocation has no nodes");
  marks.begin(nodeRecords.length);
  for (let i = 0; i < nodes.length; i++) {
    const { node, cpus, memMib, devices } = nodes[i]!;
    if (nodeRecords[node] === undefined) throw misfit(state, event, `node row ${node} does not exist`);
    if (!marks.add(node)) throw misfit(state, event, "a node is named twice");
    if (!(cpus >= 0 && memMib >= 0)) {
      throw misfit(state, event, `${cpus} CPUs and ${memMib} MiB of node row ${node}`);
    }
    for (let j = 0; j < devices.length; j++) {
      const { lane, thousandths } = devices[j]!;
      if (lane >= 0 && lane < DEVICE_LANES && thousandths > 0 && thousandths <= WHOLE_DEVICE) continue;
      throw misfit(state, event, `${thousandths} thousandths of lane ${lane} of node row ${node}`);
    }
  }
}
