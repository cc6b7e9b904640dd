/** Records that wait or run, by user and job name: what a singleton dependency looks at. An index, rebuilt on restore. */
import type { JobId } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { ClusterState } from "./cluster-state.ts";

export function addNamesake(state: ClusterState, job: Job): void {
  const key = keyOf(job);
  const ids = state.namesakes.get(key);
  if (ids === undefined) state.namesakes.set(key, new Set([job.id]));
  else ids.add(job.id);
}

export function removeNamesake(state: ClusterState, job: Job): void {
  const key = keyOf(job);
  const ids = state.namesakes.get(key);
  ids?.delete(job.id);
  if (ids?.size === 0) state.namesakes.delete(key);
}

/** Ids of records with the job's user and name that have not ended, the job's own among them if it has not. */
export const namesakesOf = (state: ClusterState, job: Job): ReadonlySet<JobId> =>
  state.namesakes.get(keyOf(job)) ?? NONE;

const NONE: ReadonlySet<JobId> = new Set();

const keyOf = (job: Job): string => `${job.spec.uid} ${job.name}`;
