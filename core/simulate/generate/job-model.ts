/** What a workload model gives for each job before it is known when the job is submitted. Types and shared figures. */

/** A job, with the time since the one before in units of the model's own. */
export interface DrawnJob {
  /** >= 0; only its share of the sum of all counts, since arrivals are scaled to the load. */
  readonly gap: number;
  readonly nodes: number;
  /** Of each node. */
  readonly cpus: number;
  readonly gpusPerNode: number;
  readonly timeLimitS: number;
  /** 1 .. timeLimitS */
  readonly runS: number;
  readonly user: number;
}

/** Draws one job after the other; each call goes on where the last stopped. */
export interface JobModel {
  next(): DrawnJob;
  /** How often jobs come at each half hour of the day, relative; they are normalised. */
  readonly dailyWeights: readonly number[];
}

const MAX_USERS = 1000;

/** Users of a workload: more with more jobs. */
export const userCount = (jobs: number): number =>
  Math.max(1, Math.min(MAX_USERS, Math.round(Math.sqrt(jobs))));

/** The smallest of these limits (ascending) that is no less than `wantedS`; the largest when none is. */
export function roundedUp(wantedS: number, limitsS: readonly number[]): number {
  for (const limitS of limitsS) if (limitS >= wantedS) return limitS;
  return limitsS[limitsS.length - 1]!;
}

/** The largest of these limits (ascending) that is no more than `wantedS`; undefined when none is. */
export function roundedDown(wantedS: number, limitsS: readonly number[]): number | undefined {
  for (let i = limitsS.length - 1; i >= 0; i--) if (limitsS[i]! <= wantedS) return limitsS[i]!;
  return undefined;
}
