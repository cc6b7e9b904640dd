/**
 * Lists of whole numbers with ranges and steps, `0-3,7,10-20:5`: the common part of job arrays, node counts and index
 * lists. Pure; work is bounded by the limits that the caller names.
 */
import {
  digitsEnd,
  found,
  type ParseCode,
  type Parsed,
  parsed,
  readNumber,
  type Unparsed,
  unparsed,
} from "./parse-result.ts";

export interface RangeLimits {
  /** Largest number that may be named. */
  readonly maxValue: number;
  /** Most distinct numbers. */
  readonly maxCount: number;
  /** What a number is, for messages: `task id`. */
  readonly noun: string;
  readonly code: ParseCode;
  /** The accepted forms, for messages. */
  readonly forms: string;
}

/** A list may name numbers again, but not more often than this, so that no text costs more than its worth. */
export const MAX_REPEATS = 16;

/** Distinct numbers of `text[from, to)`, ascending. */
export const expandRanges = (
  text: string,
  from: number,
  to: number,
  limits: RangeLimits,
): Parsed<Int32Array> => {
  const ranges = readRanges(text, from, to, limits);
  if (!ranges.ok) return ranges;
  const top = ranges.value.reduce((most, range) => Math.max(most, range.last), 0);
  const marks = new Uint8Array(top + 1);
  let count = 0;
  for (const range of ranges.value) {
    for (let n = range.first; n <= range.last; n += range.step) {
      if (marks[n] === 0) {
        marks[n] = 1;
        count++;
      }
    }
  }
  if (count > limits.maxCount) return tooMany(from, limits);
  const numbers = new Int32Array(count);
  for (let n = 0, i = 0; n <= top; n++) if (marks[n] === 1) numbers[i++] = n;
  return parsed(numbers);
};

/** Ascending distinct numbers as `0-3,7`; the inverse of expandRanges, without steps. */
export const printRanges = (ascending: ArrayLike<number>): string => {
  const pieces: string[] = [];
  for (let i = 0; i < ascending.length; ) {
    const first = ascending[i]!;
    let last = first;
    i++;
    while (i < ascending.length && ascending[i] === last + 1) {
      last++;
      i++;
    }
    pieces.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return pieces.join(",");
};

interface NumberRange {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

const readRanges = (text: string, from: number, to: number, limits: RangeLimits): Parsed<NumberRange[]> => {
  const ranges: NumberRange[] = [];
  let named = 0;
  for (let at = from; ; ) {
    const range = readRange(text, at, limits);
    if (!range.ok) return range;
    const { first, last, step, end } = range.value;
    named += Math.floor((last - first) / step) + 1;
    if (named > limits.maxCount * MAX_REPEATS) return tooMany(at, limits);
    ranges.push(range.value);
    if (end >= to) return parsed(ranges);
    if (text[end] !== ",") return bad(`${found(text, end)} is not a comma`, end, limits);
    at = end + 1;
  }
};

const readRange = (text: string, at: number, limits: RangeLimits): Parsed<NumberRange & { end: number }> => {
  const first = readBounded(text, at, limits);
  if (!first.ok) return first;
  let end = first.value.end;
  let last = first.value.number;
  let step = 1;
  if (text[end] === "-") {
    const upper = readBounded(text, end + 1, limits);
    if (!upper.ok) return upper;
    if (upper.value.number < last) return bad("a range runs backwards", at, limits);
    ({ number: last, end } = upper.value);
    if (text[end] === ":") {
      const stride = readBounded(text, end + 1, limits);
      if (!stride.ok) return stride;
      if (stride.value.number === 0) return bad("a step is 0", end + 1, limits);
      ({ number: step, end } = stride.value);
    }
  }
  return parsed({ first: first.value.number, last, step, end });
};

const readBounded = (
  text: string,
  at: number,
  limits: RangeLimits,
): Parsed<{ number: number; end: number }> => {
  const end = digitsEnd(text, at);
  if (end === at) return bad(`a number is missing before ${found(text, at)}`, at, limits);
  const number = readNumber(text, at, end);
  if (number > limits.maxValue) return bad(`a ${limits.noun} is above ${limits.maxValue}`, at, limits);
  return parsed({ number, end });
};

const tooMany = (at: number, limits: RangeLimits): Unparsed =>
  bad(`more than ${limits.maxCount} numbers are named`, at, limits);

const bad = (problem: string, at: number, limits: RangeLimits): Unparsed =>
  unparsed(limits.code, problem, at, limits.forms);
