/** Indices between records against ones built anew. */
import type { DependencyTerm } from "../../core/model/dependency.ts";
import { isEnded, type Job } from "../../core/model/job.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { taskKey } from "../../core/state/dependencies.ts";
import { allNamesakes } from "../../core/state/namesakes.ts";
import { at, same } from "./same.ts";

export function checkIndices(state: ClusterState): void {
  const dependents = new Map<number, Set<number>>();
  const namesakes = new Map<string, Set<number>>();
  const singletons = new Set<number>();
  let running = 0;
  for (const job of state.jobs.values()) {
    if (job.state === "RUNNING") running++;
    if (!isEnded(job.state)) file(namesakes, `${job.spec.uid} ${job.name}`, job.id);
    if (job.state !== "PENDING") continue;
    job.dependency?.terms.forEach((term, i) => {
      const decided = (job.freeTasks?.length ?? 0) + (job.neverTasks?.length ?? 0);
      const isByTask = job.freeTasks !== undefined && isCorrOfArray(term);
      if (isByTask ? decided === job.pendingTasks?.length : job.dependencyStates?.[i] !== "waiting") return;
      if (term.kind === "singleton") singletons.add(job.id);
      else file(dependents, keyOf(state, job, term), job.id);
    });
  }
  same("jobs with running rows", state.runningRows.size, running);
  same("singletons", listed(state.singletons), listed(singletons));
  sameIndex("waits on", state.dependents, dependents);
  sameIndex("is called", allNamesakes(state), namesakes);
}

const isCorrOfArray = (term: DependencyTerm): boolean =>
  term.kind === "aftercorr" && typeof term.arrayTask !== "number";

function keyOf(state: ClusterState, job: Job, term: DependencyTerm): number {
  const task = isCorrOfArray(term) ? job.array?.taskId : term.arrayTask;
  return typeof task === "number" && state.arrays.has(term.jobId) ? taskKey(term.jobId, task) : term.jobId;
}

function file<K>(index: Map<K, Set<number>>, key: K, id: number): void {
  const ids = index.get(key) ?? new Set<number>();
  ids.add(id);
  index.set(key, ids);
}

function sameIndex<K>(
  what: string,
  actual: ReadonlyMap<K, ReadonlySet<number>>,
  expected: ReadonlyMap<K, ReadonlySet<number>>,
): void {
  for (const key of actual.keys()) same(at`${what} ${String(key)}: is wanted`, expected.has(key), true);
  for (const [key, ids] of expected) {
    same(at`${what} ${String(key)}`, listed(actual.get(key) ?? []), listed(ids));
  }
}

const listed = (ids: Iterable<number>): string => [...ids].sort((a, b) => a - b).join(",");
