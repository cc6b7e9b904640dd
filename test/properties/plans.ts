/**
 * Random small clusters and what happens on them, for fast-check: a list of steps, each with the seconds that pass before
 * it, so that a failing history shrinks to few steps. Jobs say how much of their limit they really run.
 */
import fc from "fast-check";
import type { ReservationFlag } from "../../core/model/reservation.ts";

export interface NodePlan {
  readonly cpus: number;
  readonly memMib: number;
  /** Devices by lane: a type, or "nic". */
  readonly devices: readonly string[];
  readonly features: readonly string[];
}

/** Accounts, users, and what a reservation may say of them: absent for all. */
export interface ReservationPlan {
  /** Node rows; those that the cluster has not are left out. */
  readonly nodes: readonly number[];
  readonly startInS: number;
  readonly lengthS: number;
  readonly flags: readonly ReservationFlag[];
  readonly users: readonly string[];
  readonly accounts: readonly string[];
}

/** Who preempts whom, if anybody, and what becomes of the victims. */
export interface PreemptPlan {
  readonly by: "none" | "qos" | "partition";
  readonly mode: "cancel" | "requeue";
  readonly exemptTimeS: number;
  /** Seconds after which a job that is to end has ended. */
  readonly graceS: number;
}

export interface JobPlan {
  readonly nodes: number;
  readonly tasks: number;
  readonly uneven: boolean;
  readonly cpusPerTask: number;
  /** -1: the whole of each node. */
  readonly memMib: number;
  readonly gres: readonly { readonly name: string; readonly count: number }[];
  readonly exclusive: boolean;
  readonly features: string;
  readonly required: readonly number[];
  readonly excluded: readonly number[];
  readonly licences: number;
  readonly user: "alice" | "bob";
  readonly account: "physics" | "biology";
  readonly qos: "" | "thin" | "high";
  readonly partitions: readonly string[];
  readonly limitS: number;
  /** Quarters of the limit that it runs, 1 to 4. */
  readonly quarters: number;
  readonly nice: number;
  /** Seconds from its submission before which it must not start. */
  readonly beginInS: number;
  /** The how manieth submission before this one it follows, 0 for none; and how. */
  readonly after: number;
  readonly afterKind: "after" | "afterany" | "afterok" | "afternotok" | "aftercorr";
  /** Tasks of the array, 0 for a plain job; and how many may run at once, 0 for all. */
  readonly arrayTasks: number;
  readonly throttle: number;
  /** The how manieth of the reservations that its owner may use it names; 0 or absent for none. */
  readonly reservation?: number;
  /** Seconds that it may wait and still end by its deadline; 0 or absent for no deadline. */
  readonly deadlineInS?: number;
  /** Quarters of its limit with which it is content; 0 or absent for all of it. */
  readonly timeMin?: number;
  readonly requeueAllowed?: boolean;
}

export type Step = { readonly waitS: number } & (
  | { readonly kind: "submit"; readonly job: JobPlan }
  | { readonly kind: "submitHet"; readonly jobs: readonly JobPlan[] }
  | { readonly kind: "reserve"; readonly reservation: ReservationPlan }
  | { readonly kind: "rereserve"; readonly pick: number; readonly reservation: Partial<ReservationPlan> }
  | { readonly kind: "unreserve"; readonly pick: number }
  | { readonly kind: "partitions"; readonly pick: number; readonly partitions: readonly string[] }
  | { readonly kind: "cancel" | "hold" | "release" | "requeue" | "fail"; readonly pick: number }
  | { readonly kind: "limit"; readonly pick: number; readonly limitS: number }
  | { readonly kind: "drain" | "undrain" | "down" | "up"; readonly pick: number }
);

export interface HistoryPlan {
  /** Whether some nodes are also in a smaller partition. */
  readonly hasFew: boolean;
  /** Whether accounts and a QOS have limits. */
  readonly hasLimits: boolean;
  readonly preempt?: PreemptPlan;
  readonly nodes: readonly NodePlan[];
  readonly steps: readonly Step[];
}

export const LICENCES = 3;
export const MOST_NODES = 6;
export const MOST_STEPS = 24;

export const node: fc.Arbitrary<NodePlan> = fc.record({
  cpus: fc.constantFrom(1, 2, 4, 8),
  memMib: fc.constantFrom(1000, 4000),
  devices: fc.constantFrom(
    [],
    [],
    ["tesla"],
    ["tesla", "tesla"],
    ["volta", "volta", "volta", "volta"],
    ["tesla", "volta", "nic"],
  ),
  features: fc.constantFrom([], [], ["fast"], ["fast", "ib"]),
});

