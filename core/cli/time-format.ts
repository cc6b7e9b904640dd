/** How the commands print moments: Slurm's ISO form, or what SLURM_TIME_FORMAT asks for. Pure; reads no clock. */
import { printTimestamp } from "../model/time.ts";

/** Epoch seconds to text, in the local zone. 0 is the caller's to word. */
export type TimePrinter = (epochS: number) => string;

/** `standard` and nothing said are `2026-11-24T19:07:20`; anything else is a strftime pattern, `%s` for epoch seconds. */
export const timePrinter = (env: Readonly<Record<string, string | undefined>>): TimePrinter => {
  const pattern = env["SLURM_TIME_FORMAT"];
  if (pattern === undefined || !pattern.includes("%")) return (epochS) => printTimestamp(epochS);
  return (epochS) => strftime(pattern, epochS);
};

/** `Tue Nov 24 19:07:21 2026`, the line above long listings. */
export const longDate = (epochS: number): string => strftime("%a %b %d %T %Y", epochS);

/** The conversions of strftime that dates and times are written with; an unknown one stays as it is. */
export const strftime = (pattern: string, epochS: number): string => {
  const date = new Date(epochS * 1000);
  return pattern.replace(/%(.)/g, (whole, letter: string) => CONVERSIONS[letter]?.(date) ?? whole);
};

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];

const two = (n: number): string => String(n).padStart(2, "0");
const day = (date: Date): string =>
  `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const clock = (date: Date): string =>
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

const CONVERSIONS: Readonly<Record<string, (date: Date) => string>> = {
  "%": () => "%",
  a: (date) => DAYS[date.getDay()]!.slice(0, 3),
  A: (date) => DAYS[date.getDay()]!,
  b: (date) => MONTHS[date.getMonth()]!.slice(0, 3),
  B: (date) => MONTHS[date.getMonth()]!,
  d: (date) => two(date.getDate()),
  e: (date) => String(date.getDate()).padStart(2),
  D: (date) => `${two(date.getMonth() + 1)}/${two(date.getDate())}/${two(date.getFullYear() % 100)}`,
  F: day,
  H: (date) => two(date.getHours()),
  I: (date) => two(((date.getHours() + 11) % 12) + 1),
  j: (date) => String(dayOfYear(date)).padStart(3, "0"),
  m: (date) => two(date.getMonth() + 1),
  M: (date) => two(date.getMinutes()),
  n: () => "\n",
  p: (date) => (date.getHours() < 12 ? "AM" : "PM"),
  R: (date) => `${two(date.getHours())}:${two(date.getMinutes())}`,
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  S: (date) => two(date.getSeconds()),
  t: () => "\t",
  T: clock,
  y: (date) => two(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
};

const dayOfYear = (date: Date): number => {
  const DAY_MS = 86_400_000;
  const start = Date.UTC(date.getFullYear(), 0, 1);
  return Math.floor((Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / DAY_MS) + 1;
};
