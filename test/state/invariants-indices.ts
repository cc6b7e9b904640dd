/** Indices between records against ones built anew. */
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { same } from "./same.ts";

export function checkIndices(state: ClusterState): void {
  const dependents = new Map<number, Set<number>>();
  const singletons = new Set<number>();
  let running = 0;
  for (const job of state.jobs.values()) {
    if (job.state === "RUNNING") running++;
    if (job.state !== "PENDING") continue;
    for (const term of job.dependency?.terms ?? []) {
      if (term.kind === "singleton") {
        singletons.add(job.id);
        continue;
      }
      const waiters = dependents.get(term.jobId) ?? new Set<number>();
      waiters.add(job.id);
      dependents.set(term.jobId, waiters);
    }
  }
  same("jobs with running rows", state.runningRows.size, running);
  same("singletons", listed(state.singletons), listed(singletons));
  same("ids waited on", listed(state.dependents.keys()), listed(dependents.keys()));
  for (const [id, waiters] of dependents) {
    same(`jobs that wait on ${id}`, listed(state.dependents.get(id) ?? []), listed(waiters));
  }
}

const listed = (ids: Iterable<number>): string => [...ids].sort((a, b) => a - b).join(",");
