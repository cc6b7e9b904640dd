/** Counts per node in Slurm's compressed form, `2(x3),1`: SLURM_TASKS_PER_NODE, SLURM_JOB_CPUS_PER_NODE. Pure. */
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

/** Most counts that a text may stand for: one for each node of the largest cluster. */
export const MAX_COUNTS = 65_536;
const MAX_COUNT = 2_147_483_647;
export const COUNTS_FORMS = "counts like 2(x3),1";

/** `[2, 2, 2, 1]` as `2(x3),1`; "" for no counts. */
export const compressCounts = (counts: ArrayLike<number>): string => {
  const pieces: string[] = [];
  for (let i = 0; i < counts.length; ) {
    const count = counts[i]!;
    const start = i;
    while (i < counts.length && counts[i] === count) i++;
    pieces.push(i - start === 1 ? `${count}` : `${count}(x${i - start})`);
  }
  return pieces.join(",");
};

/** The inverse of compressCounts. */
export const expandCounts = (text: string): Parsed<number[]> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const counts: number[] = [];
  if (text === "") return parsed(counts);
  for (let at = 0; ; ) {
    let end = digitsEnd(text, at);
    if (end === at) return bad(`a count is missing before ${found(text, at)}`, at);
    const count = readNumber(text, at, end);
    if (count > MAX_COUNT) return bad(`a count is above ${MAX_COUNT}`, at);
    let times = 1;
    if (text.startsWith("(x", end)) {
      const timesAt = end + 2;
      end = digitsEnd(text, timesAt);
      times = readNumber(text, timesAt, end);
      if (end === timesAt || times === 0) return bad("a repetition is missing after (x", timesAt);
      if (text[end] !== ")") return bad(`${found(text, end)} stands where ) belongs`, end);
      end++;
    }
    if (counts.length + times > MAX_COUNTS) return bad(`there are more than ${MAX_COUNTS} counts`, at);
    for (let i = 0; i < times; i++) counts.push(count);
    if (end === text.length) return parsed(counts);
    if (text[end] !== ",") return bad(`${found(text, end)} is not a comma`, end);
    at = end + 1;
  }
};

const bad = (problem: string, at: number): Unparsed => unparsed("INVALID_SPEC", problem, at, COUNTS_FORMS);
