/**
 * Reservations in a plan. Jobs are planned in groups, those of each reservation and those of none, over the same planes:
 * before a group's turn all that its jobs may not have is closed to them, and opened again after it. So no two groups ever
 * get the same node at the same time, and each sees what the ones before it took. Slots are rounded against the job: a
 * foreign reservation closes every slot that it touches, its own opens those that lie wholly within it. Pure.
 */
import { waitReasonCode } from "../model/reasons.ts";
import { isForeign, type PassReservation } from "../state/reservations.ts";
import type { PassTables } from "../state/tables.ts";
import type { PlanKernel } from "./kernel.ts";

/** Reservations whose waiting jobs one pass plans; which ones of more goes round with the seconds. */
export const MAX_RESERVATIONS_PLANNED = 64;
/** More than any node has, and so few that all reservations together stay within 32 bits. */
const CLOSED_CPUS = 1 << 22;
/** Cells that a pass opens and closes again to find out what keeps jobs from starting: some tens of milliseconds. */
const MAX_TRIED_CELLS = 20_000_000;

export const REASON_RESERVATION = waitReasonCode("Reservation");
const REASON_RESERVED = waitReasonCode("ReqNodeNotAvail, May be reserved for other job");
const REASON_MAINTENANCE = waitReasonCode("ReqNodeNotAvail, Reserved for maintenance");

/** Rows that are planned together, in their order. */
export interface PlanGroup {
  /** undefined for jobs of none. */
  readonly reservation: PassReservation | undefined;
  readonly rows: Int32Array;
}

/** Until its group has its turn, a job waits for its reservation: written into `reason` by row. */
export function awaitReservations(tables: PassTables, order: Int32Array, reason: Uint8Array): void {
  const { reservation } = tables.pending.columns;
  for (const row of order) if (reservation[row] !== 0) reason[row] = REASON_RESERVATION;
}

/**
 * The groups of the queue in the order to plan them: jobs that may go beyond their reservation's time come last, where
 * they have but what is left. Rows in none of them wait for their reservation, or for a later pass.
 */
export function groupsOf(tables: PassTables, order: Int32Array): readonly PlanGroup[] {
  const { reservations, pending } = tables;
  const ids = pending.columns.reservation;
  if (!order.some((row) => ids[row] !== 0)) return [{ reservation: undefined, rows: order }];
  const rowsOf = new Map<number, number[]>([[0, []]]);
  for (const row of order) {
    const rows = rowsOf.get(ids[row]!);
    if (rows === undefined) rowsOf.set(ids[row]!, [row]);
    else rows.push(row);
  }
  const groups = [...rowsOf].flatMap(([id, rows]): PlanGroup[] => {
    const reservation = reservations?.find((one) => one.id === id);
    if (reservation === undefined) return [];
    return [{ reservation, rows: Int32Array.from(rows) }];
  });
  const chosen = someOf(groups, tables.nowS);
  const isFlexible = (group: PlanGroup): boolean => group.reservation?.isFlexible === true;
  return [
    ...chosen.filter((group) => !isFlexible(group)),
    { reservation: undefined, rows: Int32Array.from(rowsOf.get(0)!) },
    ...chosen.filter(isFlexible),
  ];
}

function someOf(groups: readonly PlanGroup[], nowS: number): readonly PlanGroup[] {
  if (groups.length <= MAX_RESERVATIONS_PLANNED) return groups;
  const first = nowS % groups.length;
  return [...groups.slice(first), ...groups.slice(0, first)].slice(0, MAX_RESERVATIONS_PLANNED);
}

/** One byte a node, not 0 for those that the group may have; undefined where it may have any. */
export function nodeMarks({ reservation }: PlanGroup, count: number): Uint8Array | undefined {
  if (reservation === undefined) return undefined;
  const marks = new Uint8Array(count);
  for (const row of reservation.nodes) marks[row] = 1;
  return marks;
}

/** Whether a job of the group that started now would not run within its reservation's time, and must. */
export function isOutOfTime({ reservation }: PlanGroup, nowS: number, limitS: number): boolean {
  if (reservation === undefined || reservation.isFlexible) return false;
  const { startS, endS } = reservation.windows[0]!;
  return startS > nowS || nowS + limitS > endS;
}

/** Rows that are kept from a group in the slots from `from` up to, and not with, `to`. */
interface Closure {
  readonly rows: Int32Array;
  readonly from: number;
  readonly to: number;
  readonly isMaintenance: boolean;
  /** Kept by another reservation, not by the own one's being over. */
  readonly isForeign: boolean;
}

