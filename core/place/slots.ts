/**
 * The time slots of a pass: where each begins, in seconds from now. Slot 0 begins now; the last one never ends. Borders
 * lie at expected ends and common time limits where these are near, and on a grid of growing widths. Pure.
 */

import type { PassTables } from "../state/tables.ts";
import type { RankedQueue } from "./queue.ts";

/** Slot numbers are bytes in the kernel. */
export const MAX_SLOTS = 160;
/** From here on a limit or an end says "never": UNLIMITED_S. */
export const NEVER_S = 2_147_483_647;
/** A job that has outrun its limit is expected to end so many seconds from now. */
export const OVERDUE_S = 30;
const MIN_WIDTH_S = 60;
/** A slot of the grid is a sixteenth as wide as it is far away: a quarter of a quarter octave. */
const WIDTH_SHIFT = 4;
const MIN_WINDOW_S = 86_400;
const MAX_WINDOW_S = 30 * 86_400;
/** Rows of the queue whose limits are looked at for borders. */
const LIMITS_SAMPLED = 4_096;
/** Distinct limits and ends kept while looking. */
const MAX_DISTINCT = 4_096;

/** Beginnings of the slots, ascending, first 0; at most `maxSlots`. */
export function slotBorders(
  tables: PassTables,
  ranked: RankedQueue,
  maxSlots: number,
  windowS?: number,
): Int32Array {
  const { limits, longestS } = sampleLimits(tables, ranked);
  const window = windowS ?? Math.min(MAX_WINDOW_S, Math.max(MIN_WINDOW_S, 2 * longestS));
  const borders = new Set<number>([0]);
  const room = Math.max(2, maxSlots);
  // The grid first, coarser where it does not fit into two thirds of the slots; the rest goes to real ends and limits.
  let grid = gridBorders(window, WIDTH_SHIFT);
  for (let shift = WIDTH_SHIFT - 1; shift >= 0 && grid.length > (room * 7) / 8; shift--)
    grid = gridBorders(window, shift);
  for (const border of grid.slice(0, room - 1)) borders.add(border);
  const half = Math.max(0, (room - borders.size) >> 1);
  addUpTo(borders, limits, borders.size + half);
  addUpTo(borders, nearestEnds(tables, window), room);
  return Int32Array.from(borders).sort();
}

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

/** First slot in which a running job that ends at `endS` holds nothing any more; borders.length for never. */
export function slotOfEnd(borders: Int32Array, endS: number, nowS: number): number {
  if (endS >= NEVER_S) return borders.length;
  return slotsOfLimit(borders, endS > nowS ? endS - nowS : OVERDUE_S);
}

function gridBorders(windowS: number, shift: number): number[] {
  const grid: number[] = [];
  for (let at = MIN_WIDTH_S; at <= windowS; at += Math.max(MIN_WIDTH_S, at >> shift)) grid.push(at);
  return grid;
}

/** Time limits of the head of the queue, the most common first, and the longest limit that ends. */
function sampleLimits(tables: PassTables, ranked: RankedQueue): { limits: number[]; longestS: number } {
  const column = tables.pending.columns.timeLimitS;
  const uses = new Map<number, number>();
  let longestS = 0;
  for (let i = 0; i < ranked.order.length; i++) {
    const limit = column[ranked.order[i]!]!;
    if (limit >= NEVER_S) continue;
    if (limit > longestS) longestS = limit;
    if (i < LIMITS_SAMPLED && (uses.size < MAX_DISTINCT || uses.has(limit)))
      uses.set(limit, (uses.get(limit) ?? 0) + 1);
  }
  const limits = [...uses.keys()].sort((a, b) => uses.get(b)! - uses.get(a)! || a - b);
  return { limits, longestS };
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
