/**
 * How the terms of waiting jobs' dependencies stand. Worked out when a job is submitted, and again for the jobs that
 * wait on another when that one starts or ends; never polled. A term on a job that memory no longer holds counts as
 * met, as in Slurm: its record was purged long after it ended. `aftercorr` is as strict as `afterok`.
 */
import type { DependencyTerm } from "../model/dependency.ts";
import type { JobId } from "../model/ids.ts";
import { isEnded, type Job, type TermState } from "../model/job.ts";
import type { ArrayLife } from "./array-life.ts";
import type { ClusterState } from "./cluster-state.ts";
import { namesakesOf } from "./namesakes.ts";
import { isDependencyOpen, writePendingRow } from "./pending-rows.ts";

/** Task ids of one array have as many keys as this; above the highest task id that a dependency can name. */
const TASK_KEYS = 4_194_304;

/** Works out all terms of a waiting job that are not settled yet, and files it under the jobs that it waits on. */
export function openDependency(state: ClusterState, job: Job): void {
  closeDependency(state, job);
  if (job.dependency === undefined) {
    delete job.dependencyStates;
    return;
  }
  evaluate(state, job);
  fileDependency(state, job);
}

/** Files a waiting job under what its unsettled terms wait on. */
export function fileDependency(state: ClusterState, job: Job): void {
  job.dependency?.terms.forEach((term, i) => {
    if (job.dependencyStates?.[i] !== "waiting") return;
    if (term.kind === "singleton") state.singletons.add(job.id);
    else fileUnder(state, keyOf(state, term), job.id);
  });
}

/** Forgets whom the job waits on: it started, ended or is about to lose its dependency. */
export function closeDependency(state: ClusterState, job: Job): void {
  if (job.dependency === undefined) return;
  state.singletons.delete(job.id);
  for (const term of job.dependency.terms) {
    const key = keyOf(state, term);
    const waiters = state.dependents.get(key);
    waiters?.delete(job.id);
    if (waiters?.size === 0) state.dependents.delete(key);
  }
}

/**
 * After `changed` started or ended: works out the jobs that wait on it, on its array, or on `tasks`, those of the array
 * that it stood for; and when it ended, singletons of its name.
 */
export function settleDependents(state: ClusterState, changed: Job, tasks: readonly number[]): void {
  const ids = new Set<JobId>(state.dependents.get(changed.id));
  if (changed.array !== undefined) {
    const { arrayJobId } = changed.array;
    for (const id of state.dependents.get(arrayJobId) ?? []) ids.add(id);
    for (const task of tasks)
      for (const id of state.dependents.get(taskKey(arrayJobId, task)) ?? []) ids.add(id);
  }
  const isStart = !isEnded(changed.state);
  for (const id of [...ids].sort((a, b) => a - b)) {
    const job = state.jobs.get(id);
    // Only `after` looks at starts.
    if (job !== undefined && !(isStart && !job.dependency?.terms.some(isAfter))) settle(state, job);
  }
  if (!isStart) settleSingletons(state, changed);
}

/** After the job ended or lost its name: works out the singletons that may have waited for it. */
export function settleSingletons(state: ClusterState, gone: Job): void {
  for (;;) {
    const id = firstSingleton(state, gone);
    if (id === undefined) return;
    settle(state, state.jobs.get(id)!);
    // What keeps it waiting, or it itself, keeps all later ones waiting.
    if (state.singletons.has(id)) return;
  }
}

/** The earliest job of the name whose singleton term is not settled. */
function firstSingleton(state: ClusterState, named: Job): JobId | undefined {
  if (state.singletons.size === 0) return undefined;
  let first: JobId | undefined;
  for (const id of namesakesOf(state, named)) {
    if ((first === undefined || id < first) && state.singletons.has(id)) first = id;
  }
  return first;
}

/** When the job could first have run, given its dependencies and begin time; 0 while a dependency holds it. */
export function writeEligible(state: ClusterState, job: Job): void {
  if (isDependencyOpen(job)) job.eligibleS = 0;
  else if (job.eligibleS === 0) job.eligibleS = Math.max(state.lastAtS, job.beginS);
  else if (job.beginS > job.eligibleS) job.eligibleS = job.beginS;
}

/** Works out a waiting job's terms again, and its row if one of them has been settled. */
function settle(state: ClusterState, job: Job): void {
  const before = job.dependencyStates;
  evaluate(state, job);
  if (job.dependencyStates?.every((s, i) => s === before?.[i]) === true) return;
  closeDependency(state, job);
  fileDependency(state, job);
  writePendingRow(state, job);
}

