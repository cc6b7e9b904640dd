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
      const what = at`${term.kind}:${term.jobId}_${term.arrayTask} of job ${job.id}`;
      if (was !== "waiting") same(what, now, was);
      else if (!this.isSplitOff(job, before)) same(what, now, expected(state, job, term));
    });
    this.before.set(job.id, states);
    this.exprs.set(job.id, job.dependency!);
  }

  /** A task's record takes over the settled terms of its array's. */
  private isSplitOff(job: Job, before: readonly TermState[] | undefined): boolean {
    return before === undefined && job.array?.taskId !== undefined;
  }
}

function expected(state: ClusterState, job: Job, term: DependencyTerm): TermState {
  const lives = term.kind === "singleton" ? earlierNamesakes(state, job) : livesOf(state, term);
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
