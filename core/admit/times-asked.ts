/** The shortest limit that a job is content with, and the time by which it must have ended. Pure. */
import { limitUntilS, shortestLimitS, type TimesAsked } from "../model/limit-asked.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import { UNLIMITED_S } from "../model/time.ts";

/**
 * What is wrong with --time-min and --deadline. A job that cannot end in time though it started as soon as it may is
 * refused; `timeLimitS` and `beginS` are as admitted.
 */
export function checkTimes(
  spec: TimesAsked,
  timeLimitS: number,
  beginS: number,
  nowS: number,
): Refusal | undefined {
  const { timeMinS, deadlineS } = spec;
  if (timeMinS !== undefined) {
    const isLimit = Number.isInteger(timeMinS) && timeMinS >= 1 && timeMinS <= UNLIMITED_S;
    const details = { asked: timeMinS, most: timeLimitS };
    if (!isLimit) return refuse("INVALID_TIME_MIN", "--time-min is no time", details).refusal;
    if (timeMinS > timeLimitS) {
      const message = `--time-min ${timeMinS} s is above the time limit of ${timeLimitS} s`;
      return refuse("INVALID_TIME_MIN", message, details).refusal;
    }
  }
  if (deadlineS === undefined) return undefined;
  const shortestS = shortestLimitS({ spec, timeLimitS });
  const leftS = deadlineS - Math.max(nowS, beginS);
  if (Number.isFinite(leftS) && leftS >= shortestS) return undefined;
  const message = `the deadline leaves ${Math.floor(leftS)} s from the first possible start, and the job needs ${shortestS} s`;
  return refuse("INVALID_TIME_LIMIT", message, { asked: shortestS, most: Math.floor(leftS) }).refusal;
}

/** The limit of a job whose times are right: one that asked none has what its deadline leaves, at most the default. */
export const limitWithinDeadlineS = (
  spec: TimesAsked,
  timeLimitS: number,
  beginS: number,
  nowS: number,
): number =>
  spec.timeLimitS === undefined
    ? limitUntilS({ spec, timeLimitS }, Math.max(nowS, beginS), Number.POSITIVE_INFINITY)
    : timeLimitS;
