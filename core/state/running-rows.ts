/** Rows of running jobs: one for each node of each, so that a pass knows what comes back when. */

import type { JobId, NodeIndex } from "../model/ids.ts";
import type { Job, NodeAllocation } from "../model/job.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { ClusterState } from "./cluster-state.ts";
import { applyShare, dimensionsOf, writeFreesAt } from "./node-rows.ts";
import { MAX_GRES_DIMENSIONS } from "./tables.ts";

/** Takes the job's allocation out of its nodes' free amounts and adds its rows. */
export function addRunningRows(state: ClusterState, job: Job): void {
  const rows: number[] = [];
  for (const share of job.allocation?.nodes ?? []) {
    applyShare(state, share, -1);
    const row = state.running.addRow();
    rows.push(row);
    const { columns } = state.running;
    columns.jobId[row] = job.id;
    columns.node[row] = share.node;
    columns.endS[row] = endByLimitS(job);
    columns.cpus[row] = share.cpus;
    columns.memMib[row] = share.memMib;
    writeGres(state, row, share);
    state.nodeJobs[share.node]?.add(job.id);
  }
  state.runningRows.set(job.id, rows);
  for (const share of job.allocation?.nodes ?? []) writeFreesAt(state, share.node);
}

/** Gives the job's allocation back and removes its rows. */
export function removeRunningRows(state: ClusterState, job: Job): void {
  const rows = state.runningRows.get(job.id);
  if (rows === undefined) return;
  state.runningRows.delete(job.id);
  for (const share of job.allocation?.nodes ?? []) {
    applyShare(state, share, 1);
    state.nodeJobs[share.node]?.delete(job.id);
  }
  // Highest first: the row that fills a gap is then never one of those still to go.
  for (const row of [...rows].sort((a, b) => b - a)) {
    const moved = state.running.removeRow(row);
    if (moved < 0) continue;
    const owner = state.running.columns.jobId[row] as JobId;
    const ownerRows = state.runningRows.get(owner);
    const at = ownerRows?.indexOf(moved) ?? -1;
    if (ownerRows !== undefined && at >= 0) ownerRows[at] = row;
  }
  for (const share of job.allocation?.nodes ?? []) writeFreesAt(state, share.node);
}

/** Writes the ends again after the time limit of a running job was changed. */
export function updateRunningEnd(state: ClusterState, job: Job): void {
  for (const row of state.runningRows.get(job.id) ?? []) state.running.columns.endS[row] = endByLimitS(job);
  for (const share of job.allocation?.nodes ?? []) writeFreesAt(state, share.node);
}

/** Writes the devices of the node's running jobs again after it came back with others. */
export function updateRunningGres(state: ClusterState, node: NodeIndex): void {
  for (const id of state.nodeJobs[node] ?? []) {
    const shares = state.jobs.get(id)?.allocation?.nodes ?? [];
    const at = shares.findIndex((share) => share.node === node);
    const row = state.runningRows.get(id)?.[at];
    if (row !== undefined) writeGres(state, row, shares[at]!);
  }
}

function writeGres(state: ClusterState, row: number, share: NodeAllocation): void {
  const { columns, capacity } = state.running;
  for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) columns.gres[d * capacity + row] = 0;
  const devices = state.nodeRecords[share.node]?.spec.devices ?? [];
  for (const { lane } of share.devices) {
    const device = devices[lane];
    if (device === undefined) continue;
    for (const d of dimensionsOf(state, device)) columns.gres[d * capacity + row]!++;
  }
}

/** Epoch seconds at which a started job ends by its limit; UNLIMITED_S for none. */
export function endByLimitS(job: Job): number {
  return job.timeLimitS >= UNLIMITED_S ? UNLIMITED_S : Math.min(UNLIMITED_S, job.startS + job.timeLimitS);
}
