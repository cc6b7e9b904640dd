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
  /** Of its partition, which it has its turn in where jobs of it take turns; -1 for one that is gone. */
  readonly partition: number;
  /** Since when it stands still, or is to. */
  readonly sinceS: number;
  /** Seconds that its limit leaves it; UNLIMITED_S for no limit. */
  readonly leftS: number;
  /** Whether it stands still already: else what it gives up is still in use. */
  readonly isStill: boolean;
  /** Epoch seconds before which its very devices are not free: somebody else has them; UNLIMITED_S for nobody knows. */
  readonly devicesFreeS: number;
  readonly shares: readonly SuspendedShare[];
}

export interface SuspendedTables {
  /** Those that nobody has to say a word for, in the order in which they go on. */
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
      .sort((a, b) => placeOf(state, a, b)),
  };
}

/** By tier; within it those who take turns first, partition by partition, who has stood still the longest before others. */
function placeOf({ partitions }: ClusterState, a: SuspendedJob, b: SuspendedJob): number {
  const [one, other] = [partitions[a.partition]?.spec, partitions[b.partition]?.spec];
  const tiers = (other?.priorityTier ?? 0) - (one?.priorityTier ?? 0);
  const turns = (isTurn: boolean, partition: number): number => (isTurn ? partition : partitions.length);
  const places =
    turns(one?.turnJobs !== undefined, a.partition) - turns(other?.turnJobs !== undefined, b.partition);
  if (tiers !== 0 || places !== 0) return tiers || places;
  const order = one?.turnJobs === undefined ? b.priority - a.priority : a.sinceS - b.sinceS;
  return order || a.jobId - b.jobId;
}

function suspendedJob(state: ClusterState, leader: Job, nowS: number): SuspendedJob {
  const jobs = componentsOf(state, leader).filter(({ suspension }) => suspension !== undefined);
  const shares = jobs.flatMap((job) => sharesOf(state, job));
  return {
    jobId: leader.id,
    jobs: jobs.map(({ id }) => id),
    priority: leader.priority,
    partition: state.config.partitionByName.get(leader.partition) ?? -1,
    sinceS: leader.suspension?.sinceS ?? leader.suspension?.askedS ?? 0,
    leftS: jobs.reduce((most, job) => Math.max(most, leftOf(job, nowS)), 0),
    isStill: jobs.every(isSuspended),
    devicesFreeS: shares.reduce((latest, share) => Math.max(latest, devicesFreeS(state, share, nowS)), 0),
    shares,
  };
}

/**
 * A suspended job has no end that is known, but what its limit leaves it is what it may still use: by its row among the
 * running jobs. Nothing where none is suspended.
 */
export function stillLeft(
  state: ClusterState,
  nowS: number,
): { readonly stillLeftS?: ReadonlyMap<number, number> } {
  if (state.suspended.size === 0) return {};
  const stillLeftS = new Map<number, number>();
  for (const id of state.suspended) {
    const job = state.jobs.get(id);
    const row = state.runningJobRow.get(id);
    if (job !== undefined && row !== undefined && isSuspended(job)) stillLeftS.set(row, leftOf(job, nowS));
  }
  return { stillLeftS };
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
