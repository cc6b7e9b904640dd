/**
 * How long a job is taken to run: its time limit, or that part of it which its user's past jobs used. Pure.
 */
import { UNLIMITED_S } from "../../model/time.ts";
import type { HistoryView } from "../../model/views.ts";

export const ENDS = ["limit", "observed"] as const;
export type Ends = (typeof ENDS)[number];

/** Seconds that a job of this user with this limit runs, at least 1; Infinity for one without a limit. */
export type RunLength = (user: string, timeLimitS: number) => number;

/** Past jobs of a user below which his limits are believed. */
const MIN_PAST_JOBS = 3;

export const atLimit: RunLength = (_user, timeLimitS) =>
  timeLimitS >= UNLIMITED_S ? Number.POSITIVE_INFINITY : Math.max(1, timeLimitS);

/** By the median of run over limit of each user's jobs that ran. */
export function asObserved(history: readonly HistoryView[]): RunLength {
  const ratios = new Map<string, number[]>();
  for (const { user, startS, endS, timeLimitS, state } of history) {
    const hasRun = startS > 0 && endS >= startS && timeLimitS > 0 && timeLimitS < UNLIMITED_S;
    if (!hasRun || state === "NODE_FAIL" || state === "PREEMPTED") continue;
    const own = ratios.get(user) ?? [];
    own.push(Math.min(1, (endS - startS) / timeLimitS));
    ratios.set(user, own);
  }
  const medians = new Map([...ratios].map(([user, list]) => [user, medianOf(list)]));
  return (user, timeLimitS) => {
    const ratio = medians.get(user);
    const limitS = atLimit(user, timeLimitS);
    return ratio === undefined || limitS === Number.POSITIVE_INFINITY
      ? limitS
      : Math.max(1, Math.round(limitS * ratio));
  };
}

function medianOf(list: number[]): number | undefined {
  if (list.length < MIN_PAST_JOBS) return undefined;
  return list.sort((a, b) => a - b)[list.length >> 1];
}
