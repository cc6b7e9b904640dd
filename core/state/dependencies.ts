/**
 * How the terms of waiting jobs' dependencies stand. Worked out when a job is submitted, and again for the jobs that
 * wait on another when that one starts or ends; never polled. A term on a job that memory no longer holds counts as
 * met, as in Slurm: its record was purged long after it ended.
 */
import type { DependencyTerm } from "../model/dependency.ts";
import type { JobId } from "../model/ids.ts";
import { isEnded, type Job, type TermState } from "../model/job.ts";
import type { ArrayLife } from "./array-life.ts";
import type { ClusterState } from "./cluster-state.ts";
import { isDependencyOpen, writePendingRow } from "./pending-rows.ts";

/** Works out all terms of a job that has just been given a dependency, and files it under the jobs that it waits on. */
export function openDependency(state: ClusterState, job: Job): void {
  closeDependency(state, job);
  if (job.dependency === undefined) {
    delete job.dependencyStates;
    return;
  }
  for (const term of job.dependency.terms) {
    if (term.kind === "singleton") state.singletons.add(job.id);
    else fileUnder(state, term.jobId, job.id);
  }
  evaluate(state, job);
}

/** Forgets whom the job waits on: it started, ended or lost its dependency. */
export function closeDependency(state: ClusterState, job: Job): void {
  state.singletons.delete(job.id);
  for (const term of job.dependency?.terms ?? []) {
    const waiters = state.dependents.get(term.jobId);
    waiters?.delete(job.id);
    if (waiters?.size === 0) state.dependents.delete(term.jobId);
  }
}

/** After `changed` started or ended: the jobs that wait on it, on its array or as singletons. Gives those that changed. */
export function settleDependents(state: ClusterState, changed: Job): void {
  const ids = new Set<JobId>([
    ...(state.dependents.get(changed.id) ?? []),
    ...(changed.array === undefined ? [] : (state.dependents.get(changed.array.arrayJobId) ?? [])),
    ...[...state.singletons].filter((id) => isSameSingleton(state.jobs.get(id), changed)),
  ]);
  for (const id of [...ids].sort((a, b) => a - b)) {
    const job = state.jobs.get(id);
    if (job === undefined || job.state !== "PENDING") continue;
    evaluate(state, job);
    writePendingRow(state, job);
  }
}

/** When the job could first have run, given its dependencies and begin time; 0 while a dependency holds it. */
export function writeEligible(state: ClusterState, job: Job): void {
  if (isDependencyOpen(job)) job.eligibleS = 0;
  else if (job.eligibleS === 0) job.eligibleS = Math.max(state.lastAtS, job.beginS);
  else if (job.beginS > job.eligibleS) job.eligibleS = job.beginS;
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
  if (life !== undefined && !(typeof term.arrayTask === "number")) return arrayState(life, term);
  if (life !== undefined) return taskState(state, job, life, term);
  const other = state.jobs.get(term.jobId as JobId);
  if (other === undefined) return "met";
  return jobState(job, other, term);
}

function jobState(job: Job, other: Job, term: DependencyTerm): TermState {
  if (term.kind === "after") {
    if (other.startS === 0 && !isEnded(other.state)) return "waiting";
    const at = (other.startS === 0 ? other.endS : other.startS) + (term.delayMin ?? 0) * 60;
    if ((term.delayMin ?? 0) > 0 && at > job.beginS) job.beginS = at;
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

function arrayState(life: ArrayLife, term: DependencyTerm): TermState {
  if (term.kind === "after") return life.started + life.ended >= life.taskCount ? "met" : "waiting";
  const isDone = life.ended >= life.taskCount;
  if ((term.kind === "afterok" || term.kind === "aftercorr") && life.failed > 0) return "never";
  if (!isDone) return "waiting";
  return endState(term, life.failed === 0);
}

function taskState(state: ClusterState, job: Job, life: ArrayLife, term: DependencyTerm): TermState {
  const result = life.results.get(term.arrayTask as number);
  if (result !== undefined) return endState(term, result === "ok");
  for (const id of life.records) {
    const record = state.jobs.get(id as JobId);
    if (record !== undefined && record.array?.taskId === term.arrayTask) return jobState(job, record, term);
  }
  const rest = state.jobs.get(life.arrayJobId as JobId);
  return rest?.pendingTasks?.includes(term.arrayTask as number) === true ? "waiting" : "met";
}

/** Met when no earlier job of the same name and user waits or runs. */
function singletonState(state: ClusterState, job: Job): TermState {
  for (const other of state.jobs.values()) {
    if (other.id < job.id && isSameSingleton(job, other) && !isEnded(other.state)) return "waiting";
  }
  return "met";
}

const isSameSingleton = (job: Job | undefined, other: Job | undefined): boolean =>
  job !== undefined && other !== undefined && job.id !== other.id && job.name === other.name && job.spec.uid === other.spec.uid;

function fileUnder(state: ClusterState, onId: number, waiter: JobId): void {
  const waiters = state.dependents.get(onId);
  if (waiters === undefined) state.dependents.set(onId, new Set([waiter]));
  else waiters.add(waiter);
}
