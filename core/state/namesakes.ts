/**
 * Records that wait or run, by user and job name: what a singleton dependency looks at. An index, made when the first one
 * does: most clusters never have a singleton, and then no job pays for it.
 */
import type { JobId } from "../model/ids.ts";
import { isEnded, type Job } from "../model/job.ts";
import type { ClusterState } from "./cluster-state.ts";

export type Namesakes = Map<string, Set<JobId>>;

export function addNamesake(state: ClusterState, job: Job): void {
  if (state.namesakes !== undefined) file(state.namesakes, job);
}

export function removeNamesake(state: ClusterState, job: Job): void {
  if (state.namesakes === undefined) return;
  const key = keyOf(job);
  const ids = state.namesakes.get(key);
  ids?.delete(job.id);
  if (ids?.size === 0) state.namesakes.delete(key);
}

/** Ids of records with the job's user and name that have not ended, the job's own among them if it has not. */
export const namesakesOf = (state: ClusterState, job: Job): ReadonlySet<JobId> =>
  allNamesakes(state).get(keyOf(job)) ?? NONE;

/** The whole index. */
export function allNamesakes(state: ClusterState): Namesakes {
  if (state.namesakes === undefined) {
    state.namesakes = new Map();
    for (const job of state.jobs.values()) if (!isEnded(job.state)) file(state.namesakes, job);
  }
  return state.namesakes;
}

function file(namesakes: Namesakes, job: Job): void {
  const key = keyOf(job);
  const ids = namesakes.get(key);
  if (ids === undefined) namesakes.set(key, new Set([job.id]));
  else ids.add(job.id);
}

const NONE: ReadonlySet<JobId> = new Set();

const keyOf = (job: Job): string => `${job.spec.uid} ${job.name}`;
