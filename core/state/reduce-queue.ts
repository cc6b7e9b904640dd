/** Events of the queue: submissions, tasks that leave their array's record, changes, and records that leave memory. */
import type { HetMembership } from "../model/het.ts";
import { type JobId, jobId } from "../model/ids.ts";
import { isEnded, type Job } from "../model/job.ts";
import { countSubmitted, settleOwner } from "./accounting.ts";
import { type ArraySpecEvent, membershipOf, newArrayLife } from "./array-life.ts";
import { placeOf } from "./ascending.ts";
import type { ClusterState } from "./cluster-state.ts";
import { noteConstraint } from "./constraint-tables.ts";
import {
  closeDependency,
  leaveTask,
  openDependency,
  settleSingletons,
  writeEligible,
} from "./dependencies.ts";
import { demand, type EventOf, jobOf, misfit } from "./event-of.ts";
import type { JobChange, SubmittedFields } from "./events.ts";
import { noteLicences } from "./licences.ts";
import { addNamesake, removeNamesake } from "./namesakes.ts";
import { requestBits } from "./node-rows.ts";
import { writePendingRow } from "./pending-rows.ts";
import { dropClaim } from "./reduce-preemption.ts";
import { updateRunningEnd } from "./running-rows.ts";

export function applySubmitted(state: ClusterState, event: EventOf<"job.submitted">): void {
  const id = jobId(event.jobId);
  const { job, array } = event;
  if (state.jobs.has(id)) throw misfit(state, event, `job ${id} exists already`);
  demand(
    array === undefined || isAscending(array.tasks),
    state,
    event,
    "task ids are not ascending, or none",
  );
  fileRecord(state, id, job, { atS: event.atS, scriptKey: event.scriptKey, array });
}

/** Makes the record of a submission whose event fits, or of one component of it, and files it everywhere. */
export function fileRecord(
  state: ClusterState,
  id: JobId,
  fields: SubmittedFields,
  { atS, scriptKey, array, het }: RecordOrigin,
): void {
  if (id >= state.nextJobId) state.nextJobId = id + 1;
  const job: SubmittedJob = {
    id,
    spec: fields.spec,
    scriptKey,
    name: fields.name,
    submitS: atS,
    requeueAllowed: fields.requeueAllowed,
    request: fields.request,
    shape: state.shapes.take(fields.request, (request) => requestBits(state, request)),
    partitions: fields.partitions,
    timeLimitS: fields.timeLimitS,
    nice: fields.nice,
    account: fields.account,
    qos: fields.qos,
    comment: fields.comment,
    state: "PENDING",
    throttle: array?.throttle ?? 0,
    held: fields.held,
    beginS: fields.beginS,
    eligibleS: 0,
    startS: 0,
    endS: 0,
    restarts: 0,
    partition: "",
    exitCode: 0,
    exitSignal: 0,
    endReason: "",
    priority: 0,
    setPriority: -1,
  };
  if (het !== undefined) job.het = het;
  if (fields.dependency !== undefined) job.dependency = fields.dependency;
  if (fields.reservation !== undefined) job.reservation = fields.reservation;
  state.jobs.set(id, job);
  noteLicences(state, job);
  noteConstraint(state, job);
  addNamesake(state, job);
  settleOwner(state, job);
  if (array !== undefined) {
    job.array = membershipOf(id, array.tasks);
    job.pendingTasks = array.tasks;
    state.arrays.set(id, newArrayLife(id, array.tasks.length));
  }
  countSubmitted(state, job, 1);
  openDependency(state, job);
  writeEligible(state, job);
  writePendingRow(state, job);
}

/** A record while it is made: fields that only some jobs have come after the rest, so that most records are alike. */
type SubmittedJob = Omit<Job, "array" | "het"> & { array?: Job["array"] & object; het?: HetMembership };

interface RecordOrigin {
  readonly atS: number;
  readonly scriptKey: number;
  readonly array?: ArraySpecEvent | undefined;
  readonly het?: HetMembership;
}

export function applySplit(state: ClusterState, event: EventOf<"task.split">): void {
  const rest = jobOf(state, event);
  const tasks = rest.pendingTasks ?? [];
  const array = rest.array;
  const at = placeOf(tasks, event.taskId);
  const waits = rest.state === "PENDING" && at >= 0;
  demand(array !== undefined && waits, state, event, `task ${event.taskId} does not wait`);
  if (array === undefined) return;
  const left = at === 0 ? tasks.slice(1) : tasks.toSpliced(at, 1);
  if (event.newJobId === event.jobId) {
    demand(left.length === 0, state, event, "tasks are left, so the record stays theirs");
    delete rest.pendingTasks;
    const last: Job = { ...rest, array: { ...array, taskId: event.taskId } };
    state.jobs.set(rest.id, last);
    if (last.freeTasks !== undefined) openDependency(state, last);
    writePendingRow(state, last);
    return;
  }
  demand(left.length > 0, state, event, "the last task keeps the array's record");
  demand(!state.jobs.has(jobId(event.newJobId)), state, event, `job ${event.newJobId} exists already`);
  const id = jobId(event.newJobId);
  if (event.newJobId >= state.nextJobId) state.nextJobId = event.newJobId + 1;
  // Whoever leaves first has what was claimed, or nobody.
  dropClaim(state, rest);
  const { pendingTasks: _, ...fields } = rest;
  const task: Job = { ...fields, id, array: { ...array, taskId: event.taskId } };
  state.shapes.share(task.shape);
  rest.pendingTasks = left;
  state.jobs.set(id, task);
  addNamesake(state, task);
  state.arrays.get(array.arrayJobId)?.records.add(id);
  if (task.dependency !== undefined) openDependency(state, task);
  leaveTask(state, rest, event.taskId);
  writePendingRow(state, rest);
  writePendingRow(state, task);
}

