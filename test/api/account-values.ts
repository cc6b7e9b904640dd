/** What the fake port answers about accounts, QOS and priorities, as plain values. */
import type { FactorNumbers, PriorityView, QosView, ShareView } from "../../core/model/account-views.ts";

export const SHARE: ShareView = {
  id: 3,
  account: "lab",
  user: "ada",
  parent: "lab",
  depth: 2,
  isDefault: true,
  rawShares: 10,
  normShares: 0.5,
  rawUsage: 7200.5,
  normUsage: 0.25,
  effectvUsage: 0.5,
  levelFs: null,
  fairShare: 0.75,
  runningJobs: 1,
  tresMins: { cpu: 120, "gres/gpu": 10 },
  tresRunMins: { cpu: 30 },
  limits: { grpTres: { cpu: 64 }, maxJobs: 5 },
  priority: 3,
  qos: ["normal"],
};

export const QOS: QosView = {
  name: "normal",
  priority: 10,
  usageFactor: 1,
  usageThreshold: 0,
  limitFactor: 1,
  minPrioThreshold: 0,
  graceTimeS: 0,
  flags: ["OverPartQOS"],
  preempt: ["low"],
  limits: { maxTresPerUser: { cpu: 4 } },
  tresMins: { cpu: 30 },
  wallS: 60,
};

export const FACTORS: FactorNumbers = {
  age: 0.5,
  assoc: 0,
  fairshare: 0.25,
  size: 0.125,
  partition: 1,
  qos: 0,
  tresCpu: 0,
  tresMem: 0,
  tresGpu: 0,
};

export const PRIORITY: PriorityView = {
  jobId: 12,
  displayId: "12",
  name: "train",
  user: "ada",
  uid: 1000,
  account: "lab",
  qos: "normal",
  partition: "debug",
  priority: 731,
  isSet: false,
  site: 0,
  nice: 0,
  normal: FACTORS,
  weighted: FACTORS,
};
