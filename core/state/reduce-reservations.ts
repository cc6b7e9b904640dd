/** Events of reservations: made, changed, moved to their next time, and gone. */
import type { JobId } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { ReservationRecord } from "../model/reservation.ts";
import type { ClusterState } from "./cluster-state.ts";
import { type EventOf, misfit } from "./event-of.ts";
import type { Event } from "./events.ts";
import { writePendingRow } from "./pending-rows.ts";
import { writeRunningFlags } from "./running-jobs.ts";

export function applyReservationCreated(state: ClusterState, event: EventOf<"reservation.created">): void {
  const book = state.reservations;
  const { name } = event.reservation;
  if (book.byName.has(name)) throw misfit(state, event, `reservation ${name} exists already`);
  book.byName.set(name, { id: book.nextId++, spec: event.reservation });
  book.made = undefined;
}

export function applyReservationChanged(state: ClusterState, event: EventOf<"reservation.changed">): void {
  const { id, spec } = recordOf(state, event);
  write(state, { id, spec: { ...spec, ...event.change } });
  const { users, accounts, groups } = event.change;
  if (users === undefined && accounts === undefined && groups === undefined) return;
  // Who waits for it may be one whom it is not for any more, or is again.
  for (const job of jobsOf(state, spec.name)) if (job.state === "PENDING") writePendingRow(state, job);
}

export function applyReservationRolled(state: ClusterState, event: EventOf<"reservation.rolled">): void {
  const { id, spec } = recordOf(state, event);
  write(state, { id, spec: { ...spec, startS: event.startS, endS: event.endS } });
}

/** Jobs that wait for it would wait for ever: they are held, as Slurm holds them, or go on as jobs of no reservation. */
export function applyReservationDeleted(state: ClusterState, event: EventOf<"reservation.deleted">): void {
  const { spec } = recordOf(state, event);
  state.reservations.byName.delete(spec.name);
  state.reservations.made = undefined;
  const holds = !spec.flags.includes("NO_HOLD_JOBS_AFTER_END");
  // In the order of ids, which a restored state has as well: each write of a row takes a number.
  for (const job of jobsOf(state, spec.name)) {
    delete job.reservation;
    if (job.state === "RUNNING") writeRunningFlags(state, job);
    if (job.state !== "PENDING") continue;
    if (holds && job.held === "") {
      job.held = "admin";
      job.reservationDeleted = true;
    }
    writePendingRow(state, job);
  }
}

function jobsOf(state: ClusterState, name: string): readonly Job[] {
  const ids: JobId[] = [];
  // Ended ones as well: they may be requeued, and another reservation may have the name by then.
  for (const job of state.jobs.values()) if (job.reservation === name) ids.push(job.id);
  return ids.sort((a, b) => a - b).map((id) => state.jobs.get(id)!);
}

function write(state: ClusterState, record: ReservationRecord): void {
  state.reservations.byName.set(record.spec.name, record);
  state.reservations.made = undefined;
}

function recordOf(
  state: ClusterState,
  event: Extract<Event, { readonly name: string; readonly type: `reservation.${string}` }>,
): ReservationRecord {
  const record = state.reservations.byName.get(event.name);
  if (record === undefined) throw misfit(state, event, `there is no reservation ${event.name}`);
  return record;
}
