/** Arrays against their records, and that no task of any is lost. */
import { isEnded } from "../../core/model/job.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { at, same } from "./same.ts";

export function checkArrays(state: ClusterState): void {
  const records = new Map<number, Set<number>>();
  for (const job of state.jobs.values()) {
    if (job.array === undefined) continue;
    const ids = records.get(job.array.arrayJobId) ?? new Set<number>();
    ids.add(job.id);
    records.set(job.array.arrayJobId, ids);
  }
  same("arrays in memory", state.arrays.size, records.size);
  for (const [id, ids] of records) checkArray(state, id, ids);
}

function checkArray(state: ClusterState, id: number, ids: ReadonlySet<number>): void {
  const life = state.arrays.get(id);
  if (life === undefined) throw new Error(`array ${id} is not known`);
  same(at`records of array ${id}`, sorted(life.records), sorted(ids));
  let running = 0;
  const alive = new Set<number>();
  for (const recordId of ids) {
    const job = state.jobs.get(recordId as never)!;
    if (job.state === "RUNNING") running++;
    const taskId = job.array?.taskId;
    if (taskId === undefined) {
      // The rest, cancelled as a whole, still says which tasks it stood for.
      if (job.state === "PENDING") for (const task of job.pendingTasks ?? []) alive.add(task);
    } else if (isEnded(job.state)) {
      const result = job.state === "COMPLETED" ? "ok" : "failed";
      same(at`result of task ${taskId} of array ${id}`, life.results.get(taskId), result);
    } else {
      alive.add(taskId);
    }
  }
  same(
    at`waiting records of array ${id}`,
    sorted(life.waiting),
    sorted([...ids].filter((i) => waits(state, i))),
  );
  same(at`running tasks of array ${id}`, life.running, running);
  same(at`ended tasks of array ${id}`, life.ended, life.results.size);
  const failed = [...life.results.values()].filter((result) => result === "failed").length;
  same(at`failed tasks of array ${id}`, life.failed, failed);
  same(at`tasks of array ${id} accounted for`, alive.size + life.results.size, life.taskCount);
  for (const task of alive) same(at`task ${task} of array ${id} has ended`, life.results.has(task), false);
}

const waits = (state: ClusterState, id: number): boolean => state.jobs.get(id as never)?.state === "PENDING";

const sorted = (ids: Iterable<number>): string => [...ids].sort((a, b) => a - b).join(",");
