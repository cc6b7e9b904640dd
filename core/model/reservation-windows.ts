/**
 * When a reservation keeps its nodes: once, or again and again by its flags, at the same time of day of the local zone.
 * Pure: now is passed in.
 */
import { isRecurring, type ReservationSpec } from "./reservation.ts";

/** From `startS` up to, and not with, `endS`; epoch seconds. */
export interface ReservationWindow {
  readonly startS: number;
  readonly endS: number;
}

/** Times of a recurring reservation that are looked ahead at. */
export const MAX_WINDOWS = 32;
/** Times that are skipped to come to now: a daily one of a controller that was away for centuries. */
const MAX_SKIPPED = 100_000;

/** The windows that are not over at `nowS`, soonest first, at most MAX_WINDOWS of them; none where it is over for good. */
export function windowsFrom(spec: ReservationSpec, nowS: number): readonly ReservationWindow[] {
  if (spec.floatS !== undefined) {
    const startS = nowS + spec.floatS;
    return [{ startS, endS: startS + (spec.endS - spec.startS) }];
  }
  let window: ReservationWindow | undefined = { startS: spec.startS, endS: spec.endS };
  for (let i = 0; window !== undefined && window.endS <= nowS && i < MAX_SKIPPED; i++)
    window = nextWindow(spec, window);
  if (window === undefined || window.endS <= nowS) return [];
  const windows: ReservationWindow[] = [];
  while (window !== undefined && windows.length < MAX_WINDOWS) {
    windows.push(window);
    window = nextWindow(spec, window);
  }
  return windows;
}

/** The time after this one; undefined where the reservation does not recur. */
export function nextWindow(spec: ReservationSpec, window: ReservationWindow): ReservationWindow | undefined {
  if (!isRecurring(spec)) return undefined;
  const startS = nextStart(spec, window.startS);
  return { startS, endS: startS + (window.endS - window.startS) };
}

function nextStart({ flags }: ReservationSpec, startS: number): number {
  if (flags.includes("HOURLY")) return startS + 3600;
  const date = new Date(startS * 1000);
  date.setDate(date.getDate() + daysOn(flags, date.getDay()));
  return Math.floor(date.getTime() / 1000);
}

/** Days to the next time, from a day of the week (0 is Sunday). */
function daysOn(flags: ReservationSpec["flags"], day: number): number {
  const FRIDAY = 5;
  const SATURDAY = 6;
  if (flags.includes("DAILY")) return 1;
  if (flags.includes("WEEKDAY")) return day === FRIDAY ? 3 : day === SATURDAY ? 2 : 1;
  if (flags.includes("WEEKEND")) return day === SATURDAY ? 1 : day === 0 ? SATURDAY : SATURDAY - day;
  return 7;
}

/** Whether two reservations keep nodes at the same time, as far as is looked ahead. */
export function overlapInTime(a: ReservationSpec, b: ReservationSpec, nowS: number): boolean {
  const others = windowsFrom(b, nowS);
  return windowsFrom(a, nowS).some(({ startS, endS }) =>
    others.some((other) => other.startS < endS && startS < other.endS),
  );
}
