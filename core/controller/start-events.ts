/**
 * The events of what a commit lets start: for a task of an array first its leaving the array's record, then the start.
 * Pure; the caller appends them in one write, before any other event.
 */
import type { JobId } from "../model/ids.ts";
import type { Allocation, Job } from "../model/job.ts";
import { canEndInTime, limitUntilS } from "../model/limit-asked.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { taskKey } from "../state/dependencies.ts";
import type { Event } from "../state/events.ts";
import { componentsOf } from "../state/het.ts";

export interface StartDecision {
  readonly jobId: number;
  readonly partition: string;
  readonly allocation: Allocation;
  readonly priority: number;
  /** By when it should have ended, where it is content with a shorter limit; epoch seconds. */
  readonly untilS?: number;
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
  for (const { jobId, partition, allocation, priority, untilS } of starts) {
    const waiting = state.jobs.get(jobId as JobId);
    const tasks = waiting?.pendingTasks;
    // The watch ends it, so it is no conflict.
    if (waiting !== undefined && !isInTime(state, waiting, atS)) continue;
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
    const limitS = waiting === undefined ? 0 : limitUntilS(waiting, atS, untilS ?? Number.POSITIVE_INFINITY);
    const shorter = limitS === (waiting?.timeLimitS ?? 0) ? {} : { timeLimitS: limitS };
    events.push({ type: "job.started", atS, jobId: id, partition, allocation, priority, ...shorter });
    started.push(id as JobId);
  }
  return { events, started };
}

/**
 * Whether a job waits for one of these starts (`after:`), and may be planned by the next pass. `events` are those of
 * `startEvents`, not applied yet.
 */
export function freesOthers({ dependents, jobs }: ClusterState, events: readonly Event[]): boolean {
  if (dependents.size === 0) return false;
  const waitsForStart = (id: JobId): boolean =>
    jobs.get(id)?.dependency?.terms.some(({ kind }) => kind === "after") === true;
  const isAwaited = (key: number): boolean => [...(dependents.get(key) ?? [])].some(waitsForStart);
  return events.some((event) => {
    if (event.type !== "task.split" && event.type !== "job.started") return false;
    const { array } = jobs.get(event.jobId as JobId) ?? {};
    if (isAwaited(event.jobId)) return true;
    if (array === undefined) return false;
    const tasks = event.type === "task.split" ? [event.taskId] : [];
    return isAwaited(array.arrayJobId) || tasks.some((task) => isAwaited(taskKey(array.arrayJobId, task)));
  });
}

/** Whether all that start together may still end by their deadline. */
const isInTime = (state: ClusterState, job: Job, atS: number): boolean =>
  job.spec.deadlineS === undefined || componentsOf(state, job).every((one) => canEndInTime(one, atS));
