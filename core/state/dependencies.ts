/**
 * How the terms of waiting jobs' dependencies stand. Worked out when a job is submitted, and again for the jobs that
 * wait on another when that one starts or ends; never polled. A term on a job that memory no longer holds counts as
 * met, as in Slurm: its record was purged long after it ended. Arrays that wait task by task: task-dependencies.ts.
 */
import type { DependencyTerm } from "../model/dependency.ts";
import type { JobId } from "../model/ids.ts";
import { isEnded, type Job, type TermState } from "../model/job.ts";
import type { ArrayLife } from "./array-life.ts";
import type { ClusterState } from "./cluster-state.ts";
import { namesakesOf } from "./namesakes.ts";
import { isDependencyOpen, writePendingRow } from "./pending-rows.ts";
import {
  dropTask,
  forgetTaskStates,
  isByTask,
  isUndecided,
  settleTasks,
  takeTaskState,
} from "./task-dependencies.ts";

/** Task ids of one array have as many keys as this; above the highest task id that a dependency can name. */
const TASK_KEYS = 4_194_304;

/** Works out all terms of a waiting job that are not settled yet, and files it under the jobs that it waits on. */
export function openDependency(state: ClusterState, job: Job): void {
  closeDependency(state, job);
  if (job.dependencyStates === undefined || job.dependency === undefined) forgetTaskStates(job);
  if (job.dependency === undefined) {
    if (job.dependencyStates !== undefined) delete job.dependencyStates;
    return;
  }
  takeTaskState(job);
  evaluate(state, job);
  fileDependency(state, job);
}

/** Files a waiting job under what its unsettled terms wait on. */
export function fileDependency(state: ClusterState, job: Job): void {
  job.dependency?.terms.forEach((term, i) => {
    const isOpen = isByTask(state, job, term) ? isUndecided(job) : job.dependencyStates?.[i] === "waiting";
    if (!isOpen) return;
    if (term.kind === "singleton") state.singletons.add(job.id);
    else fileUnder(state, keyOf(state, job, term), job.id);
  });
}

/** Forgets whom the job waits on: it started, ended or is about to lose its dependency. */
export function closeDependency(state: ClusterState, job: Job): void {
  if (job.dependency === undefined) return;
  state.singletons.delete(job.id);
  for (const term of job.dependency.terms) {
    const key = keyOf(state, job, term);
    unfile(state, key, job.id);
    // The last task of an array was filed as the array that it was part of.
    if (key !== term.jobId && typeof term.arrayTask !== "number") unfile(state, term.jobId, job.id);
  }
}

/** A task has left `pendingTasks` of its array's record: what the rest waits for is that of its other tasks. */
export function leaveTask(state: ClusterState, rest: Job, task: number): void {
  if (rest.freeTasks === undefined) return;
  const wasDecided = dropTask(rest, task);
  evaluate(state, rest, []);
  if (wasDecided || isUndecided(rest)) return;
  closeDependency(state, rest);
  fileDependency(state, rest);
}

/**
 * After `changed` started or ended: works out the jobs that wait on it, on its array, or on `tasks`, those of the array
 * that it stood for; and when it ended, singletons of its name.
 */
