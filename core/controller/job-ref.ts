/**
 * Which records a job reference means: `12` (a job, or all of an array), `12_3` (one task), `12_[1-4]` (some tasks), `12+1`
 * (one component of a heterogeneous job, all of which are meant by the id of its leader).
 * Reads the state only; a waiting task that has no record of its own is named by its array's record and task id.
 */
import { parseArray } from "../model/array.ts";
import type { JobId } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import { type Result, refuse } from "../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { componentsOf, isFollower } from "../state/het.ts";

export interface Target {
  readonly job: Job;
  /** Waiting tasks of an array's record that are meant; undefined for the whole record. */
  readonly tasks?: readonly number[];
}

const PATTERN = /^(\d{1,10})(?:_(?:(\d{1,7})|\[([\d,\-:]{1,4096})\]|\*)|\+(\d{1,3}))?$/;

/** All records and tasks that the reference means, at least one; INVALID_JOB_ID otherwise. */
export function resolveRef(state: ClusterState, ref: string): Result<readonly Target[]> {
  const match = PATTERN.exec(ref);
  if (match === null) return invalid(ref);
  const id = Number(match[1]);
  const tasks =
    match[2] !== undefined ? [Number(match[2])] : match[3] !== undefined ? listOf(match[3]) : undefined;
  if (match[4] !== undefined) return componentOf(state, id, Number(match[4])) ?? invalid(ref);
  const targets = tasks === undefined ? wholeOf(state, id) : tasksOf(state, id, tasks);
  return targets.length === 0 ? invalid(ref) : { ok: true, value: targets };
}

function wholeOf(state: ClusterState, id: number): readonly Target[] {
  const job = state.jobs.get(id as JobId);
  if (job?.het !== undefined && !isFollower(job))
    return componentsOf(state, job).map((component) => ({ job: component }));
  const life = state.arrays.get(id);
  const ids = life === undefined ? [id] : [...life.records].sort((a, b) => a - b);
  return ids.flatMap((each) => {
    const job = state.jobs.get(each as JobId);
    return job === undefined ? [] : [{ job }];
  });
}

function componentOf(state: ClusterState, id: number, offset: number): Result<readonly Target[]> | undefined {
  const leader = state.jobs.get(id as JobId);
  const job = leader?.het === undefined ? undefined : componentsOf(state, leader)[offset];
  return job === undefined || leader?.het?.offset !== 0 ? undefined : { ok: true, value: [{ job }] };
}

function tasksOf(state: ClusterState, id: number, tasks: readonly number[]): readonly Target[] {
  const life = state.arrays.get(id);
  if (life === undefined) return [];
  const wanted = new Set(tasks);
  const targets: Target[] = [];
  for (const recordId of [...life.records].sort((a, b) => a - b)) {
    const job = state.jobs.get(recordId as JobId);
    if (job === undefined) continue;
    if (job.array?.taskId !== undefined) {
      if (wanted.has(job.array.taskId)) targets.push({ job });
      continue;
    }
    const waiting = (job.pendingTasks ?? []).filter((task) => wanted.has(task));
    if (waiting.length > 0) targets.push({ job, tasks: waiting });
  }
  return targets;
}

function listOf(text: string): readonly number[] {
  const list = parseArray(text);
  return list.ok ? [...list.value.tasks] : [];
}

const invalid = (ref: string): ReturnType<typeof refuse> =>
  refuse("INVALID_JOB_ID", `Invalid job id specified: ${ref.slice(0, 64)}`, { ref: ref.slice(0, 64) });
