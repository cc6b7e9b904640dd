/**
 * What must hold of a state after every event, worked out from its records alone: free amounts, rows, shapes, arrays
 * and indices are rebuilt from nothing and compared. Throws with the first difference.
 */
import { isEnded, type Job } from "../../core/model/job.ts";
import { WHOLE_DEVICE } from "../../core/model/ids.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { MAX_GRES_DIMENSIONS, NODE_FLAG, PENDING_FLAG } from "../../core/state/tables.ts";
import { checkArrays } from "./invariants-arrays.ts";
import { checkIndices } from "./invariants-indices.ts";
import { checkNodes } from "./invariants-nodes.ts";
import { same } from "./same.ts";

export function checkState(state: ClusterState): void {
  checkLives(state);
  checkNodes(state);
  checkPending(state);
  checkRunning(state);
  checkShapes(state);
  checkArrays(state);
  checkIndices(state);
}

function checkLives(state: ClusterState): void {
  for (const [id, job] of state.jobs) {
    same(`key of job ${id}`, job.id, id);
    same(`job ${id} is below the next id`, id < state.nextJobId, true);
    const isRunning = job.state === "RUNNING";
    if (job.state === "PENDING") same(`allocation of waiting job ${id}`, job.allocation, undefined);
    if (isRunning) same(`job ${id} has nodes`, (job.allocation?.nodes.length ?? 0) > 0, true);
    if (!isRunning) same(`ending of job ${id}`, job.ending, undefined);
    if (isEnded(job.state)) same(`waiting tasks of ended job ${id}`, job.pendingTasks, undefined);
    same(`job ${id} has an end`, job.endS !== 0, isEnded(job.state));
  }
}

function checkPending(state: ClusterState): void {
  const waiting = [...state.jobs.values()].filter((job) => job.state === "PENDING");
  same("rows of waiting records", state.pending.count, waiting.length);
  same("waiting records with a row", state.pendingRow.size, waiting.length);
  const c = state.pending.columns;
  for (const job of waiting) {
    const row = state.pendingRow.get(job.id) ?? -1;
    same(`job of row ${row}`, c.jobId[row], job.id);
    const at = `of waiting job ${job.id}`;
    same(`shape ${at}`, c.shape[row], job.shape);
    same(`partitions ${at}`, state.partitionSets.nameOf(c.partitionSet[row]!), partitionsOf(state, job));
    same(`time limit ${at}`, c.timeLimitS[row], job.timeLimitS);
    same(`submission ${at}`, c.submitS[row], job.submitS);
    same(`eligible time ${at}`, c.eligibleS[row], job.eligibleS);
    same(`begin time ${at}`, c.beginS[row], job.beginS);
    same(`nice ${at}`, c.nice[row], job.nice);
    same(`set priority ${at}`, c.setPriority[row], job.setPriority);
    const qos = state.qos.filter(({ name }) => name === job.qos)[0];
    same(`QOS priority ${at}`, c.qosPriority[row], qos?.priority ?? 0);
    same(`flags ${at}`, c.flags[row], flagsOf(job));
    const tasks = job.pendingTasks === undefined ? 1 : job.pendingTasks.length;
    same(`waiting tasks ${at}`, c.tasksWaiting[row], tasks);
    same(`startable tasks ${at}`, c.tasksStartable[row], startable(state, job, tasks));
    same(`${at} eligible only when free`, job.eligibleS > 0, (flagsOf(job) & DEPENDENCY_FLAGS) === 0);
  }
}

const DEPENDENCY_FLAGS = PENDING_FLAG.DEPENDENCY | PENDING_FLAG.DEPENDENCY_NEVER;

const partitionsOf = (state: ClusterState, job: Job): string =>
  job.partitions
    .flatMap((name) => state.partitions.filter(({ spec }) => spec.name === name).map(({ index }) => index))
    .join(",");

