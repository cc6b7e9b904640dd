/**
 * What must hold of a state after every event, worked out from its records alone: free amounts, rows, shapes, arrays
 * and indices are rebuilt from nothing and compared. Throws with the first difference.
 */

import { DEVICE_LANES, WHOLE_DEVICE } from "../../core/model/ids.ts";
import { isEnded, isSuspended, type Job } from "../../core/model/job.ts";
import { requestKey } from "../../core/model/request-key.ts";
import { mayUse, type ReservationRecord } from "../../core/model/reservation.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { MAX_GRES_DIMENSIONS, NODE_FLAG, PENDING_FLAG } from "../../core/state/tables.ts";
import { checkAccounting } from "./invariants-accounting.ts";
import { checkArrays } from "./invariants-arrays.ts";
import { checkIndices } from "./invariants-indices.ts";
import { checkNodes, dimensionsOf } from "./invariants-nodes.ts";
import { checkRunningJobs } from "./invariants-running-jobs.ts";
import { at, same } from "./same.ts";

export function checkState(state: ClusterState): void {
  checkLives(state);
  checkNodes(state);
  checkPending(state);
  checkRunning(state);
  checkRunningJobs(state);
  checkShapes(state);
  checkArrays(state);
  checkIndices(state);
  checkAccounting(state);
}

function checkLives(state: ClusterState): void {
  for (const [id, job] of state.jobs) {
    same(at`key of job ${id}`, job.id, id);
    same(at`job ${id} is below the next id`, id < state.nextJobId, true);
    const isRunning = job.state === "RUNNING";
    if (job.state === "PENDING") same(at`allocation of waiting job ${id}`, job.allocation, undefined);
    if (isRunning) same(at`job ${id} has nodes`, (job.allocation?.nodes.length ?? 0) > 0, true);
    if (!isRunning) same(at`ending of job ${id}`, job.ending, undefined);
    if (!isRunning) same(at`suspension of job ${id}`, job.suspension, undefined);
    same(at`job ${id} is among the suspended`, state.suspended.has(id), job.suspension !== undefined);
    if (job.state !== "PENDING") same(at`claim of job ${id}`, job.claim, undefined);
    if (isRunning) same(at`waiting tasks of running job ${id}`, job.pendingTasks, undefined);
    same(at`job ${id} has an end`, job.endS !== 0, isEnded(job.state));
    if (job.bootS !== undefined) same(at`job ${id} that waits for its nodes`, job.state, "RUNNING");
  }
}

function checkPending(state: ClusterState): void {
  const waiting = [...state.jobs.values()].filter((job) => job.state === "PENDING");
  same("rows of waiting records", state.pending.count, waiting.length);
  same("waiting records with a row", state.pendingRow.size, waiting.length);
  const claimants = waiting.filter(({ claim }) => claim !== undefined).map(({ id }) => id);
  same(
    "waiting records with a claim",
    [...state.claimants].sort((a, b) => a - b).join(),
    claimants.sort((a, b) => a - b).join(),
  );
  const late = waiting.filter(({ spec }) => spec.deadlineS !== undefined).map(({ id }) => id);
  same(
    "waiting records with a deadline",
    [...state.deadlines].sort((a, b) => a - b).join(),
    late.sort((a, b) => a - b).join(),
  );
  const c = state.pending.columns;
  for (const job of waiting) {
    const row = state.pendingRow.get(job.id) ?? -1;
    same(at`job of row ${row}`, c.jobId[row], job.id);
    const { id } = job;
    same(at`shape of waiting job ${id}`, c.shape[row], job.shape);
    same(
      at`partitions of waiting job ${id}`,
      state.partitionSets.nameOf(c.partitionSet[row]!),
      partitionsOf(state, job),
    );
    const { timeMinS = job.timeLimitS } = job.spec;
    const limitS = Math.min(timeMinS, job.timeLimitS);
    same(at`time limit of waiting job ${id}`, c.timeLimitS[row], limitS);
    same(at`submission of waiting job ${id}`, c.submitS[row], job.submitS);
    same(at`eligible time of waiting job ${id}`, c.eligibleS[row], job.eligibleS);
    same(at`begin time of waiting job ${id}`, c.beginS[row], job.beginS);
    same(at`nice of waiting job ${id}`, c.nice[row], job.nice);
    same(at`set priority of waiting job ${id}`, c.setPriority[row], job.setPriority);
    const qos = state.qos.filter(({ name }) => name === job.qos)[0];
    same(at`QOS priority of waiting job ${id}`, c.qosPriority[row], qos?.priority ?? 0);
    same(at`flags of waiting job ${id}`, c.flags[row], flagsOf(job));
    const reserved =
      job.reservation === undefined ? 0 : idFor(job, state.reservations.byName.get(job.reservation));
    same(at`reservation of waiting job ${id}`, c.reservation[row], reserved);
    const tasks = job.pendingTasks === undefined ? 1 : job.pendingTasks.length;
    same(at`waiting tasks of waiting job ${id}`, c.tasksWaiting[row], tasks);
    same(at`startable tasks of waiting job ${id}`, c.tasksStartable[row], startable(state, job, tasks));
    same(
      at`waiting job ${id} is eligible when no dependency holds it`,
      job.eligibleS > 0,
      (flagsOf(job) & DEPENDENCY_FLAGS) === 0,
    );
  }
}

