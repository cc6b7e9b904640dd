/**
 * Preempted jobs on their way out on a virtual clock: each ends, goes back to the queue or stands still once its grace time
 * is over, a second after it was asked where it has none, as a program does that a signal ends. Holds times only; the
 * events are made here and applied by whoever asks.
 */
import type { JobId } from "../model/ids.ts";
import { isSuspended, type Job } from "../model/job.ts";
import { SUSPEND_NOTICE_S } from "../model/suspension.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Event } from "../state/events.ts";
import { preemptionOf } from "../state/preemption-tables.ts";

/** Seconds in which a job without a grace time is gone. */
const END_S = 1;

export interface Departure {
  readonly job: Job;
  readonly event: Extract<Event, { type: "job.ended" | "job.requeued" | "job.suspended" }>;
}

export class Departures {
  readonly #state: ClusterState;
  /** Few at a time, so a list will do. */
  readonly #leaving: { readonly id: JobId; readonly atS: number }[] = [];

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** When the next one leaves; Infinity where nobody does. */
  get nextS(): number {
    if (this.#leaving.length === 0) return Number.POSITIVE_INFINITY;
    return this.#leaving.reduce((soonest, { atS }) => Math.min(soonest, atS), Number.POSITIVE_INFINITY);
  }

  /** These have just been asked. */
  add(ids: readonly JobId[], nowS: number): void {
    for (const id of ids) {
      const job = this.#state.jobs.get(id);
      if (job === undefined) continue;
      const { graceTimeS } = preemptionOf(this.#state, job);
      const leastS = job.ending === undefined ? SUSPEND_NOTICE_S : END_S;
      this.#leaving.push({ id, atS: nowS + Math.max(graceTimeS, leastS) });
    }
  }

  /** The next one that leaves by then, with the event that says so; undefined where nobody does any more. */
  take(nowS: number): Departure | undefined {
    for (let at = 0; at < this.#leaving.length; at++) {
      const { id, atS } = this.#leaving[at]!;
      if (atS > nowS) continue;
      this.#leaving.splice(at--, 1);
      const job = this.#state.jobs.get(id);
      const event = job === undefined ? undefined : eventOf(job, nowS);
      // It may have ended by itself meanwhile.
      if (job !== undefined && event !== undefined) return { job, event };
    }
    return undefined;
  }
}

function eventOf(job: Job, atS: number): Departure["event"] | undefined {
  if (job.state !== "RUNNING") return undefined;
  const base = { atS, jobId: job.id };
  const { ending, suspension } = job;
  if (ending?.state === "PENDING")
    return { type: "job.requeued", ...base, beginS: 0, held: ending.held, endReason: "" };
  if (ending !== undefined)
    return { type: "job.ended", ...base, state: ending.state, exitCode: 0, exitSignal: 0, endReason: "" };
  return suspension === undefined || isSuspended(job) ? undefined : { type: "job.suspended", ...base };
}
