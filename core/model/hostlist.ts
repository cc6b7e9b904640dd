/**
 * Lists of node names in Slurm's bracket form, both ways: `rack[0-1]_blade[2-3]` to four names, four names to the
 * shortest list. Pure; the number of names is known and checked before the first is made.
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

/** Most names that a list may stand for, and most numbers of one range. */
export const MAX_HOSTS = 65_536;
/** Longest name that a list may make. */
export const MAX_HOST_NAME_LENGTH = 255;
const MAX_BRACKETS = 16;
/** More digits than this are a literal: a number of so many is exact. */
const MAX_DIGITS = 15;
export const HOSTLIST_FORMS = "node names like n1,n2 or n[1-3,7],gpu[008-010]";

/** Names in the order of the list, repeats kept; the last bracket varies fastest. Blank text has no names. */
export const expandHostlist = (text: string, max = MAX_HOSTS): Parsed<string[]> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const names: string[] = [];
  let at = skipBlanks(text, 0);
  if (at === text.length) return parsed(names);
  for (;;) {
    const item = readItem(text, at);
    if (!item.ok) return item;
    if (names.length + item.value.count > max) return bad(`the list has more than ${max} names`, at);
    appendNames(names, item.value.segments);
    const end = skipBlanks(text, item.value.end);
    if (end === text.length) return parsed(names);
    at = text[end] === "," ? skipBlanks(text, end + 1) : end;
  }
};

/** The names as a bracket list, in their order and with repeats: neighbours that share a prefix share a bracket. */
export const compressHostlist = (names: readonly string[]): string => {
  const items: string[] = [];
  let prefix = "";
  let pieces: string[] = [];
  let run: Run | undefined;
  const closeBracket = (): void => {
    if (run === undefined) return;
    pieces.push(printRun(run));
    const single = pieces.length === 1 && run.first === run.last;
    items.push(single ? prefix + run.firstText : `${prefix}[${pieces.join(",")}]`);
    pieces = [];
    run = undefined;
  };
  for (const name of names) {
    const cut = numberStart(name);
    if (cut === name.length) {
      closeBracket();
      items.push(name);
      continue;
    }
    const digits = name.slice(cut);
    const number = readNumber(digits, 0, digits.length);
    if (run !== undefined && name.slice(0, cut) !== prefix) closeBracket();
    prefix = name.slice(0, cut);
    if (run !== undefined && continues(run, number, digits)) {
      run.last = number;
      run.lastText = digits;
      continue;
    }
    if (run !== undefined) pieces.push(printRun(run));
    run = { first: number, last: number, firstText: digits, lastText: digits };
  }
  closeBracket();
  return items.join(",");
};

/** As compressHostlist, of the names in natural order. */
export const compressSorted = (names: readonly string[]): string =>
  compressHostlist([...names].sort(compareHostNames));

/** Natural order: numbers inside names compare as numbers, so n9 is before n10. Equal only for equal names. */
export const compareHostNames = (a: string, b: string): number => {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (isDigit(a, i) && isDigit(b, j)) {
      const aEnd = digitsEnd(a, i);
      const bEnd = digitsEnd(b, j);
      const order = compareDigits(a, i, aEnd, b, j, bEnd);
      if (order !== 0) return order;
      i = aEnd;
      j = bEnd;
    } else {
      const order = a.charCodeAt(i) - b.charCodeAt(j);
      if (order !== 0) return order;
      i++;
      j++;
    }
  }
  const rest = a.length - i - (b.length - j);
  if (rest !== 0) return rest;
  return a < b ? -1 : a > b ? 1 : 0;
};

interface NumberRange {
  readonly first: number;
  readonly last: number;
  /** Numbers are padded with zeros to so many digits. */
  readonly width: number;
}

type Segment = string | readonly NumberRange[];

interface Item {
  readonly segments: readonly Segment[];
  /** Names that the item stands for. */
  readonly count: number;
  readonly end: number;
}

const readItem = (text: string, start: number): Parsed<Item> => {
  const segments: Segment[] = [];
  let count = 1;
  let length = 0;
  let brackets = 0;
  let at = start;
  while (at < text.length && text[at] !== "," && !isBlank(text, at)) {
    if (text[at] === "[") {
      if (++brackets > MAX_BRACKETS) return bad(`a name has more than ${MAX_BRACKETS} brackets`, at);
      const bracket = readBracket(text, at + 1);
      if (!bracket.ok) return bracket;
      segments.push(bracket.value.ranges);
      count *= bracket.value.count;
      length += bracket.value.length;
      at = bracket.value.end;
    } else {
      const end = literalEnd(text, at);
      if (end === at) return bad(`${found(text, at)} does not belong in a name`, at);
      segments.push(text.slice(at, end));
      length += end - at;
      at = end;
    }
    if (count > MAX_HOSTS) return bad(`a name stands for more than ${MAX_HOSTS} names`, start);
    if (length > MAX_HOST_NAME_LENGTH)
      return bad(`a name is longer than ${MAX_HOST_NAME_LENGTH} characters`, start);
  }
  if (segments.length === 0) return bad(`a name is missing before ${found(text, at)}`, at);
  return parsed({ segments, count, end: at });
};