function flagsOf(job: Job): number {
  const held =
    job.held === "user" ? PENDING_FLAG.HELD_USER : job.held === "admin" ? PENDING_FLAG.HELD_ADMIN : 0;
  if (job.dependency === undefined) return held;
  const states = job.dependencyStates ?? [];
  same(`terms of job ${job.id}`, states.length, job.dependency.terms.length);
  const met = states.filter((s) => s === "met").length;
  const never = states.filter((s) => s === "never").length;
  if (job.dependency.mode === "any") {
    if (met > 0) return held;
    return held | (never === states.length ? PENDING_FLAG.DEPENDENCY_NEVER : PENDING_FLAG.DEPENDENCY);
  }
  if (never > 0) return held | PENDING_FLAG.DEPENDENCY_NEVER;
  return held | (met === states.length ? 0 : PENDING_FLAG.DEPENDENCY);
}

function startable(state: ClusterState, job: Job, tasks: number): number {
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
    same(`rows of running job ${job.id}`, ownRows.length, shares.length);
    shares.forEach((share, i) => {
      const row = ownRows[i]!;
      const at = `of running job ${job.id} on node ${share.node}`;
      same(`job ${at}`, columns.jobId[row], job.id);
      same(`node ${at}`, columns.node[row], share.node);
      const endS = job.timeLimitS === UNLIMITED_S ? UNLIMITED_S : job.startS + job.timeLimitS;
      same(`end ${at}`, columns.endS[row], Math.min(endS, UNLIMITED_S));
      same(`CPUs ${at}`, columns.cpus[row], share.cpus);
      same(`memory ${at}`, columns.memMib[row], share.memMib);
      for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) {
        const dimension = state.dimensions.nameOf(d);
        const devices = share.devices.map(({ lane }) => state.nodeRecords[share.node]!.spec.devices[lane]);
        const held = devices.filter(
          (device) =>
            device !== undefined &&
            (device.name === dimension ||
              (device.type !== "" && `${device.name}:${device.type}` === dimension)),
        );
        same(`${dimension} ${at}`, columns.gres[d * capacity + row], held.length);
      }
      rows++;
    });
  }
  same("rows of running jobs", count, rows);
}

function checkShapes(state: ClusterState): void {
  const users = new Map<number, number>();
  for (const job of state.jobs.values()) {
    if (isEnded(job.state)) continue;
    users.set(job.shape, (users.get(job.shape) ?? 0) + 1);
    same(
      `request of the shape of job ${job.id}`,
      JSON.stringify(state.shapes.request(job.shape)),
      JSON.stringify(job.request),
    );
  }
  const { columns, count } = state.shapes.table;
  const free: number[] = [];
  for (let row = 0; row < count; row++) {
    same(`users of shape ${row}`, columns.users[row], users.get(row) ?? 0);
    const request = state.shapes.requests[row];
    same(`shape ${row} has a request`, request !== undefined, users.has(row));
    if (request === undefined) {
      free.push(row);
      continue;
    }
    same(`nodes of shape ${row}`, columns.minNodes[row], request.minNodes);
    same(`CPUs of shape ${row}`, columns.cpus[row], request.cpus);
    same(`memory of shape ${row}`, columns.memMib[row], request.memMib);
    const lists = state.shapes.usedLists();
    const listAt = (offset: number, length: number): string =>
      lists.subarray(offset, offset + length).join(",");
    same(
      `required nodes of shape ${row}`,
      listAt(columns.requiredOffset[row]!, columns.requiredCount[row]!),
      request.requiredNodes.join(","),
    );
    same(
      `excluded nodes of shape ${row}`,
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
    same(`free CPUs of node ${index} >= 0`, columns.freeCpus[index]! >= 0, true);
    same(`free memory of node ${index} >= 0`, columns.freeMemMib[index]! >= 0, true);
    for (let lane = 0; lane < 16; lane++) {
      const free = columns.laneFree[lane * capacity + index]!;
      same(`free lane ${lane} of node ${index} in range`, free >= 0 && free <= WHOLE_DEVICE, true);
    }
    same(
      `registered node ${index} has CPUs`,
      (columns.flags[index]! & NODE_FLAG.REGISTERED) === 0 || columns.totalCpus[index]! > 0,
      true,
    );
  }
}
