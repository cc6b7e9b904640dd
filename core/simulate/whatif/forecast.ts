/**
 * The future of a cluster, from its state as it is now: running jobs end when they are taken to, waiting ones start as
 * the passes let them, and nobody submits anything. The passes are the simulator's, on a state of its own that is used
 * up. Reads no clock.
 */
import { deadlineEvents } from "../../controller/deadlines.ts";
import { isSuspended, type Job } from "../../model/job.ts";
import type { PlanKernel } from "../../place/kernel.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { Event } from "../../state/events.ts";
import { reduce } from "../../state/reduce.ts";
import { reservationTables } from "../../state/reservations.ts";
import { nextLapseS } from "../../state/set-rules.ts";
import { carryOut } from "../carry-out.ts";
import { Decider } from "../decide.ts";
import { Departures } from "../departures.ts";
import type { RunPolicies } from "../policies.ts";
import type { BackfillSettings } from "../settings.ts";
import { EndHeap } from "./end-heap.ts";
import type { RunLength } from "./run-length.ts";

export interface ForecastParts {
  /** Changed by the forecast. */
  readonly state: ClusterState;
  readonly nowS: number;
  /** Nothing that happens later is looked at. */
  readonly untilS: number;
  readonly backfill: BackfillSettings;
  readonly policies: RunPolicies;
  readonly kernel: PlanKernel;
  readonly runLength: RunLength;
  /** Called after each pass with how many records still wait. */
  readonly onProgress?: (waiting: number) => void;
}

/** Starts of a record that waited at first; of an array of its tasks. */
export interface ForecastStart {
  firstS: number;
  lastS: number;
  tasks: number;
}

export interface Forecast {
  /** By the id of the record as it was at first; who never started is not in it. */
  readonly starts: ReadonlyMap<number, ForecastStart>;
  readonly passes: number;
  /** The bound on passes came before `untilS`. */
  readonly isCut: boolean;
}

export const MAX_PASSES = 20_000;
/** Above so many waiting records passes are this many seconds apart, as a pass then costs tenths of a second. */
const LARGE_QUEUE = 2_000;
const LARGE_QUEUE_GAP_S = 30;
/** A job that has outrun what it was taken to need, or is being ended, ends so soon. */
const OVERDUE_S = 30;

export const forecast = (parts: ForecastParts): Forecast => new Future(parts).run();

class Future {
  readonly #parts: ForecastParts;
  readonly #state: ClusterState;
  readonly #decider: Decider;
  readonly #ends = new EndHeap();
  /** Of tasks that left their array's record here: the record that they were in at first. */
  readonly #origin = new Map<number, number>();
  readonly #starts = new Map<number, ForecastStart>();
  readonly #noted = new Set<number>();
  readonly #departures: Departures;
  /** Of those that stand still: seconds that they are taken to run yet. */
  readonly #leftS = new Map<number, number>();
  #nowS: number;
  #passes = 0;

  constructor(parts: ForecastParts) {
    this.#parts = parts;
    this.#state = parts.state;
    this.#nowS = Math.max(parts.nowS, parts.state.lastAtS);
    this.#decider = new Decider(parts.state, parts.kernel, parts.policies, parts.backfill);
    this.#departures = new Departures(parts.state);
    for (const job of parts.state.jobs.values()) {
      if (job.state !== "RUNNING") continue;
      if (isSuspended(job) && job.ending === undefined) this.#leftS.set(job.id, this.#leftOf(job));
      else this.#ends.add(job.id, this.#endOf(job));
      if (job.suspension !== undefined && !isSuspended(job)) this.#departures.add([job.id], this.#nowS);
    }
  }

