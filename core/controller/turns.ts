/**
 * Gang scheduling: in partitions whose jobs take turns, a job that has stood still gets its own CPUs and devices back as
 * soon as the turns of those who have them are over, who has stood still the longest first. Decides only who stands still
 * next; who goes on is for the next pass, which has the same order. Pure.
 */
import type { JobId } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Event } from "../state/events.ts";
import { turnBeganS, turnsOver } from "../state/preemption-tables.ts";
import { type SuspendedJob, type SuspendedShare, suspendedTables } from "../state/suspended-tables.ts";

export interface TurnEvents {
  readonly events: readonly Event[];
  /** Ids of the jobs that are asked to stand still. */
  readonly victims: readonly JobId[];
}

/** Seconds that a turn goes on for waiting jobs to join: passes come every second while there are any. */
const JOIN_S = 3;

export function turnEvents(state: ClusterState, nowS: number): TurnEvents {
  const { jobs = [] } = suspendedTables(state, nowS) ?? {};
  const waiting = jobs.filter(
    ({ isStill, partition }) => isStill && state.partitions[partition]?.spec.turnJobs !== undefined,
  );
  if (waiting.length === 0) return { events: [], victims: [] };
  // A waiting job that is still to join them is seen to by the next pass, which must not always find a turn just begun.
  const joinS = state.pending.count > 0 ? JOIN_S : 0;
  const round = new Round(state, turnsOver(state, nowS - joinS));
  const events: Event[] = [];
  const victims: JobId[] = [];
  for (const job of waiting)
    for (const victim of round.makeRoom(job)) {
      events.push({ type: "job.suspending", atS: nowS, jobId: victim, byUid: 0, forJob: job.jobId });
      victims.push(victim);
    }
  return { events, victims };
}

class Round {
  readonly #state: ClusterState;
  readonly #over: ReadonlySet<number>;
  /** Asked to stand still, in this round. */
  readonly #asked = new Set<JobId>();
  /** By node: CPUs that those who go on in this round will have. */
  readonly #given = new Map<number, number>();

  constructor(state: ClusterState, over: ReadonlySet<number>) {
    this.#state = state;
    this.#over = over;
  }

  /** Who stands still so that the job goes on; nobody where that does not suffice, or is not needed. */
  makeRoom({ shares, partition }: SuspendedJob): readonly JobId[] {
    const victims = new Set<JobId>();
    for (const share of shares) if (!this.#makeRoomOn(share, partition, victims)) return [];
    for (const { node, cpus } of shares) this.#given.set(node, (this.#given.get(node) ?? 0) + cpus);
    for (const victim of victims) this.#asked.add(victim);
    return [...victims];
  }

  #makeRoomOn({ node, cpus, devices }: SuspendedShare, partition: number, victims: Set<JobId>): boolean {
    const on = (this.#state.nodeJobs[node] ?? []).flatMap((id) => this.#state.jobs.get(id) ?? []);
    let free = this.#state.nodes.columns.freeCpus[node]! - (this.#given.get(node) ?? 0);
    for (const job of on) if (this.#isLeaving(job) || victims.has(job.id)) free += cpusOn(job, node);
    const lanes = new Set(devices.map(({ lane }) => lane));
    const name = this.#state.partitions[partition]?.spec.name;
    const mayGo = on
      .filter((job) => this.#over.has(job.id) && job.partition === name && !this.#isLeaving(job))
      // One with parts of devices is never suspended.
      .filter(({ request }) => request.part === undefined)
      .filter(({ id }) => !victims.has(id))
      .sort((a, b) => turnBeganS(a) - turnBeganS(b) || a.id - b.id);
    const hasOne = (job: Job): boolean => lanesOn(job, node).some((lane) => lanes.has(lane));
    const take = (job: Job): void => {
      victims.add(job.id);
      free += cpusOn(job, node);
    };
    for (const job of mayGo) if (hasOne(job)) take(job);
    const isHeld = on.some(
      (job) =>
        job.suspension?.sinceS === undefined && hasOne(job) && !victims.has(job.id) && !this.#isLeaving(job),
    );
    if (isHeld) return false;
    for (const job of mayGo) if (free < cpus && !victims.has(job.id)) take(job);
    return free >= cpus;
  }

  /** Whether it gives up what it has anyway: it ends, or is about to stand still. */
  #isLeaving({ id, ending, suspension }: Job): boolean {
    if (suspension?.sinceS !== undefined) return false;
    return ending !== undefined || suspension !== undefined || this.#asked.has(id);
  }
}

/** CPUs of a job on a node; of one that stands still none. */
const cpusOn = (job: Job, node: number): number =>
  job.suspension?.sinceS !== undefined
    ? 0
    : (job.allocation?.nodes.find((share) => share.node === node)?.cpus ?? 0);

const lanesOn = (job: Job, node: number): readonly number[] =>
  (job.allocation?.nodes.find((share) => share.node === node)?.devices ?? []).map(({ lane }) => lane);
