/**
 * The reservations of a cluster, and what a pass reads of them. Written by reduce-reservations.ts alone; which of them are
 * over is worked out from the time that a reader has, so that nothing need happen for one to begin.
 */
import type { Job } from "../model/job.ts";
import { mayUse, type ReservationRecord } from "../model/reservation.ts";
import { type ReservationWindow, windowsFrom } from "../model/reservation-windows.ts";
import type { ClusterState } from "./cluster-state.ts";

export interface ReservationBook {
  readonly byName: Map<string, ReservationRecord>;
  nextId: number;
  /** What the last reader was given: an index, good until something changes or its time is another. */
  made: { readonly nowS: number; readonly tables: readonly PassReservation[] } | undefined;
}

export const emptyReservations = (): ReservationBook => ({ byName: new Map(), nextId: 1, made: undefined });

/** A reservation that is not over. */
export interface PassReservation {
  readonly id: number;
  readonly name: string;
  /** Rows, ascending. */
  readonly nodes: Int32Array;
  /** Not over, soonest first, at least one. */
  readonly windows: readonly ReservationWindow[];
  readonly isMaintenance: boolean;
  /** Its jobs may begin before, and go on after, its time. */
  readonly isFlexible: boolean;
  /** It may lie on others: its jobs go by them. */
  readonly mayOverlap: boolean;
}

/** Those that are not over at `nowS`, by id; undefined where none is known, not even one that is over. */
export function reservationTables(state: ClusterState, nowS: number): readonly PassReservation[] | undefined {
  const book = state.reservations;
  if (book.byName.size === 0) return undefined;
  if (book.made?.nowS !== nowS) {
    book.made = { nowS, tables: recordsById(state).flatMap((record) => passReservation(record, nowS)) };
  }
  return book.made.tables;
}

export const recordsById = (state: ClusterState): readonly ReservationRecord[] =>
  [...state.reservations.byName.values()].sort((a, b) => a.id - b.id);

/** Of a job whose owner its reservation is not for any more: no reservation has it, so the job waits. */
export const BARRED_RESERVATION = -1;

/** Id of the job's reservation, 0 for none. */
export function reservationIdOf(state: ClusterState, job: Job): number {
  const record = job.reservation === undefined ? undefined : state.reservations.byName.get(job.reservation);
  if (record === undefined) return 0;
  const owner = { user: job.spec.user, group: job.spec.group, account: job.account };
  return mayUse(record.spec, owner) ? record.id : BARRED_RESERVATION;
}

function passReservation({ id, spec }: ReservationRecord, nowS: number): readonly PassReservation[] {
  const windows = windowsFrom(spec, nowS);
  if (windows.length === 0) return [];
  return [
    {
      id,
      name: spec.name,
      nodes: Int32Array.from(spec.nodes),
      windows,
      isMaintenance: spec.flags.includes("MAINT"),
      isFlexible: spec.flags.includes("FLEX"),
      mayOverlap: spec.flags.includes("OVERLAP"),
    },
  ];
}

/** Whether the nodes of `other` are closed to jobs of `own` while it keeps them; `own` is undefined for jobs of none. */
export function isForeign(own: PassReservation | undefined, other: PassReservation): boolean {
  if (own === undefined) return true;
  if (own.id === other.id || own.isMaintenance) return false;
  return !own.mayOverlap || other.isMaintenance;
}

export function hasNode({ nodes }: PassReservation, node: number): boolean {
  let low = 0;
  for (let high = nodes.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (nodes[middle]! < node) low = middle + 1;
    else high = middle;
  }
  return nodes[low] === node;
}
