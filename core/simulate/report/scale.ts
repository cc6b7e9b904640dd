/** Scales and labels of the charts, shared by the page's script, so that all its axes agree. Pure arithmetic. */

/** A mark on an axis. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Unit of a time axis. */
export interface TimeUnit {
  readonly seconds: number;
  readonly name: "seconds" | "minutes" | "hours" | "days";
}

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;
const UNITS: readonly TimeUnit[] = [
  { seconds: DAY_S, name: "days" },
  { seconds: HOUR_S, name: "hours" },
  { seconds: MINUTE_S, name: "minutes" },
  { seconds: 1, name: "seconds" },
];
/** A unit is used from this many of it on. */
const MIN_UNITS = 3;

/** The largest unit of which the span has some. */
export const timeUnit = (spanS: number): TimeUnit =>
  UNITS.find(({ seconds }) => spanS >= MIN_UNITS * seconds) ?? UNITS[UNITS.length - 1]!;

/** Round values from `from` to `to`, about `wanted` of them; at least a step of `minStep` apart. */
export function linearTicks(from: number, to: number, wanted: number, minStep = 0): Tick[] {
  const step = Math.max(minStep, roundStep((to - from) / Math.max(1, wanted)));
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks: Tick[] = [];
  const last = Math.floor(to / step + 1e-9);
  for (let i = Math.ceil(from / step - 1e-9); i <= last; i++) {
    ticks.push({ value: i * step, label: grouped(i * step, digits) });
  }
  return ticks;
}

/** Ticks of a time axis in seconds, labelled in `unit`. */
export const timeTicks = (fromS: number, toS: number, wanted: number, unit: TimeUnit): Tick[] =>
  linearTicks(fromS / unit.seconds, toS / unit.seconds, wanted).map(({ value, label }) => ({
    value: value * unit.seconds,
    label,
  }));

/** 1, 2 or 5 times a power of ten, no less than `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step > 0 ? step : 1));
  const found = [1, 2, 5].find((factor) => factor * power >= step * (1 - 1e-9));
  return (found ?? 10) * power;
}

/** The number with thousands apart by narrow spaces that do not break. */
export function grouped(value: number, digits = 0): string {
  const [whole, rest] = Math.abs(value).toFixed(digits).split(".");
  const apart = whole!.replaceAll(/\B(?=(\d{3})+$)/g, "\u202f");
  return `${value < 0 ? "\u2212" : ""}${apart}${rest === undefined ? "" : `.${rest}`}`;
}

/** Ticks of a logarithmic axis of durations, from one second on. */
export const DURATION_TICKS: readonly Tick[] = [
  { value: 1, label: "\u2264 1 s" },
  { value: 10, label: "10 s" },
  { value: MINUTE_S, label: "1 min" },
  { value: 10 * MINUTE_S, label: "10 min" },
  { value: HOUR_S, label: "1 h" },
  { value: 6 * HOUR_S, label: "6 h" },
  { value: DAY_S, label: "1 d" },
  { value: 7 * DAY_S, label: "7 d" },
  { value: 30 * DAY_S, label: "30 d" },
  { value: 365 * DAY_S, label: "1 y" },
  { value: 3650 * DAY_S, label: "10 y" },
];

/** `45 s`, `12 min 5 s`, `3 h 20 min`, `2 d 4 h`: two units at most. */
export function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return "\u2013";
  if (seconds < 0) return `\u2212${durationText(-seconds)}`;
  if (seconds < 10 && seconds !== Math.round(seconds)) return `${seconds.toFixed(1)}\u202fs`;
  const whole = Math.round(seconds);
  if (whole < MINUTE_S) return `${whole}\u202fs`;
  if (whole < HOUR_S) return two(whole, MINUTE_S, "min", 1, "s");
  if (whole < DAY_S) return two(whole, HOUR_S, "h", MINUTE_S, "min");
  return two(whole, DAY_S, "d", HOUR_S, "h");
}

function two(whole: number, largeS: number, large: string, smallS: number, small: string): string {
  const rest = Math.floor((whole % largeS) / smallS);
  const first = `${grouped(Math.floor(whole / largeS))}\u202f${large}`;
  return rest === 0 ? first : `${first} ${rest}\u202f${small}`;
}
