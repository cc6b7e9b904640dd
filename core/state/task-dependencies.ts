/**
 * Arrays that wait for another array task by task (`aftercorr`): one record stands for all their waiting tasks, and
 * knows which of them are free to start and which never will be. Changed when a task of the other array ends.
 */
import type { DependencyTerm } from "../model/dependency.ts";
import type { Job, TermState } from "../model/job.ts";
import type { ArrayLife } from "./array-life.ts";
import { placeOf } from "./ascending.ts";
import type { ClusterState } from "./cluster-state.ts";

/** Whether the term stands otherwise for each task of the record. */
export const isByTask = (state: ClusterState, job: Job, term: DependencyTerm): boolean =>
  goesByTask(term) &&
  job.pendingTasks !== undefined &&
  (job.freeTasks !== undefined || state.arrays.has(term.jobId));

const goesByTask = (term: DependencyTerm | undefined): boolean =>
  term?.kind === "aftercorr" && typeof term.arrayTask !== "number";

/** Whether tasks wait that are neither free nor never will be. */
export const isUndecided = (job: Job): boolean =>
  (job.pendingTasks?.length ?? 0) > (job.freeTasks?.length ?? 0) + (job.neverTasks?.length ?? 0);

/** The job has another dependency than the one that its tasks were looked at for. */
export function forgetTaskStates(job: Job): void {
  if (job.freeTasks === undefined) return;
  delete job.freeTasks;
  delete job.neverTasks;
}

/** A record of one task that was split off: the terms that went by task are as they were for this one. */
export function takeTaskState(job: Job): void {
  const task = job.array?.taskId;
  const { freeTasks, neverTasks, dependencyStates } = job;
  if (task === undefined || freeTasks === undefined) return;
  forgetTaskStates(job);
  const isNever = placeOf(neverTasks ?? [], task) >= 0;
  const is = placeOf(freeTasks, task) >= 0 ? "met" : isNever ? "never" : "waiting";
  const terms = job.dependency?.terms ?? [];
  job.dependencyStates = (dependencyStates ?? []).map((was, i) => (goesByTask(terms[i]) ? is : was));
}

/**
 * The states of all terms, those by task worked out: met where a task is free, never where none will be. Looks at the
 * tasks that changed, or at all that are not decided.
 */
export function settleTasks(
  state: ClusterState,
  job: Job,
  states: readonly TermState[],
  changed: readonly number[] | undefined,
): readonly TermState[] {
  const terms = job.dependency?.terms ?? [];
  if (job.pendingTasks === undefined || !terms.some((term) => isByTask(state, job, term))) return states;
  const isKnown = job.freeTasks !== undefined && changed !== undefined;
  const waiting = job.pendingTasks;
  decide(state, job, states, isKnown ? changed.filter((task) => placeOf(waiting, task) >= 0) : waiting);
  const free = job.freeTasks?.length ?? 0;
  const never = job.neverTasks?.length ?? 0;
  const is = free > 0 ? "met" : never === waiting.length ? "never" : "waiting";
  return states.map((was, i) => (isByTask(state, job, terms[i]!) ? is : was));
}

/** A task that is not the record's any more; whether it had been decided. */
export function dropTask(job: Job, task: number): boolean {
  const { freeTasks = [], neverTasks = [] } = job;
  job.freeTasks = without(freeTasks, task);
  job.neverTasks = without(neverTasks, task);
  return job.freeTasks !== freeTasks || job.neverTasks !== neverTasks;
}

/** Sorts the tasks that are not decided yet. */
function decide(state: ClusterState, job: Job, states: readonly TermState[], tasks: readonly number[]): void {
  const free = job.freeTasks ?? [];
  const never = job.neverTasks ?? [];
  const newlyFree: number[] = [];
  const newlyNever: number[] = [];
  const stateOf = taskStates(state, job, states);
  for (const task of tasks) {
    if (placeOf(free, task) >= 0 || placeOf(never, task) >= 0) continue;
    const is = stateOf(task);
    if (is === "met") newlyFree.push(task);
    else if (is === "never") newlyNever.push(task);
  }
  job.freeTasks = merged(free, newlyFree);
  job.neverTasks = merged(never, newlyNever);
}

/** How all terms together stand for one task. */
function taskStates(
  state: ClusterState,
  job: Job,
  states: readonly TermState[],
): (task: number) => TermState {
  const terms = job.dependency?.terms ?? [];
  const isAny = job.dependency?.mode === "any";
  const byTerm = terms.map((term, i) =>
    isByTask(state, job, term) ? taskStateIn(state, state.arrays.get(term.jobId)) : () => states[i]!,
  );
  return (task) => {
    let met = 0;
    let never = 0;
    byTerm.forEach((stateOf) => {
      const is = stateOf(task);
      if (is === "met") met++;
      else if (is === "never") never++;
    });
    if (isAny) return met > 0 ? "met" : never === terms.length ? "never" : "waiting";
    return never > 0 ? "never" : met === terms.length ? "met" : "waiting";
  };
}

/** A task without a counterpart waits for nothing, nor does one of an array that has left memory. */
function taskStateIn(state: ClusterState, life: ArrayLife | undefined): (task: number) => TermState {
  if (life === undefined) return () => "met";
  let alive: ReadonlySet<number> | undefined;
  return (task) => {
    const result = life.results.get(task);
    if (result !== undefined) return result === "ok" ? "met" : "never";
    alive ??= aliveTasks(state, life);
    return alive.has(task) ? "waiting" : "met";
  };
}

function aliveTasks(state: ClusterState, life: ArrayLife): ReadonlySet<number> {
  const tasks = new Set<number>();
  for (const id of life.records) {
    const record = state.jobs.get(id as Job["id"]);
    if (record?.array?.taskId !== undefined) tasks.add(record.array.taskId);
    for (const task of record?.pendingTasks ?? []) tasks.add(task);
  }
  return tasks;
}

/** Both ascending lists as one. */
function merged(list: readonly number[], more: readonly number[]): readonly number[] {
  if (more.length === 0) return list;
  if (more.length > 1) return [...list, ...more].sort((a, b) => a - b);
  return list.toSpliced(~placeOf(list, more[0]!), 0, more[0]!);
}

function without(list: readonly number[], number: number): readonly number[] {
  const at = placeOf(list, number);
  return at < 0 ? list : list.toSpliced(at, 1);
}