const DEPENDENCY_FLAGS = PENDING_FLAG.DEPENDENCY | PENDING_FLAG.DEPENDENCY_NEVER;

const partitionsOf = (state: ClusterState, job: Job): string =>
  job.partitions
    .flatMap((name) => state.partitions.filter(({ spec }) => spec.name === name).map(({ index }) => index))
    .join(",");

function flagsOf(job: Job): number {
  const deleted = job.reservationDeleted === true ? PENDING_FLAG.RESERVATION_DELETED : 0;
  const by =
    job.held === "user" ? PENDING_FLAG.HELD_USER : job.held === "admin" ? PENDING_FLAG.HELD_ADMIN : 0;
  const held = by | deleted;
  if (job.dependency === undefined) return held;
  const states = job.dependencyStates ?? [];
  same(at`terms of job ${job.id}`, states.length, job.dependency.terms.length);
  const met = states.filter((s) => s === "met").length;
  const never = states.filter((s) => s === "never").length;
  if (job.dependency.mode === "any") {
    if (met > 0) return held;
    return held | (never === states.length ? PENDING_FLAG.DEPENDENCY_NEVER : PENDING_FLAG.DEPENDENCY);
  }
  if (never > 0) return held | PENDING_FLAG.DEPENDENCY_NEVER;
  return held | (met === states.length ? 0 : PENDING_FLAG.DEPENDENCY);
}

function startable(state: ClusterState, job: Job, waiting: number): number {
  const tasks = job.freeTasks?.length ?? waiting;
  if (job.array === undefined || job.throttle === 0) return tasks;
  let running = 0;
  for (const other of state.jobs.values()) {
    if (other.state === "RUNNING" && other.array?.arrayJobId === job.array.arrayJobId) running++;
  }
  return Math.max(0, Math.min(tasks, job.throttle - running));
}

function checkRunning(state: ClusterState): void {
  const { columns, capacity, count } = state.running;
  let rows = 0;
  for (const job of state.jobs.values()) {
    if (job.state !== "RUNNING") continue;
    const shares = job.allocation!.nodes;
    const ownRows = state.runningRows.get(job.id) ?? [];
    same(at`rows of running job ${job.id}`, ownRows.length, shares.length);
    shares.forEach((share, i) => {
      const row = ownRows[i]!;
      const { id } = job;
      const { node } = share;
      same(at`job of running job ${id} on node ${node}`, columns.jobId[row], job.id);
      same(at`node of running job ${id} on node ${node}`, columns.node[row], share.node);
      const isStill = isSuspended(job);
      const endS =
        isStill || job.timeLimitS === UNLIMITED_S
          ? UNLIMITED_S
          : job.startS + (job.bootS ?? 0) + (job.suspendedS ?? 0) + job.timeLimitS;
      same(at`end of running job ${id} on node ${node}`, columns.endS[row], Math.min(endS, UNLIMITED_S));
      same(at`CPUs of running job ${id} on node ${node}`, columns.cpus[row], isStill ? 0 : share.cpus);
      same(at`place of node ${node} in running job ${id}`, columns.share[row], i);
      same(at`memory of running job ${id} on node ${node}`, columns.memMib[row], share.memMib);
      const held = new Array<number>(MAX_GRES_DIMENSIONS).fill(0);
      for (const { lane } of isStill ? [] : share.devices) {
        const device = state.nodeRecords[node]!.spec.devices[lane];
        if (device !== undefined) for (const d of dimensionsOf(state, device)) held[d]!++;
      }
      held.forEach((count, d) => {
        const actual = columns.gres[d * capacity + row];
        if (actual !== count) same(at`dimension ${d} of running job ${id} on node ${node}`, actual, count);
      });
      rows++;
    });
  }
  same("rows of running nodes", count, rows);
}

