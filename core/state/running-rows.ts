/** Rows of running jobs: one for each node of each, so that a pass knows what comes back when. */

import type { JobId, NodeIndex } from "../model/ids.ts";
import { isSuspended, type Job, type NodeAllocation } from "../model/job.ts";
import type { ClusterState } from "./cluster-state.ts";
import { addNodeJob, removeNodeJob } from "./node-jobs.ts";
import { applyShare, applyWork, writeFreesAt } from "./node-rows.ts";
import {
  addRunningJob,
  countUse,
  endByLimitS,
  removeRunningJob,
  updateRunningJobEnd,
} from "./running-jobs.ts";
import { MAX_GRES_DIMENSIONS } from "./tables.ts";

/** Takes the job's allocation out of its nodes' free amounts and adds its rows. */
export function addRunningRows(state: ClusterState, job: Job): void {
  const shares = job.allocation?.nodes ?? [];
  addRunningJob(state, job);
  const alone = [job.id];
  const rows = new Array<number>(shares.length);
  const first = state.running.addRows(shares.length);
  const { columns } = state.running;
  const { freesAtS } = state.nodes.columns;
  const end = endByLimitS(job);
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i]!;
    const { node } = share;
    const row = first + i;
    rows[i] = row;
    columns.jobId[row] = job.id;
    columns.node[row] = node;
    columns.endS[row] = end;
    columns.cpus[row] = share.cpus;
    columns.memMib[row] = share.memMib;
    columns.share[row] = i;
    writeGres(state, row, share);
    applyShare(state, share, -1);
    addNodeJob(state.nodeJobs, node, job.id, alone);
    if (end > freesAtS[node]!) freesAtS[node] = end;
    state.nodeRecords[node]!.lastBusyS = job.startS;
  }
  state.runningRows.set(job.id, rows);
}

/** Gives the job's allocation back and removes its rows. */
export function removeRunningRows(state: ClusterState, job: Job, atS: number): void {
  const rows = state.runningRows.get(job.id);
  if (rows === undefined) return;
  removeRunningJob(state, job, atS);
  const shares = job.allocation?.nodes ?? [];
  const { running, nodeRecords } = state;
  const { jobId, share: shareOf } = running.columns;
  const { freesAtS } = state.nodes.columns;
  const end = endByLimitS(job);
  const isStill = isSuspended(job);
  let owner: number = job.id;
  let ownerRows: number[] | undefined = rows;
  // The last first, since a job's rows lie one behind the other where no other has left.
  for (let i = shares.length - 1; i >= 0; i--) {
    const share = shares[i]!;
    const { node } = share;
    applyShare(state, share, 1, isStill);
    removeNodeJob(state.nodeJobs, node, job.id);
    if (freesAtS[node] === end) writeFreesAt(state, node, end);
    nodeRecords[node]!.lastBusyS = atS;
    const row = rows[i]!;
    if (running.removeRow(row) < 0) continue;
    // The row that has filled the gap is of another job, or one of this job's that is still to go.
    if (jobId[row] !== owner) {
      owner = jobId[row]!;
      ownerRows = state.runningRows.get(owner as JobId);
    }
    if (ownerRows !== undefined) ownerRows[shareOf[row]!] = row;
  }
  state.runningRows.delete(job.id);
}

/** A job has just been suspended (+1), or goes on (-1): what it gives up comes to its nodes, or goes from them. */
export function moveRunningWork(state: ClusterState, job: Job, sign: 1 | -1, atS: number): void {
  const rows = state.runningRows.get(job.id) ?? [];
  for (const [i, share] of (job.allocation?.nodes ?? []).entries()) {
    applyWork(state, share, sign);
    const row = rows[i]!;
    state.running.columns.cpus[row] = sign > 0 ? 0 : share.cpus;
    writeGres(state, row, sign > 0 ? { ...share, devices: [] } : share);
  }
  countUse(state, job, sign > 0 ? -1 : 1, atS);
  updateRunningEnd(state, job);
}

/** Writes the ends again after the time limit of a running job was changed. */
export function updateRunningEnd(state: ClusterState, job: Job): void {
  updateRunningJobEnd(state, job);
  for (const row of state.runningRows.get(job.id) ?? []) state.running.columns.endS[row] = endByLimitS(job);
  for (const share of job.allocation?.nodes ?? []) writeFreesAt(state, share.node);
}

/** Writes the devices of the node's running jobs again after it came back with others. */
export function updateRunningGres(state: ClusterState, node: NodeIndex): void {
  for (const id of state.nodeJobs[node] ?? []) {
    const job = state.jobs.get(id);
    // One that is suspended has none.
    if (job === undefined || isSuspended(job)) continue;
    const shares = job.allocation?.nodes ?? [];
    const at = shares.findIndex((share) => share.node === node);
    const row = state.runningRows.get(id)?.[at];
    if (row !== undefined) writeGres(state, row, shares[at]!);
  }
}

/** Writes all planes that any row has something in. */
function writeGres(state: ClusterState, row: number, share: NodeAllocation): void {
  const { columns, capacity } = state.running;
  const planes = Math.min(state.dimensions.names.length, MAX_GRES_DIMENSIONS);
  for (let d = 0; d < planes; d++) columns.gres[d * capacity + row] = 0;
  if (share.devices.length === 0) return;
  const lanes = state.laneDimensions[share.node]!;
  for (const { lane, part } of share.devices) {
    // A device in parts is whole again when the last of them is given back, which no row alone can say.
    if (part !== undefined) continue;
    for (const d of lanes[lane] ?? []) columns.gres[d * capacity + row]!++;
  }
}