  run(): Forecast {
    const { untilS, onProgress } = this.#parts;
    this.#pass();
    while (this.#state.pending.count > 0 && this.#passes < MAX_PASSES) {
      const nextS = this.#nextS();
      if (nextS > untilS) return this.#finish(false);
      this.#nowS = nextS;
      while (this.#ends.nextS <= nextS) this.#end(this.#ends.take()!);
      this.#depart();
      for (const event of deadlineEvents(this.#state, this.#nowS)) this.#apply(event);
      this.#pass();
      onProgress?.(this.#state.pending.count);
    }
    return this.#finish(this.#state.pending.count > 0);
  }

  #finish(isCut: boolean): Forecast {
    return { starts: this.#starts, passes: this.#passes, isCut };
  }

  /** When something may change next: an end, a begin time, a reservation; Infinity when nothing does. */
  #nextS(): number {
    const { columns, count } = this.#state.pending;
    let nextS = Math.min(this.#ends.nextS, this.#departures.nextS, nextLapseS(this.#state, this.#nowS));
    for (let row = 0; row < count; row++) {
      const beginS = columns.beginS[row]!;
      if (beginS > this.#nowS && beginS < nextS) nextS = beginS;
    }
    for (const { windows } of reservationTables(this.#state, this.#nowS) ?? [])
      for (const { startS, endS } of windows)
        for (const atS of [startS, endS]) if (atS > this.#nowS && atS < nextS) nextS = atS;
    return count > LARGE_QUEUE ? Math.max(nextS, this.#nowS + LARGE_QUEUE_GAP_S) : nextS;
  }

  #endOf(job: Job): number {
    if (job.ending !== undefined) return this.#nowS + 1;
    const { user } = job.spec;
    const beganS = job.startS + (job.suspendedS ?? 0);
    const endS = beganS + this.#parts.runLength(user, job.timeLimitS);
    if (endS > this.#nowS) return endS;
    // It runs longer than its user's jobs do: then until its limit, as a plan counts it.
    const limitS = beganS + job.timeLimitS;
    return limitS > this.#nowS ? limitS : this.#nowS + OVERDUE_S;
  }

  /** Of one that stands still since before the beginning. */
  #leftOf(job: Job): number {
    const ranS = (job.suspension?.sinceS ?? this.#nowS) - job.startS - (job.suspendedS ?? 0);
    const leftS = this.#parts.runLength(job.spec.user, job.timeLimitS) - ranS;
    return leftS > 0 ? leftS : Math.max(OVERDUE_S, job.timeLimitS - ranS);
  }

  /** Preempted jobs leave. */
  #depart(): void {
    for (let next = this.#departures.take(this.#nowS); next; next = this.#departures.take(this.#nowS)) {
      const endS = this.#ends.remove(next.job.id);
      if (next.event.type === "job.suspended") this.#leftS.set(next.job.id, Math.max(1, endS - this.#nowS));
      this.#apply(next.event);
    }
  }

  #end(id: number): void {
    const job = this.#state.jobs.get(id as Job["id"]);
    const ending = job?.ending;
    if (ending?.state === "PENDING") {
      const { held } = ending;
      this.#apply({ type: "job.requeued", atS: this.#nowS, jobId: id, beginS: 0, held, endReason: "" });
      return;
    }
    this.#apply({
      type: "job.ended",
      atS: this.#nowS,
      jobId: id,
      state: ending?.state ?? "COMPLETED",
      exitCode: 0,
      exitSignal: 0,
      endReason: "",
    });
  }

  #pass(): void {
    const plan = this.#decider.plan(this.#nowS, this.#state.lastSeq);
    this.#passes++;
    const { resumed, victims } = carryOut(this.#state, plan, this.#nowS, (event) => {
      if (event.type === "task.split") this.#origin.set(event.newJobId, this.#originOf(event.jobId));
      this.#apply(event);
      if (event.type === "job.started") this.#note(event.jobId);
    });
    for (const id of resumed) {
      // Components of a heterogeneous job end with their leader, which has them all in its time.
      this.#ends.add(id, this.#nowS + (this.#leftS.get(id) ?? Number.POSITIVE_INFINITY));
      this.#leftS.delete(id);
    }
    this.#departures.add(victims, this.#nowS);
  }

  #note(id: number): void {
    const job = this.#state.jobs.get(id as Job["id"])!;
    this.#ends.add(id, this.#endOf(job));
    // One that was preempted and starts again has been noted.
    if (this.#noted.has(id)) return;
    this.#noted.add(id);
    const origin = this.#originOf(id);
    const start = this.#starts.get(origin);
    if (start === undefined) {
      this.#starts.set(origin, { firstS: this.#nowS, lastS: this.#nowS, tasks: 1 });
      return;
    }
    start.lastS = this.#nowS;
    start.tasks++;
  }

  #originOf(id: number): number {
    return this.#origin.get(id) ?? id;
  }

  #apply(event: Event): void {
    reduce(this.#state, this.#state.lastSeq + 1, event);
  }
}