const readBracket = (
  text: string,
  start: number,
): Parsed<{ ranges: NumberRange[]; count: number; length: number; end: number }> => {
  const ranges: NumberRange[] = [];
  let count = 0;
  let length = 0;
  for (let at = start; ; ) {
    const range = readRange(text, at);
    if (!range.ok) return range;
    const { first, last, width, end } = range.value;
    count += last - first + 1;
    if (count > MAX_HOSTS) return bad(`a bracket stands for more than ${MAX_HOSTS} numbers`, at);
    length = Math.max(length, width, end - at);
    ranges.push(range.value);
    if (text[end] === "]") return parsed({ ranges, count, length, end: end + 1 });
    if (text[end] !== ",") return bad(`${found(text, end)} stands where , or ] belongs`, end);
    at = end + 1;
  }
};

const readRange = (text: string, at: number): Parsed<NumberRange & { end: number }> => {
  let end = digitsEnd(text, at);
  if (end === at) return bad(`a number is missing before ${found(text, at)}`, at);
  if (end - at > MAX_DIGITS) return bad(`a number has more than ${MAX_DIGITS} digits`, at);
  const width = end - at;
  const first = readNumber(text, at, end);
  let last = first;
  if (text[end] === "-") {
    const from = end + 1;
    end = digitsEnd(text, from);
    if (end === from) return bad(`a number is missing before ${found(text, from)}`, from);
    if (end - from > MAX_DIGITS) return bad(`a number has more than ${MAX_DIGITS} digits`, from);
    last = readNumber(text, from, end);
    if (last < first) return bad("a range runs backwards", at);
  }
  return parsed({ first, last, width, end });
};

/** Multiplies an item out; its count and its longest name are bounded already. */
const appendNames = (names: string[], segments: readonly Segment[]): void => {
  let made = [""];
  for (const segment of segments) {
    if (typeof segment === "string") {
      made = made.map((name) => name + segment);
      continue;
    }
    const longer: string[] = [];
    for (const name of made) {
      for (const { first, last, width } of segment) {
        for (let n = first; n <= last; n++) longer.push(name + `${n}`.padStart(width, "0"));
      }
    }
    made = longer;
  }
  for (const name of made) names.push(name);
};

interface Run {
  readonly first: number;
  readonly firstText: string;
  last: number;
  lastText: string;
}

/** Whether a number goes on a run so that the range reads back as the same names. */
const continues = (run: Run, number: number, digits: string): boolean =>
  number === run.last + 1 &&
  digits === `${number}`.padStart(run.firstText.length, "0") &&
  number - run.first < MAX_HOSTS;

const printRun = (run: Run): string =>
  run.first === run.last ? run.firstText : `${run.firstText}-${run.lastText}`;

/** Index of the number that ends a name; its length when none does. */
const numberStart = (name: string): number => {
  let start = name.length;
  while (start > 0 && name.length - start < MAX_DIGITS && isDigit(name, start - 1)) start--;
  return start;
};

const compareDigits = (
  a: string,
  aFrom: number,
  aEnd: number,
  b: string,
  bFrom: number,
  bEnd: number,
): number => {
  let i = aFrom;
  let j = bFrom;
  while (i < aEnd - 1 && a[i] === "0") i++;
  while (j < bEnd - 1 && b[j] === "0") j++;
  if (aEnd - i !== bEnd - j) return aEnd - i - (bEnd - j);
  for (; i < aEnd; i++, j++) {
    const order = a.charCodeAt(i) - b.charCodeAt(j);
    if (order !== 0) return order;
  }
  return 0;
};

/** Names are printable and have none of the characters that the list itself, or its functions, are written with. */
const literalEnd = (text: string, at: number): number => {
  let end = at;
  while (
    end < text.length &&
    !isBlank(text, end) &&
    !isControl(text, end) &&
    !"[],{}".includes(text.charAt(end))
  )
    end++;
  return end;
};

const isBlank = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code === 32 || (code >= 9 && code <= 13);
};

const isControl = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code < 32 || code === 127;
};

const skipBlanks = (text: string, at: number): number => {
  let end = at;
  while (end < text.length && isBlank(text, end)) end++;
  return end;
};

const bad = (problem: string, at: number): Unparsed =>
  unparsed("INVALID_NODE_NAME", problem, at, HOSTLIST_FORMS);
