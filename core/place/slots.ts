/**
 * The time slots of a pass: where each begins, in seconds from now. Slot 0 begins now; the last one never ends. Borders
 * lie where limits like to (an hour, a day), on a grid of growing widths, at expected ends while these are near, and where
 * the first jobs of the queue were promised their starts. Otherwise they do not depend on the queue: a job could shift the
 * reservation of a higher one by only being there. Pure.
 */
import type { PassTables } from "../state/tables.ts";

/** Slot numbers are bytes in the kernel. */
export const MAX_SLOTS = 160;
/** While there are reservations, whose edges are borders beside all others. */
export const MAX_RESERVED_SLOTS = 224;
/** From here on a limit or an end says "never": UNLIMITED_S. */
export const NEVER_S = 2_147_483_647;
/** A job that has outrun its limit is expected to end so many seconds from now. */
export const OVERDUE_S = 30;
const MIN_WIDTH_S = 60;
/** A slot of the grid is an eighth as wide as it is far away: half a quarter of an octave. */
const WIDTH_SHIFT = 3;
const MIN_WINDOW_S = 86_400;
const MAX_WINDOW_S = 30 * 86_400;
/** Limits that people ask for, in minutes: a job that starts now with one of these ends at a border. */
const ROUND_LIMITS_MIN = [
  5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 360, 480, 600, 720, 960, 1080, 1440, 2160, 2880, 4320,
  5760, 7200, 10_080, 14_400, 20_160,
] as const;
/** Edges of reservations that are borders; farther ones are rounded to others. */
const MAX_EDGES = 48;
const MAX_EDGE_S = 1 << 30;
/** Promised starts that are borders in any case, those of the first jobs of the queue, and as many ends. */
const MAX_PROMISED_BORDERS = 32;
/** Distinct promises that may be borders: others than the first where there is room, before the ends of running jobs. */
export const MAX_PROMISES = 128;
/** Distinct ends kept while looking for the nearest. */
const MAX_DISTINCT = 4_096;

/** When a waiting job was promised to start, in seconds from now, and its time limit. */
export interface PromisedTime {
  readonly leftS: number;
  readonly limitS: number;
}

/** Most slots of a pass. */
export const mostSlots = ({ reservations }: PassTables): number =>
  reservations === undefined ? MAX_SLOTS : MAX_RESERVED_SLOTS;

/**
 * Beginnings of the slots, ascending, first 0; at most `maxSlots`. `windowS` is how far ahead the last one may begin;
 * default: twice the longest limit of a partition, a day to thirty. `promised` are the first jobs' promises: who runs and was
 * in nobody's way ends by these, and rounding his end to a border behind one would put off the promise.
 */
export function slotBorders(
  tables: PassTables,
  maxSlots: number,
  windowS = windowOf(tables),
  promised: readonly PromisedTime[] = [],
): Int32Array {
  const room = Math.max(2, maxSlots);
  const borders = new Set<number>([0]);
  addUpTo(borders, reservationEdges(tables), MAX_EDGES + 1);
  const first = promised.slice(0, MAX_PROMISED_BORDERS);
  addUpTo(borders, startsOf(first), Math.min(room, borders.size + MAX_PROMISED_BORDERS));
  if (tables.reservations !== undefined) {
    // Far windows are rounded away from a border at which a place ends.
    const ends = first.map(({ leftS, limitS }) => leftS + limitS).filter((endS) => endS <= windowS);
    addUpTo(borders, ends, Math.min(room, borders.size + MAX_PROMISED_BORDERS));
  }
  let grid = gridBorders(windowS, WIDTH_SHIFT);
  const most = Math.min(room, MAX_SLOTS) / 2;
  for (let shift = WIDTH_SHIFT - 1; shift >= 0 && grid.length > most; shift--)
    grid = gridBorders(windowS, shift);
  addUpTo(borders, grid, room);
  const limits = ROUND_LIMITS_MIN.map((minutes) => minutes * 60).filter((limit) => limit <= windowS);
  addUpTo(borders, limits, borders.size + ((room - borders.size) >> 1));
  const others = startsOf(promised.slice(MAX_PROMISED_BORDERS));
  addUpTo(borders, others, room - ((room - borders.size) >> 2));
  addUpTo(borders, nearestEnds(tables, windowS), room);
  return Int32Array.from(borders).sort();
}

const startsOf = (promised: readonly PromisedTime[]): number[] => promised.map(({ leftS }) => leftS);

/** Slots, counted from slot 0, that a job of this limit holds: 1 .. borders.length. */
export function slotsOfLimit(borders: Int32Array, limitS: number): number {
  let low = 1;
  let high = borders.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (borders[middle]! >= limitS) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The slot that a time from now lies in, 0 for one that is past. */
export function slotAtOrBefore(borders: Int32Array, leftS: number): number {
  let low = 0;
  let high = borders.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (borders[middle]! <= leftS) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The first slot that begins at a time from now or after it; the number of slots where none does. */
export function slotAtOrAfter(borders: Int32Array, leftS: number): number {
  if (leftS <= 0) return 0;
  const last = borders.length - 1;
  return borders[last]! < leftS ? borders.length : slotsOfLimit(borders, leftS);
}

function windowOf(tables: PassTables): number {
  let longestS = 0;
  for (const { maxTimeS } of tables.partitions)
    longestS = Math.max(longestS, Math.min(maxTimeS, MAX_WINDOW_S));
  return Math.min(MAX_WINDOW_S, Math.max(MIN_WINDOW_S, 2 * longestS));
}

function gridBorders(windowS: number, shift: number): number[] {
  const grid: number[] = [];
  for (let at = MIN_WIDTH_S; at <= windowS; at += Math.max(MIN_WIDTH_S, at >> shift)) grid.push(at);
  return grid;
}

/** Seconds from now at which reservations begin and end, soonest first. */
function reservationEdges(tables: PassTables): number[] {
  const edges = new Set<number>();
  for (const { windows } of tables.reservations ?? []) {
    for (const { startS, endS } of windows) edges.add(startS - tables.nowS).add(endS - tables.nowS);
  }
  return [...edges].filter((edge) => edge > 0 && edge < MAX_EDGE_S).sort((a, b) => a - b);
}

/** Distinct seconds from now at which running jobs end, soonest first. */
function nearestEnds(tables: PassTables, windowS: number): number[] {
  const { columns, count } = tables.running;
  const ends = new Set<number>();
  let farthest = windowS;
  for (let row = 0; row < count; row++) {
    const endS = columns.endS[row]!;
    const left = endS - tables.nowS;
    if (endS >= NEVER_S || left <= 0 || left > farthest) continue;
    ends.add(left);
    if (ends.size > MAX_DISTINCT) farthest = keepNearest(ends);
  }
  return [...ends].sort((a, b) => a - b);
}

/** Halves the set; gives the farthest end that is left. */
function keepNearest(ends: Set<number>): number {
  const sorted = [...ends].sort((a, b) => a - b);
  for (const end of sorted.slice(MAX_DISTINCT / 2)) ends.delete(end);
  return sorted[MAX_DISTINCT / 2 - 1]!;
}

function addUpTo(borders: Set<number>, from: readonly number[], size: number): void {
  for (const value of from) {
    if (borders.size >= size) return;
    if (value > 0) borders.add(value);
  }
}
