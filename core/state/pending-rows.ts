/**
 * Rows of waiting records: one a job, one for all the waiting tasks of an array. Written again from the record
 * whenever anything that a pass reads of it changes; a row that leaves is filled by the last one.
 */
import type { Job } from "../model/job.ts";
import { plannedLimitS } from "../model/limit-asked.ts";
import { writePendingOwner } from "./accounting.ts";
import type { ClusterState } from "./cluster-state.ts";
import { partitionSetOf } from "./config-index.ts";
import { reservationIdOf } from "./reservations.ts";
import { PENDING_FLAG } from "./tables.ts";

/** Adds the record's row, or writes it again. */
export function writePendingRow(state: ClusterState, job: Job): void {
  let row = state.pendingRow.get(job.id);
  if (row === undefined) {
    row = state.pending.addRow();
    state.pendingRow.set(job.id, row);
    noteArrayRow(state, job);
    if (job.spec.deadlineS !== undefined) state.deadlines.add(job.id);
  }
  if (job.siteFactor !== undefined) state.sitePointed.add(job.id);
  const c = state.pending.columns;
  c.jobId[row] = job.id;
  c.shape[row] = job.shape;
  c.partitionSet[row] = partitionSetOf(state, job.partitions);
  c.timeLimitS[row] = plannedLimitS(job);
  c.submitS[row] = job.submitS;
  c.eligibleS[row] = job.eligibleS;
  c.beginS[row] = job.beginS;
  c.nice[row] = job.nice;
  c.setPriority[row] = job.setPriority;
  c.qosPriority[row] = state.config.qosPriority.get(job.qos) ?? 0;
  c.qos[row] = state.config.qosIndex.get(job.qos) ?? -1;
  c.flags[row] = flagsOf(job);
  c.reservation[row] = reservationIdOf(state, job);
  const waiting = job.pendingTasks?.length ?? 1;
  c.tasksWaiting[row] = waiting;
  c.tasksStartable[row] = startableOf(state, job, waiting);
  c.hetLeader[row] = job.het?.hetJobId ?? 0;
  c.hetSize[row] = job.het?.size ?? 0;
  writePendingOwner(state, job, row);
  c.version[row] = nextVersion(state);
}

/** A record of an array has a row: with a second one they share its limit. */
export function noteArrayRow(state: ClusterState, { id, array }: Job): void {
  if (array === undefined) return;
  const waiting = state.arrays.get(array.arrayJobId)?.waiting.add(id);
  if (waiting !== undefined && waiting.size > 1) state.splitArrays.add(array.arrayJobId);
}

function forgetArrayRow(state: ClusterState, { id, array }: Job): void {
  const waiting = array && state.arrays.get(array.arrayJobId)?.waiting;
  waiting?.delete(id);
  if (array !== undefined && (waiting?.size ?? 0) <= 1) state.splitArrays.delete(array.arrayJobId);
}

/** Whether the row says another number of tasks that may start than is true by now. */
export function isStartableOld(state: ClusterState, job: Job): boolean {
  if (job.throttle === 0) return false;
  const row = state.pendingRow.get(job.id);
  if (row === undefined) return false;
  const c = state.pending.columns;
  return c.tasksStartable[row] !== startableOf(state, job, c.tasksWaiting[row]!);
}

/** Writes only how many tasks may start: that of an array changes with each start and end of its tasks. */
export function writeStartable(state: ClusterState, job: Job): void {
  const row = state.pendingRow.get(job.id);
  if (row === undefined) return;
  const c = state.pending.columns;
  c.tasksStartable[row] = startableOf(state, job, c.tasksWaiting[row]!);
  c.version[row] = nextVersion(state);
}

export function removePendingRow(state: ClusterState, job: Job): void {
  const row = state.pendingRow.get(job.id);
  if (row === undefined) return;
  state.pendingRow.delete(job.id);
  if (job.spec.deadlineS !== undefined) state.deadlines.delete(job.id);
  if (job.siteFactor !== undefined) state.sitePointed.delete(job.id);
  forgetArrayRow(state, job);
  const moved = state.pending.removeRow(row);
  if (moved >= 0) state.pendingRow.set(state.pending.columns.jobId[row] as Job["id"], row);
}

/** The number of a write, 32 bits: after 4 billion writes they come again. */
function nextVersion(state: ClusterState): number {
  state.pendingVersion = (state.pendingVersion + 1) >>> 0;
  return state.pendingVersion;
}

function flagsOf(job: Job): number {
  let flags = 0;
  if (job.held === "user") flags |= PENDING_FLAG.HELD_USER;
  if (job.held === "admin") flags |= PENDING_FLAG.HELD_ADMIN;
  if (job.reservationDeleted === true) flags |= PENDING_FLAG.RESERVATION_DELETED;
  if (job.dependency === undefined) return flags;
  if (isNeverMet(job)) flags |= PENDING_FLAG.DEPENDENCY_NEVER;
  else if (isDependencyOpen(job)) flags |= PENDING_FLAG.DEPENDENCY;
  return flags;
}

/** Whether a dependency still holds the job back. */
export function isDependencyOpen(job: Job): boolean {
  const states = job.dependencyStates;
  if (job.dependency === undefined || states === undefined || states.length === 0) return false;
  return job.dependency.mode === "any" ? !states.includes("met") : states.some((s) => s !== "met");
}

/** Whether it can never be met any more. */
export function isNeverMet(job: Job): boolean {
  const states = job.dependencyStates ?? [];
  if (job.dependency === undefined || states.length === 0) return false;
  return job.dependency.mode === "any" ? states.every((s) => s === "never") : states.includes("never");
}

function startableOf(state: ClusterState, job: Job, waiting: number): number {
  const free = job.freeTasks?.length ?? waiting;
  if (job.throttle === 0 || job.array === undefined) return free;
  const running = state.arrays.get(job.array.arrayJobId)?.running ?? 0;
  return Math.max(0, Math.min(free, job.throttle - running));
}
