/** The configuration of a history's cluster: partitions, licences and, where the plan says so, limits and preemption. Pure. */
import type { AccountSpec, LimitSet } from "../../core/model/account.ts";
import type { PartitionSpec, QosSpec } from "../../core/model/partition.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { Event } from "../../core/state/events.ts";
import { partitionSpec } from "../state/fixture.ts";
import { type HistoryPlan, LICENCES, LIMITS, type PreemptPlan } from "./plans.ts";
import { nameOf } from "./submissions.ts";

export function configured(plan: HistoryPlan, preempt: PreemptPlan | undefined, atS: number): Event {
  const { hasLimits } = plan;
  const graceTimeS = preempt?.graceS ?? 0;
  return {
    type: "cluster.configured",
    atS,
    clusterName: "history",
    partitions: partitionsOf(plan).map((spec) => (graceTimeS === 0 ? spec : { ...spec, graceTimeS })),
    qos: qosOf(plan, graceTimeS),
    ...(hasLimits ? LIMITED : {}),
    ...(preempt === undefined
      ? {}
      : { preemption: { by: preempt.by, mode: preempt.mode, exemptTimeS: preempt.exemptTimeS } }),
    nodes: [],
    licences: [{ name: "sim", total: LICENCES }],
  };
}

function partitionsOf({ nodes, hasFew }: HistoryPlan): readonly PartitionSpec[] {
  const few = nodes.slice(0, Math.max(1, nodes.length >> 1)).map((_, i) => nameOf(i));
  const limits = { maxTimeS: UNLIMITED_S };
  return [
    partitionSpec("all", { ...limits, isDefault: true }),
    ...(hasFew ? [partitionSpec("few", { nodes: few.join(","), maxTimeS: 7200, maxNodes: 2 })] : []),
    partitionSpec("top", { ...limits, priorityTier: 2 }),
  ];
}

function qosOf({ hasLimits, preempt }: HistoryPlan, graceTimeS: number): readonly QosSpec[] {
  if (!hasLimits && preempt === undefined) return [];
  const grace = graceTimeS === 0 ? {} : { graceTimeS };
  const limits = {
    maxTresPerUser: { cpu: LIMITS.thinCpusPerUser },
    maxJobs: LIMITS.thinJobsPerUser,
  };
  const thin = { name: "thin", priority: 0, ...grace, ...(hasLimits ? { limits } : {}) };
  if (preempt === undefined) return [thin];
  return [thin, { name: "high", priority: 0, preempt: ["thin"], ...grace }];
}

const account = (name: string, limits: LimitSet): AccountSpec => ({
  name,
  parent: "root",
  shares: 1,
  limits,
  users: [],
  othersShares: 1,
});

const LIMITED = {
  accounts: [
    account("physics", { grpTres: { cpu: LIMITS.physicsCpus }, grpJobs: LIMITS.physicsJobs }),
    account("biology", { maxTresPerJob: { cpu: LIMITS.biologyCpusPerJob } }),
  ],
  fairShare: { halfLifeS: 0, reset: "none" },
} as const;
