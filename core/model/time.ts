/**
 * Time limits and durations in Slurm's forms and in Rota's short form, and the ways to print them. Pure: no clock is
 * read; printTimestamp uses the local zone for formatting only.
 */
import {
  digitsEnd,
  found,
  isDigit,
  type Parsed,
  parsed,
  readNumber,
  tooLong,
  type Unparsed,
  unparsed,
} from "./parse-result.ts";

/** No limit: the largest value of a 32-bit column. */
export const UNLIMITED_S = 2_147_483_647;
/** Longest limit that is still a limit, in seconds. */
export const MAX_TIME_S = UNLIMITED_S - 1;
export const TIME_FORMS = "minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S or UNLIMITED";
export const DURATION_FORMS = `a duration like 90s, 30m, 1h30m or 1d12h, or ${TIME_FORMS}`;

/** Seconds, 0 .. MAX_TIME_S or UNLIMITED_S, exact: rounding is the caller's. */
export const parseTimeLimit = (text: string): Parsed<number> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  if (text === "-1" || isUnlimitedWord(text)) return parsed(UNLIMITED_S);
  let days: number | undefined;
  const parts: number[] = [];
  for (let at = 0; ; ) {
    const end = digitsEnd(text, at);
    if (end === at) return bad(`a number is missing before ${found(text, at)}`, at, TIME_FORMS);
    const value = readNumber(text, at, end);
    if (text[end] === "-" && days === undefined && parts.length === 0) {
      days = value;
    } else {
      parts.push(value);
      if (end === text.length) break;
      if (text[end] !== ":") return bad(`${found(text, end)} does not belong in a time`, end, TIME_FORMS);
      if (parts.length === 3) return bad("there are more than hours, minutes and seconds", end, TIME_FORMS);
    }
    at = end + 1;
  }
  return bounded(secondsOf(days, parts), TIME_FORMS);
};

/** Seconds of `5s`, `90m`, `2h`, `1d12h`, `1h30m` and of every form of parseTimeLimit. */
export const parseDuration = (text: string): Parsed<number> => {
  if (!isDigit(text, 0) || unitS(text.charAt(text.length - 1)) === undefined)
    return withForms(parseTimeLimit(text));
  const long = tooLong(text);
  if (long !== undefined) return long;
  let total = 0;
  let lastUnit = Number.POSITIVE_INFINITY;
  for (let at = 0; at < text.length; ) {
    const end = digitsEnd(text, at);
    if (end === at) return bad(`a number is missing before ${found(text, at)}`, at, DURATION_FORMS);
    const unit = unitS(text.charAt(end));
    if (unit === undefined) return bad(`${found(text, end)} is not a unit`, end, DURATION_FORMS);
    if (unit >= lastUnit) return bad("units must go from large to small, each once", end, DURATION_FORMS);
    total += readNumber(text, at, end) * unit;
    lastUnit = unit;
    at = end + 1;
  }
  return bounded(total, DURATION_FORMS);
};

/** Slurm keeps limits in whole minutes; a limit too long for a column becomes UNLIMITED_S. */
export const roundUpToMinuteS = (seconds: number): number =>
  Math.min(Math.ceil(seconds / 60) * 60, UNLIMITED_S);

/** `[D-]HH:MM:SS` as scontrol and sacct print it; `UNLIMITED`, and `INVALID` for a negative number. */
export const printDurationLong = (seconds: number): string => {
  if (seconds === UNLIMITED_S) return "UNLIMITED";
  if (!(seconds >= 0)) return "INVALID";
  const { d, h, m, s } = split(seconds);
  return `${d > 0 ? `${d}-` : ""}${two(h)}:${two(m)}:${two(s)}`;
};

/** `M:SS`, `H:MM:SS` or `D-HH:MM:SS` as squeue prints it; `UNLIMITED`, and `INVALID` for a negative number. */
export const printDurationShort = (seconds: number): string => {
  if (seconds === UNLIMITED_S) return "UNLIMITED";
  if (!(seconds >= 0)) return "INVALID";
  const { d, h, m, s } = split(seconds);
  if (d > 0) return `${d}-${two(h)}:${two(m)}:${two(s)}`;
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

/** As printDurationShort, with sinfo's word for no limit. */
export const printDurationSinfo = (seconds: number): string =>
  seconds === UNLIMITED_S ? "infinite" : printDurationShort(seconds);

/** The short form that parseDuration reads: `1d12h`, `90s` as `1m30s`, `0s`; `UNLIMITED`. */
export const printDuration = (seconds: number): string => {
  if (seconds === UNLIMITED_S) return "UNLIMITED";
  if (!(seconds >= 0)) return "INVALID";
  const { d, h, m, s } = split(seconds);
  const text = `${d > 0 ? `${d}d` : ""}${h > 0 ? `${h}h` : ""}${m > 0 ? `${m}m` : ""}${s > 0 ? `${s}s` : ""}`;
  return text === "" ? "0s" : text;
};

/**
 * Epoch seconds as `YYYY-MM-DDTHH:MM:SS`, in the local zone or at a fixed offset in minutes east of UTC. `Unknown` for
 * 0, as Slurm prints an absent time, and for what lies outside 1970 .. 9999.
 */
export const printTimestamp = (epochS: number, offsetMinutes?: number): string => {
  const date = new Date(epochS * 1000);
  if (epochS === 0 || Number.isNaN(date.getTime())) return "Unknown";
  const shifted = new Date(date.getTime() + (offsetMinutes ?? -date.getTimezoneOffset()) * 60_000);
  const year = shifted.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? shifted.toISOString().slice(0, 19) : "Unknown";
};

const isUnlimitedWord = (text: string): boolean => {
  if (text.length > "UNLIMITED".length) return false;
  const word = text.toUpperCase();
  return word === "INFINITE" || word === "UNLIMITED";
};

const secondsOf = (days: number | undefined, parts: readonly number[]): number => {
  const [a = 0, b = 0, c = 0] = parts;
  if (days !== undefined) return days * 86_400 + a * 3600 + b * 60 + c;
  return parts.length === 3 ? a * 3600 + b * 60 + c : a * 60 + b;
};

const unitS = (unit: string): number | undefined => {
  switch (unit) {
    case "w":
      return 604_800;
    case "d":
      return 86_400;
    case "h":
      return 3600;
    case "m":
      return 60;
    case "s":
      return 1;
    default:
      return undefined;
  }
};

const bounded = (seconds: number, forms: string): Parsed<number> =>
  seconds <= MAX_TIME_S ? parsed(seconds) : bad(`the time is longer than ${MAX_TIME_S} seconds`, 0, forms);

/** A duration that fell through to Slurm's forms is refused with all the forms that would have done. */
const withForms = (result: Parsed<number>): Parsed<number> =>
  result.ok || result.code === "TOO_LARGE"
    ? result
    : { ...result, message: result.message.replace(TIME_FORMS, DURATION_FORMS) };

const split = (seconds: number): { d: number; h: number; m: number; s: number } => {
  const whole = Math.floor(seconds);
  return {
    d: Math.floor(whole / 86_400),
    h: Math.floor(whole / 3600) % 24,
    m: Math.floor(whole / 60) % 60,
    s: whole % 60,
  };
};

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`);

const bad = (problem: string, at: number, forms: string): Unparsed =>
  unparsed("INVALID_SPEC", problem, at, forms);
