/** Which jobs of a run did run, and over what time all runs together went. */
import type { Simulation } from "../simulation.ts";

/** Seconds of the workload's clock. */
export interface TimeRange {
  readonly fromS: number;
  /** > fromS */
  readonly toS: number;
}

/** Whether job `i` started and ended: one that admission refused has no times. */
export const didRun = ({ jobs }: Simulation, i: number): boolean =>
  jobs.startS[i]! >= 0 && jobs.endS[i]! >= jobs.startS[i]!;

/** From the first submission to the last end of all the runs. */
export function timeRange(simulations: readonly Simulation[]): TimeRange {
  let fromS = Number.POSITIVE_INFINITY;
  let toS = Number.NEGATIVE_INFINITY;
  for (const simulation of simulations) {
    const { workload, jobs } = simulation;
    for (let i = 0; i < workload.jobs.length; i++) {
      if (!didRun(simulation, i)) continue;
      fromS = Math.min(fromS, workload.jobs[i]!.submitS);
      toS = Math.max(toS, jobs.endS[i]!);
    }
  }
  if (!Number.isFinite(fromS)) return { fromS: 0, toS: 1 };
  return { fromS, toS: Math.max(toS, fromS + 1) };
}
