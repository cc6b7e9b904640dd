/** Rows of running jobs as wholes, one a job: what a pass reads of when who ends, without looking at each node. */
import { isSuspended, type Job } from "../model/job.ts";
import { UNLIMITED_S } from "../model/time.ts";
import { endUse, resumeUse, startUse } from "./accounting.ts";
import type { ClusterState } from "./cluster-state.ts";
import { RUNNING_JOB_FLAG } from "./tables.ts";

/** Adds the row of a job that has just started. */
export function addRunningJob(state: ClusterState, job: Job): void {
  const nodes = job.allocation?.nodes ?? [];
  let cpus = 0;
  for (const share of nodes) cpus += share.cpus;
  const row = state.runningJobs.addRow();
  const { columns } = state.runningJobs;
  columns.jobId[row] = job.id;
  columns.startS[row] = job.startS;
  columns.endS[row] = endByLimitS(job);
  columns.nodes[row] = nodes.length;
  columns.cpus[row] = cpus;
  columns.partition[row] = partitionOf(state, job.partition);
  columns.qos[row] = state.config.qosIndex.get(job.qos) ?? -1;
  columns.priority[row] = job.priority;
  columns.restarts[row] = job.restarts;
  columns.flags[row] = flagsOf(job);
  startUse(state, job, row);
  state.runningJobRow.set(job.id, row);
  state.endOrder.insert(row);
}

export function removeRunningJob(state: ClusterState, job: Job, atS: number): void {
  const row = state.runningJobRow.get(job.id);
  if (row === undefined) return;
  if (!isSuspended(job)) endUse(state, row, atS);
  state.runningJobRow.delete(job.id);
  const last = state.runningJobs.count - 1;
  state.endOrder.remove(row);
  if (row !== last) {
    state.endOrder.move(last, row);
    state.runningJobRow.set(state.runningJobs.columns.jobId[last] as Job["id"], row);
  }
  state.runningJobs.removeRow(row);
}

/** Writes a running job's flags again: its end has been asked for, or its reservation is gone. */
export function writeRunningFlags(state: ClusterState, job: Job): void {
  const row = state.runningJobRow.get(job.id);
  if (row !== undefined) state.runningJobs.columns.flags[row] = flagsOf(job);
}

/** Files the job anew after its time limit, QOS or reservation was changed, or it was suspended or went on. */
export function updateRunningJobEnd(state: ClusterState, job: Job): void {
  const row = state.runningJobRow.get(job.id);
  if (row === undefined) return;
  state.endOrder.remove(row);
  state.runningJobs.columns.startS[row] = job.startS + (job.suspendedS ?? 0);
  state.runningJobs.columns.endS[row] = endByLimitS(job);
  state.runningJobs.columns.qos[row] = state.config.qosIndex.get(job.qos) ?? -1;
  state.runningJobs.columns.flags[row] = flagsOf(job);
  state.endOrder.insert(row);
}

/** Writes the partitions and QOS of all rows again: their names may mean other indices now. */
export function writeRunningPartitions(state: ClusterState): void {
  const { columns, count } = state.runningJobs;
  for (let row = 0; row < count; row++) {
    const job = state.jobs.get(columns.jobId[row] as Job["id"]);
    columns.partition[row] = partitionOf(state, job?.partition ?? "");
    columns.qos[row] = state.config.qosIndex.get(job?.qos ?? "") ?? -1;
  }
}

/** Rebuilds the indices of the table's rows. */
export function indexRunningJobs(state: ClusterState): void {
  const { columns, count } = state.runningJobs;
  for (let row = 0; row < count; row++) state.runningJobRow.set(columns.jobId[row] as Job["id"], row);
  state.endOrder.rebuild();
}

/** Epoch seconds at which a started job ends by its limit; UNLIMITED_S for none, and while it is suspended. */
export function endByLimitS(job: Job): number {
  if (job.timeLimitS >= UNLIMITED_S || isSuspended(job)) return UNLIMITED_S;
  return Math.min(UNLIMITED_S, job.startS + (job.bootS ?? 0) + (job.suspendedS ?? 0) + job.timeLimitS);
}

/** Stops counting the use of a job that stands still (-1), or begins again (1). */
export function countUse(state: ClusterState, job: Job, sign: 1 | -1, atS: number): void {
  const row = state.runningJobRow.get(job.id);
  if (row === undefined) return;
  if (sign < 0) endUse(state, row, atS);
  else resumeUse(state, row, atS);
}

function flagsOf(job: Job): number {
  let flags = job.requeueAllowed ? RUNNING_JOB_FLAG.REQUEUE : 0;
  const hasParts = job.request.part !== undefined;
  if (job.reservation !== undefined || job.het !== undefined || hasParts) flags |= RUNNING_JOB_FLAG.SPARED;
  if (job.ending !== undefined) flags |= RUNNING_JOB_FLAG.ENDING;
  if (job.suspension !== undefined)
    flags |= isSuspended(job) ? RUNNING_JOB_FLAG.SUSPENDED : RUNNING_JOB_FLAG.SUSPENDING;
  return flags;
}

const partitionOf = (state: ClusterState, name: string): number =>
  state.config.partitionByName.get(name) ?? -1;