function checkShapes(state: ClusterState): void {
  const users = new Map<number, number>();
  for (const job of state.jobs.values()) {
    if (isEnded(job.state)) continue;
    users.set(job.shape, (users.get(job.shape) ?? 0) + 1);
    same(
      at`request of the shape of job ${job.id}`,
      requestKey(state.shapes.request(job.shape)),
      requestKey(job.request),
    );
  }
  const { columns, count } = state.shapes.table;
  const free: number[] = [];
  for (let row = 0; row < count; row++) {
    same(at`users of shape ${row}`, columns.users[row], users.get(row) ?? 0);
    const request = state.shapes.requests[row];
    same(at`shape ${row} has a request`, request !== undefined, users.has(row));
    if (request === undefined) {
      free.push(row);
      continue;
    }
    same(at`nodes of shape ${row}`, columns.minNodes[row], request.minNodes);
    same(at`CPUs of shape ${row}`, columns.cpus[row], request.cpus);
    same(at`memory of shape ${row}`, columns.memMib[row], request.memMib);
    same(at`uneven shape ${row}`, columns.uneven[row], Number(request.uneven));
    const isByCpu = request.memPer === "cpu" && request.memMib >= 0;
    same(at`memory by CPU of shape ${row}`, columns.memPerCpuMib[row], isByCpu ? request.memPerMib : 0);
    request.gres.forEach(({ dimension, count, perTask }, plane) => {
      const cell = plane * state.shapes.table.capacity + row;
      same(at`demand ${plane} of shape ${row}`, columns.gresDimension[cell], dimension);
      same(at`count of demand ${plane} of shape ${row}`, columns.gresCount[cell], count);
      same(at`demand ${plane} by task of shape ${row}`, columns.gresPerTask[cell], Number(perTask === true));
    });
    const lists = state.shapes.usedLists();
    const listAt = (offset: number, length: number): string =>
      lists.subarray(offset, offset + length).join(",");
    same(
      at`required nodes of shape ${row}`,
      listAt(columns.requiredOffset[row]!, columns.requiredCount[row]!),
      request.requiredNodes.join(","),
    );
    same(
      at`excluded nodes of shape ${row}`,
      listAt(columns.excludedOffset[row]!, columns.excludedCount[row]!),
      request.excludedNodes.join(","),
    );
  }
  same("free shape rows", [...state.shapes.freeRows].sort((a, b) => a - b).join(","), free.join(","));
}

/** Free amounts may be below nothing only on nodes that came back with less than their jobs hold. */
export function checkNothingNegative(state: ClusterState, shrunk: ReadonlySet<number>): void {
  const { columns, capacity } = state.nodes;
  for (const { index } of state.nodeRecords) {
    if (shrunk.has(index)) continue;
    same(at`free CPUs of node ${index} >= 0`, columns.freeCpus[index]! >= 0, true);
    same(at`free memory of node ${index} >= 0`, columns.freeMemMib[index]! >= 0, true);
    for (let lane = 0; lane < DEVICE_LANES; lane++) {
      const free = columns.laneFree[lane * capacity + index]!;
      if (free >= 0 && free <= WHOLE_DEVICE) continue;
      same(at`free lane ${lane} of node ${index} in range`, free >= 0 && free <= WHOLE_DEVICE, true);
    }
    same(
      at`registered node ${index} has CPUs`,
      (columns.flags[index]! & NODE_FLAG.REGISTERED) === 0 || columns.totalCpus[index]! > 0,
      true,
    );
  }
}

/** Of a reservation that lets the job's owner in; -1 for none. */
function idFor(job: Job, record: ReservationRecord | undefined): number {
  const owner = { user: job.spec.user, group: job.spec.group, account: job.account };
  return record !== undefined && mayUse(record.spec, owner) ? record.id : -1;
}
