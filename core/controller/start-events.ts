/**
 * The events of what a commit lets start: for a task of an array first its leaving the array's record, then the start.
 * Pure; the caller appends them in one write, before any other event.
 */
import type { JobId } from "../model/ids.ts";
import type { Allocation } from "../model/job.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Event } from "../state/events.ts";

export interface StartDecision {
  readonly jobId: number;
  readonly partition: string;
  readonly allocation: Allocation;
  readonly priority: number;
}

export interface StartEvents {
  readonly events: readonly Event[];
  /** Ids that run once the events are applied, in order. */
  readonly started: readonly JobId[];
}

export function startEvents(state: ClusterState, starts: readonly StartDecision[], atS: number): StartEvents {
  const events: Event[] = [];
  const started: JobId[] = [];
  const taken = new Map<number, number>();
  let nextJobId = state.nextJobId;
  for (const { jobId, partition, allocation, priority } of starts) {
    const waiting = state.jobs.get(jobId as JobId);
    const tasks = waiting?.pendingTasks;
    let id = jobId;
    if (tasks !== undefined) {
      const at = taken.get(jobId) ?? 0;
      taken.set(jobId, at + 1);
      // The last task keeps the array's record and its id, as in Slurm.
      id = at === tasks.length - 1 ? jobId : nextJobId++;
      events.push({
        type: "task.split",
        atS,
        jobId,
        taskId: (waiting?.freeTasks ?? tasks)[at]!,
        newJobId: id,
      });
    }
    events.push({ type: "job.started", atS, jobId: id, partition, allocation, priority });
    started.push(id as JobId);
  }
  return { events, started };
}
