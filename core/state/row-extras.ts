/**
 * What few waiting rows have beside their columns: points that an operator gave them, and the limit on tasks at once that
 * rows of one array share. Made when tables are; absent where no row has any. Reads the state, changes nothing.
 */
import type { ClusterState } from "./cluster-state.ts";

/** Rows of arrays with a `%limit` that have more than one row: the waiting rest, and tasks that were requeued. */
export interface TaskGroups {
  /** By pending row: number of the array. */
  readonly groupOf: ReadonlyMap<number, number>;
  /** By number of the array: how many of its tasks may start now, all its rows together. */
  readonly left: Int32Array;
}

export function taskGroups(state: ClusterState): TaskGroups | undefined {
  if (state.splitArrays.size === 0) return undefined;
  const groupOf = new Map<number, number>();
  const left: number[] = [];
  for (const arrayJobId of state.splitArrays) {
    const life = state.arrays.get(arrayJobId)!;
    const jobs = [...life.waiting].map((id) => state.jobs.get(id as never)!);
    // Each record has the limit of the array.
    const throttle = Math.max(...jobs.map((job) => job.throttle));
    if (throttle === 0) continue;
    const group = left.push(Math.max(0, throttle - life.running)) - 1;
    for (const job of jobs) {
      const row = state.pendingRow.get(job.id);
      if (row !== undefined) groupOf.set(row, group);
    }
  }
  return left.length === 0 ? undefined : { groupOf, left: Int32Array.from(left) };
}

/** By job id of a waiting record: what its priority has more or less. */
export function sitePoints(state: ClusterState): ReadonlyMap<number, number> | undefined {
  if (state.sitePointed.size === 0) return undefined;
  return new Map([...state.sitePointed].map((id) => [id as number, state.jobs.get(id)?.siteFactor ?? 0]));
}