export const limits = fc.oneof(
  fc.constantFrom(60, 300, 600, 3600, 86_400),
  fc.integer({ min: 1, max: 2000 }),
  fc.integer({ min: 1, max: 200_000 }),
);
/** Most often what most jobs have, so that a shrunk job says only what matters. */
export const seldom = <const T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

export const job: fc.Arbitrary<JobPlan> = fc.record({
  nodes: fc.constantFrom(1, 1, 1, 2, 3, 4),
  tasks: fc.constantFrom(1, 1, 2, 3, 4, 8),
  uneven: seldom(false, true),
  cpusPerTask: fc.constantFrom(1, 1, 2, 3),
  memMib: fc.constantFrom(0, 0, 100, 500, 1000, -1),
  gres: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        [{ name: "gpu", count: 1 }],
        [{ name: "gpu", count: 2 }],
        [{ name: "gpu:tesla", count: 1 }],
        [
          { name: "gpu:volta", count: 1 },
          { name: "nic", count: 1 },
        ],
      ),
    },
  ),
  exclusive: seldom(false, true),
  features: seldom("", "fast", "fast&ib"),
  required: seldom([], [0], [1, 2]),
  excluded: seldom([], [0], [3]),
  licences: seldom(0, 1, 2),
  user: fc.constantFrom("alice", "bob"),
  account: fc.constantFrom("physics", "biology"),
  qos: seldom("", "thin"),
  partitions: fc.constantFrom(["all"], ["all"], ["few"], ["few", "all"], ["top"]),
  limitS: limits,
  quarters: fc.constantFrom(4, 4, 1, 2, 3),
  nice: seldom(0, -5, 5),
  beginInS: seldom(0, 30, 1000),
  after: seldom(0, 1, 2),
  afterKind: fc.constantFrom("afterany", "after", "afterok", "afternotok", "aftercorr"),
  arrayTasks: seldom(0, 1, 3, 6),
  throttle: fc.constantFrom(0, 1, 2),
});

export const pick = fc.nat({ max: 20 });
export const waitS = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 400 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
);
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ waitS, kind: fc.constant("submit" as const), job }) },
  {
    weight: 3,
    arbitrary: fc.record({
      waitS,
      kind: fc.constantFrom("cancel", "hold", "release", "requeue", "fail"),
      pick,
    }),
  },
  { weight: 1, arbitrary: fc.record({ waitS, kind: fc.constant("limit" as const), pick, limitS: limits }) },
  {
    weight: 2,
    arbitrary: fc.record({ waitS, kind: fc.constantFrom("drain", "undrain", "down", "up"), pick }),
  },
);

/** Clusters of unlike nodes, and jobs that ask all sorts of things. */
export const mixedPlans: fc.Arbitrary<HistoryPlan> = fc.record({
  hasFew: fc.boolean(),
  hasLimits: seldom(false, true),
  nodes: fc.array(node, { minLength: 1, maxLength: MOST_NODES }),
  steps: fc.array(step, { minLength: 1, maxLength: MOST_STEPS, size: "max" }),
});

/** Where accounts have limits: CPUs and jobs of physics, CPUs of a job of biology, CPUs and jobs of a user in a QOS. */
export const LIMITS = {
  physicsCpus: 6,
  physicsJobs: 3,
  biologyCpusPerJob: 4,
  thinCpusPerUser: 4,
  thinJobsPerUser: 2,
} as const;

const plain = {
  memMib: 0,
  gres: [],
  exclusive: false,
  features: "",
  required: [],
  excluded: [],
  licences: 0,
};
const countedJob: fc.Arbitrary<JobPlan> = fc
  .record({ job, tasks: fc.integer({ min: 1, max: 8 }) })
  .map(({ job: any, tasks }) => ({
    ...any,
    ...plain,
    nodes: 1,
    tasks,
    uneven: true,
    cpusPerTask: 1,
    partitions: ["all"],
  }));
const countedStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ waitS, kind: fc.constant("submit" as const), job: countedJob }) },
  {
    weight: 1,
    arbitrary: fc.record({ waitS, kind: fc.constantFrom("cancel", "hold", "release", "requeue"), pick }),
  },
);

/** Clusters of CPUs and nothing else, where counts alone decide. */
export const countedPlans: fc.Arbitrary<HistoryPlan> = fc.record({
  hasFew: fc.constant(false),
  hasLimits: fc.constant(false),
  nodes: fc
    .constantFrom([8], [1, 1, 1, 1, 1, 1, 1, 1], [4, 4], [2, 4, 1])
    .map((cpus) => cpus.map((count) => ({ cpus: count, memMib: 1000, devices: [], features: [] }))),
  steps: fc.array(countedStep, { minLength: 1, maxLength: MOST_STEPS, size: "max" }),
});
