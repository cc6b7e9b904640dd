/**
 * Heterogeneous jobs in the state: their submission, which is one event for all components, and who belongs together.
 * That a job starts and ends whole is seen to by whoever appends the events; the records themselves are like any other.
 */
import { hetIds, MAX_HET_COMPONENTS } from "../model/het.ts";
import { type JobId, jobId } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { ClusterState } from "./cluster-state.ts";
import { demand, type EventOf } from "./event-of.ts";
import { fileRecord } from "./reduce-queue.ts";

export function applyHetSubmitted(state: ClusterState, event: EventOf<"het.submitted">): void {
  const { atS, scriptKey, jobs } = event;
  const size = jobs.length;
  demand(size >= 2 && size <= MAX_HET_COMPONENTS, state, event, `${size} components`);
  for (let offset = 0; offset < size; offset++) {
    const id = jobId(event.jobId + offset);
    demand(!state.jobs.has(id), state, event, `job ${id} exists already`);
  }
  const hetJobId = jobId(event.jobId);
  jobs.forEach((job, offset) => {
    fileRecord(state, jobId(event.jobId + offset), job, { atS, scriptKey, het: { hetJobId, offset, size } });
  });
}

/** All components of the job's heterogeneous job that have a record, the leader first; the job alone where it is none. */
export function componentsOf(state: ClusterState, job: Job): readonly Job[] {
  if (job.het === undefined) return [job];
  return hetIds(job.het).flatMap((id) => state.jobs.get(id) ?? []);
}

/** Who has the batch script: the job itself, but for components after the first of a heterogeneous job. */
export function leaderOf(state: ClusterState, job: Job): Job {
  return isFollower(job) ? (state.jobs.get(job.het!.hetJobId) ?? job) : job;
}

/** Whether it is a component after the first, which holds its nodes and runs nothing of its own. */
export const isFollower = (job: Job): boolean => job.het !== undefined && job.het.offset > 0;

/** Leaders by id, each once, of components; other jobs as they are. */
export function leadersOf(state: ClusterState, jobs: readonly Job[]): readonly Job[] {
  const leaders = new Map<JobId, Job>();
  for (const job of jobs) {
    const leader = leaderOf(state, job);
    leaders.set(leader.id, leader);
  }
  return [...leaders.values()];
}
