/**
 * What --time-min and --deadline come to: the shortest limit that a job may start with, the one that it is planned with,
 * and whether it can still end in time. Looked at when a job is admitted, planned, started and watched. Pure.
 */
import type { Job } from "./job.ts";
import type { JobSpec } from "./job-spec.ts";

/** A job with a deadline that asked no limit of its own is content with this. */
const LEAST_LIMIT_S = 60;
const MINUTE_S = 60;

/** What a submission says of its times. */
export type TimesAsked = Pick<JobSpec, "timeLimitS" | "timeMinS" | "deadlineS">;

type Limited = Pick<Job, "timeLimitS"> & { readonly spec: TimesAsked };

/** Seconds; below this it is not started. */
export function shortestLimitS({ spec, timeLimitS }: Limited): number {
  if (spec.timeMinS !== undefined) return Math.min(spec.timeMinS, timeLimitS);
  const isOwn = spec.timeLimitS !== undefined || spec.deadlineS === undefined;
  return isOwn ? timeLimitS : Math.min(LEAST_LIMIT_S, timeLimitS);
}

/** What it is planned with: a job that is content with less is planned so, and gets more where there is room. */
export const plannedLimitS = ({ spec, timeLimitS }: Limited): number =>
  Math.min(spec.timeMinS ?? timeLimitS, timeLimitS);

/** Whether a job that starts at `startS` may still end by its deadline. */
export const canEndInTime = (job: Limited, startS: number): boolean =>
  job.spec.deadlineS === undefined || startS + shortestLimitS(job) <= job.spec.deadlineS;

/** The limit of a job that starts at `startS` and is to end by `untilS`: whole minutes where that is long enough. */
export function limitUntilS(job: Limited, startS: number, untilS: number): number {
  const leftS = Math.min(untilS, job.spec.deadlineS ?? Number.POSITIVE_INFINITY) - startS;
  if (leftS >= job.timeLimitS) return job.timeLimitS;
  return Math.max(shortestLimitS(job), Math.floor(leftS / MINUTE_S) * MINUTE_S);
}
