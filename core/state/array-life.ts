/**
 * What is known of an array as a whole while its tasks go their own ways: how many wait, run and ended, and how each
 * ended, for dependencies on the array or on one task. Kept until the last of its records is purged.
 */
import type { ArrayMembership, JobState } from "../model/job.ts";

export interface ArraySpecEvent {
  /** Ascending. */
  readonly tasks: readonly number[];
  /** 0 for no limit. */
  readonly throttle: number;
}

export interface ArrayLife {
  readonly arrayJobId: number;
  readonly taskCount: number;
  running: number;
  /** Tasks that have started at least once. */
  started: number;
  ended: number;
  failed: number;
  /** How each ended task ended. */
  readonly results: Map<number, "ok" | "failed">;
  /** Records in memory that belong to it. */
  readonly records: Set<number>;
  /** Those of them that wait: an index, rebuilt on restore. */
  readonly waiting: Set<number>;
}

export function newArrayLife(arrayJobId: number, taskCount: number): ArrayLife {
  return {
    arrayJobId,
    taskCount,
    running: 0,
    started: 0,
    ended: 0,
    failed: 0,
    results: new Map(),
    records: new Set([arrayJobId]),
    waiting: new Set(),
  };
}

/** The facts that SLURM_ARRAY_TASK_* tell, from the tasks as submitted (ascending, at least one). */
export function membershipOf(arrayJobId: number, tasks: readonly number[]): Omit<ArrayMembership, "taskId"> {
  const first = tasks[0] ?? 0;
  const second = tasks[1];
  const step = second === undefined ? 1 : second - first;
  const even = tasks.every((task, index) => task === first + index * step);
  return {
    arrayJobId: arrayJobId as ArrayMembership["arrayJobId"],
    taskCount: tasks.length,
    taskMin: first,
    taskMax: tasks[tasks.length - 1] ?? first,
    taskStep: even ? step : 1,
  };
}

export function recordTaskEnd(life: ArrayLife, taskId: number, state: JobState): void {
  const result = state === "COMPLETED" ? "ok" : "failed";
  life.ended++;
  if (result === "failed") life.failed++;
  life.results.set(taskId, result);
}

/** A task that had ended goes back to the queue. */
export function forgetTaskEnd(life: ArrayLife, taskId: number): void {
  const result = life.results.get(taskId);
  if (result === undefined) return;
  life.results.delete(taskId);
  life.ended--;
  if (result === "failed") life.failed--;
}
