/**
 * Running jobs of each node, ascending by id: an index, rebuilt on restore. Lists of one are shared and never changed, so
 * that a gang on nodes of its own has one list for all of them; longer ones are the node's own.
 */
import type { JobId } from "../model/ids.ts";
import { placeOf } from "./ascending.ts";

/** By node row; undefined where no job runs. */
export type NodeJobs = (readonly JobId[] | undefined)[];

/** Adds a job; `alone` is a list of it that may be kept. */
export function addNodeJob(jobs: NodeJobs, node: number, id: JobId, alone: readonly JobId[]): void {
  const list = jobs[node];
  if (list === undefined) {
    jobs[node] = alone;
    return;
  }
  const place = ~placeOf(list, id);
  if (list.length === 1) jobs[node] = place === 0 ? [id, list[0]!] : [list[0]!, id];
  else if (place === list.length) (list as JobId[]).push(id);
  else (list as JobId[]).splice(place, 0, id);
}

export function removeNodeJob(jobs: NodeJobs, node: number, id: JobId): void {
  const list = jobs[node];
  if (list === undefined) return;
  const place = placeOf(list, id);
  if (place < 0) return;
  if (list.length === 1) jobs[node] = undefined;
  else (list as JobId[]).splice(place, 1);
}