export class ReservedPlanes {
  readonly #kernel: PlanKernel;
  readonly #reservations: readonly PassReservation[];
  readonly #borders: Int32Array;
  readonly #nowS: number;
  #closures: readonly Closure[] = [];
  /** By class and length: what keeps its jobs from starting, of those that were tried. */
  readonly #verdicts = new Map<number, number>();
  #triedCells = 0;

  constructor(
    kernel: PlanKernel,
    reservations: readonly PassReservation[],
    borders: Int32Array,
    nowS: number,
  ) {
    this.#kernel = kernel;
    this.#reservations = reservations;
    this.#borders = borders;
    this.#nowS = nowS;
  }

  /** Closes what jobs of the reservation, or of none, may not have; `open` undoes it. */
  close(own: PassReservation | undefined): void {
    const closures: Closure[] = [];
    for (const other of this.#reservations) {
      if (!isForeign(own, other)) continue;
      const rows = own === undefined ? other.nodes : shared(own.nodes, other.nodes);
      if (rows.length > 0) closures.push(...this.#windowsOf(other, rows));
    }
    if (own !== undefined && !own.isFlexible) closures.push(...this.#outside(own));
    this.#closures = closures;
    this.#verdicts.clear();
    this.#shift(closures, -CLOSED_CPUS);
  }

  open(): void {
    this.#shift(this.#closures, CLOSED_CPUS);
    this.#closures = [];
  }

  /**
   * Why a class does not fit now, where it would without the other reservations; 0 where these are not the reason, or too
   * much has been tried already.
   */
  reasonOf(classIndex: number, length: number, fits: () => boolean): number {
    const key = classIndex * (this.#borders.length + 1) + length;
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const foreign = this.#closures.filter((closure) => closure.isForeign && closure.from < length);
    const maintenance = foreign.filter((closure) => closure.isMaintenance);
    let reason = 0;
    if (maintenance.length > 0 && this.#fitsWithout(maintenance, fits)) reason = REASON_MAINTENANCE;
    else if (foreign.length > maintenance.length && this.#fitsWithout(foreign, fits))
      reason = REASON_RESERVED;
    this.#verdicts.set(key, reason);
    return reason;
  }

  #fitsWithout(closures: readonly Closure[], fits: () => boolean): boolean {
    this.#triedCells += closures.reduce((sum, { rows, from, to }) => sum + rows.length * (to - from), 0);
    if (this.#triedCells > MAX_TRIED_CELLS) return false;
    this.#shift(closures, CLOSED_CPUS);
    const isFitting = fits();
    this.#shift(closures, -CLOSED_CPUS);
    return isFitting;
  }

  #shift(closures: readonly Closure[], amount: number): void {
    for (const { rows, from, to } of closures) this.#kernel.shiftCpus(rows, from, to, amount);
  }

  #windowsOf(other: PassReservation, rows: Int32Array): Closure[] {
    const { isMaintenance } = other;
    const closures: Closure[] = [];
    for (const { startS, endS } of other.windows) {
      const from = this.#slotAt(startS);
      const to = this.#borderFrom(endS);
      const last = closures.at(-1);
      // Far ones share a slot, which is closed once.
      if (last !== undefined && from < last.to) {
        closures[closures.length - 1] = { ...last, to: Math.max(last.to, to) };
      } else closures.push({ rows, from, to, isMaintenance, isForeign: true });
    }
    return closures;
  }

  /** The slots that do not lie within a window of the reservation. */
  #outside({ nodes, windows }: PassReservation): Closure[] {
    const closures: Closure[] = [];
    const closed = { rows: nodes, isMaintenance: false, isForeign: false };
    let from = 0;
    for (const { startS, endS } of windows) {
      const to = startS <= this.#nowS ? 0 : this.#borderFrom(startS);
      // The last slot never ends, so it lies within none.
      const end = Math.min(this.#slotAt(endS), this.#borders.length - 1);
      if (end <= to) continue;
      if (to > from) closures.push({ ...closed, from, to });
      from = end;
    }
    closures.push({ ...closed, from, to: this.#borders.length });
    return closures;
  }

  /** The slot that the moment lies in; 0 for a past one. */
  #slotAt(atS: number): number {
    const leftS = atS - this.#nowS;
    let slot = 0;
    while (slot + 1 < this.#borders.length && this.#borders[slot + 1]! <= leftS) slot++;
    return slot;
  }

  /** The first slot that begins at the moment or after it; the number of slots where none does. */
  #borderFrom(atS: number): number {
    const leftS = atS - this.#nowS;
    let slot = 0;
    while (slot < this.#borders.length && this.#borders[slot]! < leftS) slot++;
    return slot;
  }
}

/** Rows in both of two ascending lists. */
function shared(a: Int32Array, b: Int32Array): Int32Array {
  const others = new Set(b);
  return a.filter((row) => others.has(row));
}