export function applyUpdated(state: ClusterState, event: EventOf<"job.updated">): void {
  const before = jobOf(state, event);
  const change = event.change;
  // What others were ended for may not be what it asks from now on.
  dropClaim(state, before);
  // It may count for others from now on.
  if (!isEnded(before.state)) countSubmitted(state, before, -1);
  const named = change.name === undefined ? before : rename(state, before, change.name);
  const job = withTimes(state, named, change);
  writeChange(job, change);
  if (!isEnded(job.state)) {
    // A running job goes on being counted for whom it began with.
    if (job.state === "PENDING") settleOwner(state, job);
    countSubmitted(state, job, 1);
  }
  if (change.dependency !== undefined) {
    closeDependency(state, job);
    if (change.dependency === null) delete job.dependency;
    else job.dependency = change.dependency;
    delete job.dependencyStates;
  }
  // Waiting singletons look at names; a job that does not wait has its dependency worked out if it is requeued.
  if (job.state === "PENDING") openDependency(state, job);
  if (change.name !== undefined) settleSingletons(state, before);
  if (job.state === "RUNNING") {
    updateRunningEnd(state, job);
    return;
  }
  if (job.state !== "PENDING") return;
  writeEligible(state, job);
  writePendingRow(state, job);
}

export function applyPurged(state: ClusterState, event: EventOf<"jobs.purged">): void {
  const jobs = event.jobIds.map((id) => jobOf(state, { type: event.type, jobId: id }));
  demand(new Set(jobs).size === jobs.length, state, event, "a job is named twice");
  for (const job of jobs) demand(isEnded(job.state), state, event, `job ${job.id} has not ended`);
  for (const job of jobs) {
    state.jobs.delete(job.id);
    state.steps.delete(job.id);
    if (job.array === undefined) continue;
    const life = state.arrays.get(job.array.arrayJobId);
    life?.records.delete(job.id);
    if (life?.records.size === 0) state.arrays.delete(job.array.arrayJobId);
  }
}

/** The job under another name; a record's name is for ever, so it is another record. */
function rename(state: ClusterState, before: Job, name: string): Job {
  const job: Job = { ...before, name };
  state.jobs.set(job.id, job);
  if (isEnded(job.state)) return job;
  removeNamesake(state, before);
  addNamesake(state, job);
  return job;
}

/** The job with other bounds in its submission; which others may share, so it is another record as well. */
function withTimes(state: ClusterState, before: Job, { timeMinS, deadlineS }: JobChange): Job {
  if (timeMinS === undefined && deadlineS === undefined) return before;
  const { timeMinS: _, ...rest } = before.spec;
  const shortest = timeMinS ?? before.spec.timeMinS ?? 0;
  const spec = {
    ...rest,
    ...(shortest === 0 ? {} : { timeMinS: shortest }),
    ...(deadlineS === undefined ? {} : { deadlineS }),
  };
  const job: Job = { ...before, spec };
  state.jobs.set(job.id, job);
  if (state.pendingRow.has(job.id) && spec.deadlineS !== undefined) state.deadlines.add(job.id);
  return job;
}

const isAscending = (tasks: readonly number[]): boolean =>
  tasks.length > 0 && tasks.every((task, i) => i === 0 || tasks[i - 1]! < task);

function writeChange(job: Job, change: JobChange): void {
  if (change.timeLimitS !== undefined) {
    job.timeLimitS = change.timeLimitS;
    delete job.askedLimitS;
  }
  if (change.nice !== undefined) job.nice = change.nice;
  if (change.siteFactor !== undefined) job.siteFactor = change.siteFactor;
  if (change.setPriority !== undefined) job.setPriority = change.setPriority;
  if (change.partitions !== undefined) job.partitions = change.partitions;
  if (change.qos !== undefined) job.qos = change.qos;
  if (change.account !== undefined) job.account = change.account;
  if (change.comment !== undefined) job.comment = change.comment;
  if (change.throttle !== undefined) job.throttle = change.throttle;
  if (change.held !== undefined) job.held = change.held;
  if (job.held === "") delete job.reservationDeleted;
  if (change.reservation === "") delete job.reservation;
  else if (change.reservation !== undefined) job.reservation = change.reservation;
  if (change.beginS !== undefined) {
    job.beginS = change.beginS;
    job.eligibleS = 0;
  }
}
