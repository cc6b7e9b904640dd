/**
 * How dependencies should stand, by a second opinion: told of every event, it looks at all terms of all waiting jobs
 * afresh. Finds terms that were settled wrongly, settled twice, or left waiting when nothing would settle them.
 */
import type { DependencyTerm } from "../../core/model/dependency.ts";
import { isEnded, type Job, type TermState } from "../../core/model/job.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { at, same } from "./same.ts";

type Life = "waits" | "runs" | "ok" | "failed";

export class DependencyOracle {
  private readonly before = new Map<number, readonly TermState[]>();
  private readonly tasks = new Map<number, ReadonlyMap<number, TermState>>();
  private readonly exprs = new Map<number, object>();

  /** To be called after each event. */
  check(state: ClusterState): void {
    for (const job of state.jobs.values()) {
      if (job.state !== "PENDING" || job.dependency === undefined) continue;
      this.checkJob(state, job, job.dependency.terms);
    }
    // A job that is requeued keeps the terms that were settled before it ran.
    for (const id of this.before.keys()) if (!state.jobs.has(id as never)) this.before.delete(id);
  }

  private checkJob(state: ClusterState, job: Job, terms: readonly DependencyTerm[]): void {
    const states = job.dependencyStates ?? [];
    same(at`terms of job ${job.id}`, states.length, terms.length);
    const before = this.before.get(job.id);
    const isSameExpr = before !== undefined && this.exprs.get(job.id) === job.dependency;
    terms.forEach((term, i) => {
      const now = states[i]!;
      const was = isSameExpr ? before[i]! : "waiting";
      if (job.freeTasks !== undefined && term.kind === "aftercorr" && typeof term.arrayTask !== "number") {
        same(at`aftercorr of job ${job.id}`, now, byTask(job));
        return;
      }
      const what = at`${term.kind}:${term.jobId}_${term.arrayTask} of job ${job.id}`;
      if (was !== "waiting") same(what, now, was);
      else if (!this.isSplitOff(job, before)) same(what, now, expected(state, job, term));
    });
    this.checkTasks(state, job, isSameExpr);
    this.before.set(job.id, states);
    this.exprs.set(job.id, job.dependency!);
  }

  /** Each waiting task by itself; one that was decided stays so. */
  private checkTasks(state: ClusterState, job: Job, isSameExpr: boolean): void {
    const { freeTasks, neverTasks = [], pendingTasks = [] } = job;
    if (freeTasks === undefined) {
      this.tasks.delete(job.id);
      return;
    }
    const before = isSameExpr ? this.tasks.get(job.id) : undefined;
    const now = new Map<number, TermState>();
    for (const task of pendingTasks) {
      const is = freeTasks.includes(task) ? "met" : neverTasks.includes(task) ? "never" : "waiting";
      const was = before?.get(task) ?? "waiting";
      const what = at`task ${task} of job ${job.id}`;
      // Terms that were met before the task was free may have been forgotten since.
      if (was !== "waiting") same(what, is, was);
      else if (job.dependency!.terms.length === 1)
        same(what, is, expectedOfTask(state, job.dependency!.terms[0]!, task));
      now.set(task, is);
    }
    same(
      at`decided tasks of job ${job.id}`,
      freeTasks.length + neverTasks.length,
      [...now.values()].filter((is) => is !== "waiting").length,
    );
    this.tasks.set(job.id, now);
  }

  /** A task's record takes over the settled terms of its array's. */
  private isSplitOff(job: Job, before: readonly TermState[] | undefined): boolean {
    return before === undefined && job.array?.taskId !== undefined;
  }
}

/** The record's term from its tasks. */
function byTask({ freeTasks = [], neverTasks = [], pendingTasks = [] }: Job): TermState {
  if (freeTasks.length > 0) return "met";
  return neverTasks.length === pendingTasks.length ? "never" : "waiting";
}

function expectedOfTask(state: ClusterState, term: DependencyTerm, task: number): TermState {
  const [life] = livesOf(state, { ...term, arrayTask: task });
  if (life === "failed") return "never";
  return life === undefined || life === "ok" ? "met" : "waiting";
}

function expected(state: ClusterState, job: Job, term: DependencyTerm): TermState {
  // One task of an array waits for its like.
  const like =
    term.kind === "aftercorr" && typeof term.arrayTask !== "number" ? job.array?.taskId : undefined;
  const named = like === undefined ? term : { ...term, arrayTask: like };
  const lives = term.kind === "singleton" ? earlierNamesakes(state, job) : livesOf(state, named);
  const isDone = lives.every((life) => life === "ok" || life === "failed");
  const hasFailed = lives.includes("failed");
  switch (term.kind) {
    case "after":
      return lives.includes("waits") ? "waiting" : "met";
    case "afterok":
    case "aftercorr":
      if (hasFailed) return "never";
      return isDone ? "met" : "waiting";
    case "afternotok":
      if (!isDone) return "waiting";
      return hasFailed || lives.length === 0 ? "met" : "never";
    default:
      return isDone ? "met" : "waiting";
  }
}

/** Of all tasks or jobs that the term names; none for what memory no longer holds. */
function livesOf(state: ClusterState, term: DependencyTerm): readonly Life[] {
  const life = state.arrays.get(term.jobId);
  if (life === undefined) {
    const other = state.jobs.get(term.jobId as never);
    return other === undefined ? [] : [lifeOf(other)];
  }
  const tasks = new Map<number, Life>(life.results);
  for (const id of life.records) {
    const record = state.jobs.get(id as never)!;
    if (record.state === "PENDING") for (const task of record.pendingTasks ?? []) tasks.set(task, "waits");
    if (record.array?.taskId !== undefined) tasks.set(record.array.taskId, lifeOf(record));
  }
  if (typeof term.arrayTask !== "number") return [...tasks.values()];
  const one = tasks.get(term.arrayTask);
  return one === undefined ? [] : [one];
}

function earlierNamesakes(state: ClusterState, job: Job): readonly Life[] {
  const lives: Life[] = [];
  for (const other of state.jobs.values()) {
    if (other.id >= job.id || other.name !== job.name || other.spec.uid !== job.spec.uid) continue;
    // An array counts as one job: its tasks do not wait for each other.
    if (job.array !== undefined && other.array?.arrayJobId === job.array.arrayJobId) continue;
    lives.push(lifeOf(other));
  }
  return lives;
}

function lifeOf(job: Job): Life {
  if (!isEnded(job.state)) return job.state === "RUNNING" ? "runs" : "waits";
  return job.state === "COMPLETED" ? "ok" : "failed";
}
