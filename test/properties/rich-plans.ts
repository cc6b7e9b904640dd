/**
 * Random histories with all that a site may have beside plain jobs: reservations that come, change and go, preemption,
 * heterogeneous jobs, deadlines, limits that may be shortened. For fast-check; what most jobs have is drawn most often.
 */
import fc from "fast-check";
import type { ReservationFlag } from "../../core/model/reservation.ts";
import {
  type HistoryPlan,
  type JobPlan,
  job,
  limits,
  MOST_NODES,
  MOST_STEPS,
  node,
  type PreemptPlan,
  pick,
  type ReservationPlan,
  type Step,
  seldom,
  step,
  waitS,
} from "./plans.ts";

const MOST_COMPONENTS = 3;

const richJob: fc.Arbitrary<JobPlan> = fc
  .record({
    any: job,
    qos: fc.constantFrom("", "", "thin", "high") as fc.Arbitrary<JobPlan["qos"]>,
    reservation: seldom(0, 1, 2),
    deadlineInS: seldom(0, 60, 1500, 20_000),
    timeMin: seldom(0, 1, 2),
    requeueAllowed: seldom(true, false),
  })
  .map(({ any, ...rest }) => ({ ...any, ...rest }));

/** A component: no array, no reservation, and what it depends on is its leader's. */
const component: fc.Arbitrary<JobPlan> = richJob.map((any) => ({
  ...any,
  arrayTasks: 0,
  reservation: 0,
  nodes: Math.min(2, any.nodes),
  partitions: any.partitions.slice(0, 1),
}));

const flags = fc.constantFrom<readonly ReservationFlag[]>(
  [],
  [],
  [],
  ["MAINT"],
  ["FLEX"],
  ["OVERLAP"],
  ["IGNORE_JOBS"],
  ["MAINT", "IGNORE_JOBS"],
  ["HOURLY"],
  ["DAILY"],
  ["DAILY", "NO_HOLD_JOBS_AFTER_END"],
);
const lengthS = fc.constantFrom(60, 600, 1800, 3000, 20_000);
const rows = fc.uniqueArray(fc.nat({ max: MOST_NODES - 1 }), { minLength: 1, maxLength: MOST_NODES });
const owners = {
  users: seldom<readonly string[]>([], ["alice"], ["-alice"], ["alice", "bob"]),
  accounts: seldom<readonly string[]>([], ["physics"], ["-physics"]),
};

const reservation: fc.Arbitrary<ReservationPlan> = fc.record({
  nodes: rows,
  startInS: fc.oneof(fc.constantFrom(0, 60, 600), fc.integer({ min: 0, max: 20_000 })),
  lengthS,
  flags,
  ...owners,
});

const richStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ waitS, kind: fc.constant("submit" as const), job: richJob }) },
  { weight: 7, arbitrary: step },
  {
    weight: 3,
    arbitrary: fc.record({
      waitS,
      kind: fc.constant("submitHet" as const),
      jobs: fc.array(component, { minLength: 2, maxLength: MOST_COMPONENTS }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ waitS, kind: fc.constant("reserve" as const), reservation }) },
  {
    weight: 1,
    arbitrary: fc.record({
      waitS,
      kind: fc.constant("rereserve" as const),
      pick,
      reservation: fc.record(
        { nodes: rows, startInS: fc.constantFrom(0, 600), lengthS, ...owners },
        { requiredKeys: [] },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ waitS, kind: fc.constant("unreserve" as const), pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      waitS,
      kind: fc.constant("partitions" as const),
      pick,
      partitions: fc.constantFrom(["all"], ["few", "all"], ["top"]),
    }),
  },
  { weight: 1, arbitrary: fc.record({ waitS, kind: fc.constant("limit" as const), pick, limitS: limits }) },
);

const preempt: fc.Arbitrary<PreemptPlan> = fc.record({
  by: fc.constantFrom("none", "qos", "partition"),
  mode: fc.constantFrom("cancel", "requeue"),
  exemptTimeS: seldom(0, 300),
  graceS: fc.constantFrom(0, 5, 40),
});

/** Clusters of unlike nodes, with everything. */
export const richPlans: fc.Arbitrary<HistoryPlan> = fc.record({
  hasFew: fc.boolean(),
  hasLimits: seldom(false, true),
  preempt,
  nodes: fc.array(node, { minLength: 1, maxLength: MOST_NODES }),
  steps: fc.array(richStep, { minLength: 1, maxLength: MOST_STEPS, size: "max" }),
});