export function settleDependents(state: ClusterState, changed: Job, tasks: readonly number[]): void {
  if (state.dependents.size === 0 && state.singletons.size === 0) return;
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
    if (job === undefined || (isStart && !job.dependency?.terms.some(isAfter))) continue;
    settle(state, job, tasks);
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
function settle(state: ClusterState, job: Job, changed?: readonly number[]): void {
  const { dependencyStates: before, freeTasks } = job;
  evaluate(state, job, changed);
  const isSame = job.dependencyStates?.every((s, i) => s === before?.[i]) === true;
  const isOpen = freeTasks !== undefined && isUndecided(job);
  if (isSame && isOpen && job.freeTasks === freeTasks) return;
  if (isSame && freeTasks === undefined) return;
  if (!(isSame && isOpen)) {
    closeDependency(state, job);
    fileDependency(state, job);
  }
  writePendingRow(state, job);
}

/** `changed`: only these tasks of another array have ended since the last time; absent for whatever may have. */
function evaluate(state: ClusterState, job: Job, changed?: readonly number[]): void {
  const terms = job.dependency?.terms ?? [];
  const before = job.dependencyStates ?? [];
  let isSame = true;
  const ready: number[] = [];
  const states = terms.map((term, i): TermState => {
    const settled = before[i];
    if (isByTask(state, job, term)) return settled ?? "waiting";
    // A term that is settled stays so: the job that it was about may be purged or run again.
    if (settled === "met" || settled === "never") return settled;
    const [is, readyS] = stateOf(state, job, term);
    if (is === "met") ready.push(readyS);
    if (is !== settled) isSame = false;
    return is;
  });
  delayBegin(job, ready);
  job.dependencyStates = settleTasks(state, job, states, isSame ? changed : undefined);
  writeEligible(state, job);
}

/** How a term stands, and the second from which it is met. */
function stateOf(state: ClusterState, job: Job, term: DependencyTerm): readonly [TermState, number] {
  if (term.kind === "singleton") return [singletonState(state, job), 0];
  const life = state.arrays.get(term.jobId);
  const task = taskOf(job, term);
  if (life !== undefined) {
    return task === undefined ? arrayState(state, life, term) : taskState(state, life, term, task);
  }
  const other = state.jobs.get(term.jobId as JobId);
  return other === undefined ? [MET, 0] : jobState(other, term);
}

const MET: TermState = "met";
const WAITING: TermState = "waiting";

/** The one task that a term is about: the one that it names, or for `aftercorr` the one like this one. */
const taskOf = (job: Job, term: DependencyTerm): number | undefined => {
  if (typeof term.arrayTask === "number") return term.arrayTask;
  return term.kind === "aftercorr" ? job.array?.taskId : undefined;
};

function jobState(other: Job, term: DependencyTerm): readonly [TermState, number] {
  if (term.kind === "after") {
    if (other.startS === 0 && !isEnded(other.state)) return [WAITING, 0];
    return [MET, readyS(begunS(other), term)];
  }
  return [isEnded(other.state) ? endState(term, other.state === "COMPLETED") : WAITING, 0];
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

function arrayState(
  state: ClusterState,
  life: ArrayLife,
  term: DependencyTerm,
): readonly [TermState, number] {
  if (term.kind === "after") {
    // No task waits: each has started, or was cancelled before.
    if (life.running + life.ended < life.taskCount) return [WAITING, 0];
    return [MET, readyS(lastBegunS(state, life), term)];
  }
  if ((term.kind === "afterok" || term.kind === "aftercorr") && life.failed > 0) return ["never", 0];
  return [life.ended >= life.taskCount ? endState(term, life.failed === 0) : WAITING, 0];
}

function taskState(
  state: ClusterState,
  life: ArrayLife,
  term: DependencyTerm,
  task: number,
): readonly [TermState, number] {
  const result = life.results.get(task);
  if (result !== undefined && !isAfter(term)) return [endState(term, result === "ok"), 0];
  for (const id of life.records) {
    const record = state.jobs.get(id as JobId);
    if (record !== undefined && standsFor(record, task)) return jobState(record, term);
  }
  return [MET, 0];
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

/** `after:12+10`: so many minutes after the other job began. */
const readyS = (begunAtS: number, term: DependencyTerm): number =>
  (term.delayMin ?? 0) > 0 ? begunAtS + (term.delayMin ?? 0) * 60 : 0;

/**
 * Puts the begin time off until the terms that have just been met hold: all of them, or with `?` the first, which may be
 * sooner than it was with those met before.
 */
function delayBegin(job: Job, ready: readonly number[]): void {
  if (ready.length === 0) return;
  if (job.dependency?.mode === "all") {
    job.beginS = Math.max(job.beginS, ...ready);
    return;
  }
  const delay = job.beginDelay;
  // A begin time that was changed since is the user's.
  const askedS =
    delay === undefined || job.beginS !== Math.max(delay.askedS, delay.untilS) ? job.beginS : delay.askedS;
  const before = delay?.untilS ?? (job.dependencyStates?.includes("met") ? 0 : Number.POSITIVE_INFINITY);
  const untilS = Math.min(before, ...ready);
  const beginS = Math.max(askedS, untilS);
  if (beginS < job.beginS) job.eligibleS = 0;
  job.beginS = beginS;
  if (untilS === 0) delete job.beginDelay;
  else job.beginDelay = { askedS, untilS };
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
function keyOf(state: ClusterState, job: Job, term: DependencyTerm): number {
  const task = taskOf(job, term);
  return task !== undefined && state.arrays.has(term.jobId) ? taskKey(term.jobId, task) : term.jobId;
}

function unfile(state: ClusterState, key: number, waiter: JobId): void {
  const waiters = state.dependents.get(key);
  waiters?.delete(waiter);
  if (waiters?.size === 0) state.dependents.delete(key);
}

/** Key of one task in `dependents`: below 0, where no job id is, and exact in a double. */
export const taskKey = (arrayJobId: number, task: number): number => -(arrayJobId * TASK_KEYS + task + 1);

function fileUnder(state: ClusterState, key: number, waiter: JobId): void {
  const waiters = state.dependents.get(key);
  if (waiters === undefined) state.dependents.set(key, new Set([waiter]));
  else waiters.add(waiter);
}
