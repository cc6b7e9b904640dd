/**
 * Job arrays, `0-15:3,20%4`: which tasks, how many at once, and how the waiting rest is shown. Pure; an array's size
 * is checked before anything of that size is made.
 */
import {
  digitsEnd,
  found,
  type Parsed,
  parsed,
  readNumber,
  tooLong,
  type Unparsed,
  unparsed,
} from "./parse-result.ts";
import { expandRanges, printRanges } from "./ranges.ts";

export interface ArraySpec {
  /** Task ids, ascending, each once, at least one. */
  readonly tasks: Int32Array;
  /** Most tasks that run at once; 0 for no limit. */
  readonly throttle: number;
  /** As the user wrote it. */
  readonly text: string;
}

export const MAX_TASK_ID = 1_000_000;
export const MAX_TASKS = 100_001;
/** Bytes that Slurm gives to the list in a display id (SLURM_BITSTR_LEN), by default and at most. */
export const DISPLAY_BYTES = 64;
const MAX_DISPLAY_BYTES = 4096;
const MAX_THROTTLE = 2_147_483_647;
/** A task id above this is refused whatever limit the caller names: ids are marked in memory of this many bytes. */
const HIGHEST_TASK_ID = 4_194_303;
export const ARRAY_FORMS = "task ids like 0-15, 1,3,5 or 0-100:10%4";

/** `list|a-b[:step][%max]`, also in the brackets that display ids have. `maxTaskId` is the largest id allowed. */
export const parseArray = (
  text: string,
  maxTaskId = MAX_TASK_ID,
  maxTasks = MAX_TASKS,
): Parsed<ArraySpec> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const parts = locate(text);
  if (!parts.ok) return parts;
  const { from, to, throttle } = parts.value;
  const tasks = expandRanges(text, from, to, {
    maxValue: Math.min(maxTaskId, HIGHEST_TASK_ID),
    maxCount: maxTasks,
    noun: "task id",
    code: "INVALID_ARRAY",
    forms: ARRAY_FORMS,
  });
  return tasks.ok ? parsed({ tasks: tasks.value, throttle, text }) : tasks;
};

/** Step for SLURM_ARRAY_TASK_STEP: that of the first range written with one, else 1. */
export const arrayStep = (spec: ArraySpec): number => {
  const colon = spec.text.indexOf(":");
  return colon < 0 ? 1 : readNumber(spec.text, colon + 1, digitsEnd(spec.text, colon + 1));
};

/**
 * Ascending task ids as Slurm lists them, with `%throttle` unless it is 0: `0-3`, `1,3,5`, and `0-20:2` only where the
 * ids are evenly spaced over more than ten, as Slurm does.
 */
export const printArray = (tasks: ArrayLike<number>, throttle: number): string =>
  `${printStepped(tasks) ?? printRanges(tasks)}${printThrottle(throttle)}`;

/**
 * Display id of an array's waiting rest, `2_[2-3%2]`. The list is cut as Slurm cuts it: it has `maxBytes` bytes with
 * an end mark, and one that does not fit ends in `...`; 0 for no limit, at most 4,096.
 */
export const printArrayDisplay = (
  arrayJobId: number,
  tasks: ArrayLike<number>,
  throttle: number,
  maxBytes = DISPLAY_BYTES,
): string => {
  const list = printStepped(tasks) ?? cut(printRanges(tasks), Math.min(maxBytes, MAX_DISPLAY_BYTES));
  return `${arrayJobId}_[${list}${printThrottle(throttle)}]`;
};

/** Where the list lies in the text, and the limit beside it. */
const locate = (text: string): Parsed<{ from: number; to: number; throttle: number }> => {
  let from = 0;
  let to = text.length;
  let percent = text.indexOf("%");
  if (text[0] === "[") {
    from = 1;
    to = text.indexOf("]");
    if (to < 0) return bad("a bracket is not closed", text.length);
    if (percent >= 0 && percent < to) {
      if (to + 1 < text.length) return bad(`${found(text, to + 1)} follows the bracket`, to + 1);
      return withThrottle(text, from, percent, to);
    }
    percent = to + 1 < text.length ? to + 1 : -1;
    if (percent >= 0 && text[percent] !== "%")
      return bad(`${found(text, percent)} follows the bracket`, percent);
    return percent < 0
      ? parsed({ from, to, throttle: 0 })
      : withThrottle(text, from, percent, text.length, to);
  }
  return percent < 0 ? parsed({ from, to, throttle: 0 }) : withThrottle(text, from, percent, to);
};

const withThrottle = (
  text: string,
  from: number,
  percent: number,
  end: number,
  to = percent,
): Parsed<{ from: number; to: number; throttle: number }> => {
  const digits = digitsEnd(text, percent + 1);
  if (digits === percent + 1 || digits !== end)
    return bad("a number belongs after %, and nothing after it", digits);
  const throttle = readNumber(text, percent + 1, digits);
  if (throttle > MAX_THROTTLE) return bad(`the limit after % is above ${MAX_THROTTLE}`, percent + 1);
  return parsed({ from, to, throttle });
};

const printStepped = (tasks: ArrayLike<number>): string | undefined => {
  const MIN_SPAN = 10;
  const first = tasks[0];
  const last = tasks[tasks.length - 1];
  if (first === undefined || last === undefined || last - first <= MIN_SPAN) return undefined;
  const step = tasks[1]! - first;
  if (step === 1 || first + step * (tasks.length - 1) !== last) return undefined;
  for (let i = 2; i < tasks.length; i++) if (tasks[i]! - tasks[i - 1]! !== step) return undefined;
  return `${first}-${last}:${step}`;
};

const printThrottle = (throttle: number): string => (throttle > 0 ? `%${throttle}` : "");

const cut = (list: string, bytes: number): string => {
  if (bytes <= 0) return list;
  // The list is written with a comma after each piece into all but one of the bytes, then loses its last character;
  // what then leaves less than two bytes spare ends in dots.
  const written = `${list},`.slice(0, bytes - 1).slice(0, -1);
  if (written.length <= bytes - 3) return written;
  const kept = Math.max(bytes - 4, 0);
  return written.slice(0, kept) + "...".slice(0, bytes - 1 - kept);
};

const bad = (problem: string, at: number): Unparsed => unparsed("INVALID_ARRAY", problem, at, ARRAY_FORMS);
