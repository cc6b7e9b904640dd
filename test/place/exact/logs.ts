/** Random logs of jobs, and planners that run them. */
import fc from "fast-check";
import type { PlacementPolicy } from "../../../core/model/policy.ts";
import { firstFitPlacement } from "../../../core/place/fallback.ts";
import type { Planner } from "../../../core/place/planner.ts";
import type { PlanOptions, Promises } from "../../../core/place/queue.ts";
import type { PlanPass } from "./history.ts";
import type { LogJob } from "./machine.ts";

const fallback = firstFitPlacement();

/** CPUs of the machine that the logs are for. */
export const CPUS = 8;

export const logs: fc.Arbitrary<LogJob[]> = fc
  .array(
    fc.record({
      gapS: fc.constantFrom(0, 0, 0, 1, 2, 5, 30),
      cpus: fc.integer({ min: 1, max: CPUS }),
      limitS: fc.integer({ min: 1, max: 30 }),
      early: fc.constantFrom(0, 0, 0.3, 0.8),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((jobs) => {
    let submitS = 1000;
    return jobs.map(({ gapS, cpus, limitS, early }) => {
      submitS += gapS;
      return { submitS, cpus, limitS, runS: Math.max(1, Math.round(limitS * (1 - early))) };
    });
  });

/** Plans with these options; in the modes `conservative` and `planned` what was promised is kept from pass to pass. */
export function planWith(
  planner: Planner,
  options: Omit<PlanOptions, "gresParent">,
  placement: PlacementPolicy = fallback,
): PlanPass {
  let promises: Promises | undefined;
  return (tables, ranked, isEnd) => {
    const all = { placesNewOnly: !isEnd, ...options, gresParent: [], promises };
    const made = planner.plan(tables, ranked, all, { placement, fallback });
    promises = {
      jobId: tables.pending.columns.jobId.slice(0, tables.pending.count),
      startS: made.expectedStartS.slice(),
    };
    return made;
  };
}
