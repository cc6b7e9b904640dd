/**
 * What a pass and a commit read of suspended jobs: what each needs, and where, to go on. Made when a snapshot is taken;
 * absent while no job is suspended.
 */
import { type JobId, WHOLE_DEVICE } from "../model/ids.ts";
import { type DeviceShare, isSuspended, type Job, stillS } from "../model/job.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { ClusterState } from "./cluster-state.ts";
import { componentsOf, leadersOf } from "./het.ts";

/** What one of its nodes must give back. */
export interface SuspendedShare {
  readonly node: number;
  readonly cpus: number;
  /** What it has kept. */
  readonly memMib: number;
  readonly devices: readonly DeviceShare[];
  /** Whole devices by GRES dimension, those that it has: dimension and count. */
  readonly gres: readonly (readonly [dimension: number, count: number])[];
}

/** A job that goes on when there is room; of a heterogeneous one all its components together. */
export interface SuspendedJob {
  /** Of a heterogeneous job the leader's. */
  readonly jobId: number;
  /** All records that go on together. */
  readonly jobs: readonly number[];
  readonly priority: number;
  /** Seconds that its limit leaves it; UNLIMITED_S for no limit. */
  readonly leftS: number;
  /** Whether it stands still already: else what it gives up is still in use. */
  readonly isStill: boolean;
  /** Epoch seconds before which its very devices are not free: somebody else has them; UNLIMITED_S for nobody knows. */
  readonly devicesFreeS: number;
  readonly shares: readonly SuspendedShare[];
}

export interface SuspendedTables {
  /** Those that nobody has to say a word for, the highest priority first, equal ones by id. */
  readonly jobs: readonly SuspendedJob[];
}

/** undefined where no job is suspended. */
export function suspendedTables(state: ClusterState, nowS: number): SuspendedTables | undefined {
  if (state.suspended.size === 0) return undefined;
  const records = [...state.suspended].flatMap((id) => state.jobs.get(id) ?? []);
  return {
    jobs: leadersOf(state, records)
      .filter(
        (job) => job.suspension !== undefined && job.suspension.byHand !== true && job.ending === undefined,
      )
      .map((job) => suspendedJob(state, job, nowS))
      .sort((a, b) => b.priority - a.priority || a.jobId - b.jobId),
  };
}

function suspendedJob(state: ClusterState, leader: Job, nowS: number): SuspendedJob {
  const jobs = componentsOf(state, leader).filter(({ suspension }) => suspension !== undefined);
  const shares = jobs.flatMap((job) => sharesOf(state, job));
  return {
    jobId: leader.id,
    jobs: jobs.map(({ id }) => id),
    priority: leader.priority,
    leftS: jobs.reduce((most, job) => Math.max(most, leftOf(job, nowS)), 0),
    isStill: jobs.every(isSuspended),
    devicesFreeS: shares.reduce((latest, share) => Math.max(latest, devicesFreeS(state, share, nowS)), 0),
    shares,
  };
}

function leftOf(job: Job, nowS: number): number {
  if (job.timeLimitS >= UNLIMITED_S) return UNLIMITED_S;
  const ranS = Math.max(0, nowS - job.startS - stillS(job, nowS));
  return Math.max(1, job.timeLimitS - ranS);
}

function sharesOf(state: ClusterState, job: Job): SuspendedShare[] {
  return (job.allocation?.nodes ?? []).map(({ node, cpus, memMib, devices }) => {
    const counts = new Map<number, number>();
    for (const { lane } of devices)
      for (const dimension of state.laneDimensions[node]?.[lane] ?? [])
        counts.set(dimension, (counts.get(dimension) ?? 0) + 1);
    return { node, cpus, memMib, devices, gres: [...counts] };
  });
}

/** A job goes on with the devices that it has something on, so whoever has one of them must have ended. */
function devicesFreeS(state: ClusterState, { node, devices }: SuspendedShare, nowS: number): number {
  const { columns, capacity } = state.nodes;
  const isTaken = devices.some(
    ({ lane, thousandths }) =>
      columns.laneFree[lane * capacity + node]! < Math.min(thousandths, WHOLE_DEVICE),
  );
  if (!isTaken) return 0;
  let latest = nowS + 1;
  for (const id of state.nodeJobs[node] ?? []) {
    const row = state.runningJobRow.get(id as JobId);
    const other = state.jobs.get(id);
    if (row === undefined || other === undefined || isSuspended(other)) continue;
    const theirs = other.allocation?.nodes.find((share) => share.node === node)?.devices ?? [];
    if (theirs.some(({ lane }) => devices.some((own) => own.lane === lane)))
      latest = Math.max(latest, state.runningJobs.columns.endS[row]!);
  }
  return latest;
}
