/** The event of one type, and the record that an event is about; both for the reducer's parts. */
import { RotaError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { Event, EventType } from "./events.ts";

export type EventOf<T extends EventType> = Extract<Event, { readonly type: T }>;

/** The record that an event names. Throws JOURNAL_CORRUPT when there is none. */
export function jobOf(state: ClusterState, event: { readonly type: EventType; readonly jobId: number }): Job {
  const job = state.jobs.get(event.jobId as JobId);
  if (job === undefined) {
    const message = `${event.type} at event ${state.lastSeq}: job ${event.jobId} does not exist`;
    throw new RotaError("JOURNAL_CORRUPT", message, { seq: state.lastSeq });
  }
  return job;
}

/** As `misfit`, where the words cost nothing. */
export function demand(condition: boolean, state: ClusterState, event: Event, what: string): void {
  if (!condition) throw misfit(state, event, what);
}

/** That an event does not fit the state. */
export const misfit = (state: ClusterState, event: Event, what: string): RotaError =>
  new RotaError("JOURNAL_CORRUPT", `${event.type} at event ${state.lastSeq}: ${what}`, {
    seq: state.lastSeq,
  });