function evaluate(state: ClusterState, job: Job): void {
  const terms = job.dependency?.terms ?? [];
  const before = job.dependencyStates ?? [];
  job.dependencyStates = terms.map((term, i) => {
    const settled = before[i];
    // A term that is settled stays so: the job that it was about may be purged or run again.
    if (settled === "met" || settled === "never") return settled;
    return stateOf(state, job, term);
  });
  writeEligible(state, job);
}

function stateOf(state: ClusterState, job: Job, term: DependencyTerm): TermState {
  if (term.kind === "singleton") return singletonState(state, job);
  const life = state.arrays.get(term.jobId);
  if (life !== undefined && !(typeof term.arrayTask === "number")) return arrayState(state, job, life, term);
  if (life !== undefined) return taskState(state, job, life, term);
  const other = state.jobs.get(term.jobId as JobId);
  if (other === undefined) return "met";
  return jobState(job, other, term);
}

function jobState(job: Job, other: Job, term: DependencyTerm): TermState {
  if (term.kind === "after") {
    if (other.startS === 0 && !isEnded(other.state)) return "waiting";
    delayBegin(job, begunS(other), term);
    return "met";
  }
  if (!isEnded(other.state)) return "waiting";
  return endState(term, other.state === "COMPLETED");
}

/** afterok, afternotok and the rest, once the other side has ended well or not. */
function endState(term: DependencyTerm, isOk: boolean): TermState {
  switch (term.kind) {
    case "afterok":
    case "aftercorr":
      return isOk ? "met" : "never";
    case "afternotok":
      return isOk ? "never" : "met";
    default:
      return "met";
  }
}

function arrayState(state: ClusterState, job: Job, life: ArrayLife, term: DependencyTerm): TermState {
  if (term.kind === "after") {
    // No task waits: each has started, or was cancelled before.
    if (life.running + life.ended < life.taskCount) return "waiting";
    delayBegin(job, lastBegunS(state, life), term);
    return "met";
  }
  const isDone = life.ended >= life.taskCount;
  if ((term.kind === "afterok" || term.kind === "aftercorr") && life.failed > 0) return "never";
  if (!isDone) return "waiting";
  return endState(term, life.failed === 0);
}

function taskState(state: ClusterState, job: Job, life: ArrayLife, term: DependencyTerm): TermState {
  const result = life.results.get(term.arrayTask as number);
  if (result !== undefined && !isAfter(term)) return endState(term, result === "ok");
  for (const id of life.records) {
    const record = state.jobs.get(id as JobId);
    if (record !== undefined && standsFor(record, term.arrayTask as number))
      return jobState(job, record, term);
  }
  return "met";
}

const standsFor = (record: Job, task: number): boolean =>
  record.array?.taskId === task || record.pendingTasks?.includes(task) === true;

/** Met when no earlier job of the same name and user waits or runs; an array is one job in this. */
function singletonState(state: ClusterState, job: Job): TermState {
  for (const id of namesakesOf(state, job)) {
    if (id >= job.id) continue;
    const other = state.jobs.get(id);
    if (job.array === undefined || other?.array?.arrayJobId !== job.array.arrayJobId) return "waiting";
  }
  return "met";
}

/** `after:12+10`: not before so many minutes have passed since the other job began. */
function delayBegin(job: Job, atS: number, term: DependencyTerm): void {
  const beginS = atS + (term.delayMin ?? 0) * 60;
  if ((term.delayMin ?? 0) > 0 && beginS > job.beginS) job.beginS = beginS;
}

/** When it started, or was cancelled before it did. */
const begunS = (job: Job): number => (job.startS === 0 ? job.endS : job.startS);

/** When the last of the array's tasks that memory still holds began. */
function lastBegunS(state: ClusterState, life: ArrayLife): number {
  let latest = 0;
  for (const id of life.records) {
    const record = state.jobs.get(id as JobId);
    if (record !== undefined) latest = Math.max(latest, begunS(record));
  }
  return latest;
}

const isAfter = (term: DependencyTerm): boolean => term.kind === "after";

/** What a term's job is filed under. While the term waits, whether its id is an array's does not change. */
const keyOf = (state: ClusterState, term: DependencyTerm): number =>
  typeof term.arrayTask === "number" && state.arrays.has(term.jobId)
    ? taskKey(term.jobId, term.arrayTask)
    : term.jobId;

/** Key of one task in `dependents`: below 0, where no job id is, and exact in a double. */
export const taskKey = (arrayJobId: number, task: number): number => -(arrayJobId * TASK_KEYS + task + 1);

function fileUnder(state: ClusterState, key: number, waiter: JobId): void {
  const waiters = state.dependents.get(key);
  if (waiters === undefined) state.dependents.set(key, new Set([waiter]));
  else waiters.add(waiter);
}
