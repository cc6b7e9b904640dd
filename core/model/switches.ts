/** The most leaf switches that a job's nodes may hang on and how long it waits for that, `2@1:00:00`. Pure. */
import { digitsEnd, found, type Parsed, parsed, readNumber, tooLong, unparsed } from "./parse-result.ts";
import { parseTimeLimit } from "./time.ts";

export interface Switches {
  /** 1 .. 65,535. */
  readonly count: number;
  /** Seconds after which it takes any nodes; absent for what the site allows at most. */
  readonly waitS?: number;
}

export const SWITCHES_FORMS = "a number of switches and a time, like 2 or 2@60";
const MAX_SWITCHES = 65_535;

export const parseSwitches = (text: string): Parsed<Switches> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const bad = (problem: string, at: number) => unparsed("INVALID_SPEC", problem, at, SWITCHES_FORMS);
  const end = digitsEnd(text, 0);
  const count = readNumber(text, 0, end);
  if (end === 0 || count < 1 || count > MAX_SWITCHES) return bad(`a count is not 1 to ${MAX_SWITCHES}`, 0);
  if (end === text.length) return parsed({ count });
  if (text[end] !== "@") return bad(`${found(text, end)} is not @`, end);
  const wait = parseTimeLimit(text.slice(end + 1));
  return wait.ok ? parsed({ count, waitS: wait.value }) : bad("the time is not understood", end + 1);
};
