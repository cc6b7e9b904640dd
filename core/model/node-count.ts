/** Node counts of `-N`: `2`, `2-4`, `1,3,5`, `1-9:2`, `1k-2k`. Pure. */
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

export interface NodeCount {
  /** Fewest nodes, >= 1. */
  readonly min: number;
  /** Most nodes, >= min. */
  readonly max: number;
  /** The only counts that will do, ascending, from min to max; absent where every count between them will. */
  readonly list?: readonly number[];
}

/** Largest count that is understood; whether a cluster has so many nodes is for admission to say. */
export const MAX_NODE_COUNT = 2_147_483_647;
/** Largest count in a list, and most counts in one. */
export const MAX_LISTED_NODE_COUNT = 65_536;
export const NODE_COUNT_FORMS = "node counts like 2, 2-4, 1,3,5 or 1-9:2, at least 1";

/** One number is both the fewest and the most. Suffixes k and m (1,024 and its square) in the plain forms. */
export const parseNodeCount = (text: string): Parsed<NodeCount> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  if (text.includes(",") || text.includes(":")) return parseList(text);
  const min = readCount(text, 0);
  if (!min.ok) return min;
  let { count: max, end } = min.value;
  if (text[end] === "-") {
    const upper = readCount(text, end + 1);
    if (!upper.ok) return upper;
    ({ count: max, end } = upper.value);
  }
  if (end < text.length) return bad(`${found(text, end)} does not belong in a node count`, end);
  if (max < min.value.count) return bad("the maximum is below the minimum", 0);
  return parsed({ min: min.value.count, max });
};

/** `2`, `2-4`, or the list with ranges. */
export const printNodeCount = (count: NodeCount): string => {
  if (count.list !== undefined) return printRanges(count.list);
  return count.min === count.max ? `${count.min}` : `${count.min}-${count.max}`;
};

const parseList = (text: string): Parsed<NodeCount> => {
  const counts = expandRanges(text, 0, text.length, {
    maxValue: MAX_LISTED_NODE_COUNT,
    maxCount: MAX_LISTED_NODE_COUNT,
    noun: "count in a list",
    code: "INVALID_NODE_COUNT",
    forms: NODE_COUNT_FORMS,
  });
  if (!counts.ok) return counts;
  const list = Array.from(counts.value);
  const min = list[0]!;
  const max = list[list.length - 1]!;
  if (min === 0) return bad("a node count is 0", 0);
  // Counts without a gap are a plain range.
  return parsed(max - min + 1 === list.length ? { min, max } : { min, max, list });
};

const readCount = (text: string, at: number): Parsed<{ count: number; end: number }> => {
  let end = digitsEnd(text, at);
  if (end === at) return bad(`a number is missing before ${found(text, at)}`, at);
  let count = readNumber(text, at, end);
  const suffix = text.charAt(end).toLowerCase();
  if (suffix === "k" || suffix === "m") {
    count *= suffix === "k" ? 1024 : 1024 * 1024;
    end++;
  }
  if (count === 0) return bad("a node count is 0", at);
  if (count > MAX_NODE_COUNT) return bad(`a node count is above ${MAX_NODE_COUNT}`, at);
  return parsed({ count, end });
};

const bad = (problem: string, at: number): Unparsed =>
  unparsed("INVALID_NODE_COUNT", problem, at, NODE_COUNT_FORMS);
