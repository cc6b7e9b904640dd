/** Accounts, QOS and priorities as the controller answers them, for the commands that print them. */
import type { FactorNumbers, PriorityView, QosView, ShareView } from "../../core/model/account-views.ts";
import type { Answer, Asked } from "./controller.ts";

export const NO_FACTORS: FactorNumbers = {
  age: 0,
  assoc: 0,
  fairshare: 0,
  size: 0,
  partition: 0,
  qos: 0,
  tresCpu: 0,
  tresMem: 0,
  tresGpu: 0,
};

/** The weights of the captured cluster. */
export const WEIGHTS: FactorNumbers = {
  ...NO_FACTORS,
  age: 1000,
  fairshare: 10_000,
  size: 1000,
  partition: 500,
  qos: 2000,
  tresCpu: 1000,
  tresMem: 2000,
};

/** A job whose factors come to points by WEIGHTS. */
export const waiting = (
  jobId: number,
  partition: string,
  normal: Partial<FactorNumbers>,
  over: Partial<PriorityView> = {},
): PriorityView => {
  const all = { ...NO_FACTORS, ...normal };
  const weighted = Object.fromEntries(
    Object.entries(all).map(([name, part]) => [name, part * WEIGHTS[name as keyof FactorNumbers]]),
  ) as unknown as FactorNumbers;
  const nice = over.nice ?? 0;
  const sum = Object.values(weighted).reduce((a, b) => a + b, 0) - nice;
  return {
    jobId,
    displayId: String(jobId),
    name: "wrap",
    user: "root",
    uid: 0,
    account: "",
    qos: "normal",
    partition,
    priority: Math.floor(sum),
    isSet: false,
    site: 0,
    nice,
    normal: all,
    weighted,
    ...over,
  };
};

/** Three jobs as they were captured: one, one on two nodes with nice 30, and an array that names two partitions. */
export const PRIORITIES: readonly PriorityView[] = [
  waiting(1, "debug", { size: 0.15625, partition: 1, tresCpu: 0.0625, tresMem: 0.00625 }),
  waiting(2, "long", { size: 0.3125, partition: 0.5, tresCpu: 0.25, tresMem: 0.025 }, { nice: 30 }),
  waiting(3, "debug", { size: 0.15625, partition: 1, tresCpu: 0.0625, tresMem: 0.00625 }, { user: "ada" }),
  waiting(3, "long", { size: 0.15625, partition: 0.5, tresCpu: 0.125, tresMem: 0.0125 }, { user: "ada" }),
];

const share = (id: number, account: string, user: string, over: Partial<ShareView>): ShareView => ({
  id,
  account,
  user,
  parent: user === "" ? "root" : account,
  depth: 1,
  isDefault: false,
  rawShares: 1,
  normShares: 0,
  rawUsage: 0,
  normUsage: 0,
  effectvUsage: 0,
  levelFs: null,
  fairShare: 0,
  runningJobs: 0,
  tresMins: {},
  tresRunMins: {},
  limits: {},
  priority: null,
  qos: ["normal", "high"],
  ...over,
});

/** root: chemistry (bob), physics (ada, bob) with optics (cyd) below it. */
export const SHARES: readonly ShareView[] = [
  share(1, "root", "", {
    parent: "",
    depth: 0,
    normShares: 1,
    rawUsage: 7200.9,
    normUsage: 1,
    effectvUsage: 1,
  }),
  share(2, "chemistry", "", { normShares: 0.25, rawShares: 10 }),
  share(3, "chemistry", "bob", { depth: 2, normShares: 1, fairShare: 1 }),
  share(4, "physics", "", {
    rawShares: 30,
    normShares: 0.75,
    rawUsage: 7200.9,
    normUsage: 1,
    effectvUsage: 1,
    levelFs: 0.75,
    runningJobs: 2,
    tresMins: { cpu: 120.5, node: 60, billing: 120.015, "gres/gpu": 30 },
    tresRunMins: { cpu: 90, "gres/gpu": 45.9 },
    limits: {
      grpTres: { "gres/gpu": 64, cpu: 512, mem: 4096 },
      grpTresMins: { "gres/gpu": 60_000 },
      grpJobs: 100,
      grpSubmitJobs: 1000,
      maxWallS: 172_800,
    },
  }),
  share(5, "physics", "ada", {
    depth: 2,
    isDefault: true,
    rawShares: 2,
    normShares: 0.5,
    rawUsage: 7200.9,
    normUsage: 1,
    effectvUsage: 1,
    levelFs: 0.5,
    fairShare: 0.25,
    runningJobs: 2,
    limits: { maxJobs: 20, maxTresPerJob: { node: 4, cpu: 64 } },
    qos: ["normal"],
  }),
  share(6, "physics", "bob", { depth: 2, isDefault: true, normShares: 0.25, fairShare: 0.75 }),
  share(7, "optics", "", { parent: "physics", depth: 2, normShares: 0.25 }),
  share(8, "optics", "cyd", { depth: 3, isDefault: true, normShares: 1, fairShare: 0.5 }),
];

export const QOS: readonly QosView[] = [
  {
    name: "normal",
    priority: 0,
    usageFactor: 1,
    usageThreshold: 0,
    limitFactor: 1,
    minPrioThreshold: 0,
    graceTimeS: 0,
    flags: [],
    preempt: [],
    limits: {},
    tresMins: {},
    wallS: 0,
  },
  {
    name: "high",
    priority: 100,
    usageFactor: 2,
    usageThreshold: 0,
    limitFactor: 1,
    minPrioThreshold: 0,
    tresMins: {},
    wallS: 0,
    graceTimeS: 90,
    flags: ["OverPartQOS"],
    preempt: ["normal"],
    limits: { grpTres: { "gres/gpu": 8 }, maxWallS: 3600, maxTresPerUser: { cpu: 384 }, maxJobs: 5 },
  },
];

/** Answers of the routes of accounts; the lists are narrowed as the controller does it. */
export const accountAnswers =
  (policy = "multifactor", shares = SHARES) =>
  ({ path, query }: Asked): Answer | undefined => {
    const lists = Object.fromEntries(Object.entries(query).map(([key, text]) => [key, text.split(",")]));
    const isIn = (key: string, value: string): boolean => lists[key]?.includes(value) ?? true;
    if (path === "/v1/qos") return { status: 200, body: { qos: QOS } };
    if (path === "/v1/shares") {
      const chosen = shares.filter(
        ({ account, user }) => isIn("accounts", account) && (user === "" || isIn("users", user)),
      );
      return { status: 200, body: { shares: chosen } };
    }
    if (path !== "/v1/priorities") return undefined;
    const hasFactors = policy === "multifactor";
    const priorities = PRIORITIES.filter(
      ({ jobId, user, partition }) =>
        hasFactors && isIn("ids", String(jobId)) && isIn("users", user) && isIn("partitions", partition),
    );
    const weights = hasFactors ? WEIGHTS : NO_FACTORS;
    return { status: 200, body: { policy, hasFactors, weights, priorities } };
  };
