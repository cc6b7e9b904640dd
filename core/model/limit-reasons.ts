/** Slurm's name of the reason for each limit, by who has the limit, what it limits, and of which TRES. Pure. */
import type { WaitReason } from "./reasons.ts";
import { TRES } from "./tres.ts";

/** Whose limit it is. */
export type LimitOwner = "association" | "qos";

/** What is limited: of all jobs of the owner together, or of one job. */
export type LimitKind =
  | "grpTres"
  | "grpTresMins"
  | "grpTresRunMins"
  | "grpJobs"
  | "grpWall"
  | "maxJobs"
  | "maxTresPerUser"
  | "maxTresPerAccount"
  | "maxJobsPerAccount"
  | "maxTresPerJob"
  | "maxTresPerNode"
  | "maxTresMinsPerJob"
  | "minTresPerJob"
  | "maxWall";

/** By kind: the reasons for CPUs, memory, nodes, billing and GRES, or one for kinds without a TRES. */
type Names = readonly [WaitReason, WaitReason, WaitReason, WaitReason, WaitReason];

const ASSOCIATION: Partial<Record<LimitKind, Names | WaitReason>> = {
  grpTres: ["AssocGrpCpuLimit", "AssocGrpMemLimit", "AssocGrpNodeLimit", "AssocGrpBilling", "AssocGrpGRES"],
  grpTresMins: [
    "AssocGrpCPUMinutesLimit",
    "AssocGrpMemMinutes",
    "AssocGrpNodeMinutes",
    "AssocGrpBillingMinutes",
    "AssocGrpGRESMinutes",
  ],
  grpTresRunMins: [
    "AssocGrpCPURunMinutesLimit",
    "AssocGrpMemRunMinutes",
    "AssocGrpNodeRunMinutes",
    "AssocGrpBillingRunMinutes",
    "AssocGrpGRESRunMinutes",
  ],
  grpJobs: "AssocGrpJobsLimit",
  grpWall: "AssocGrpWallLimit",
  maxJobs: "AssocMaxJobsLimit",
  maxTresPerJob: [
    "AssocMaxCpuPerJobLimit",
    "AssocMaxMemPerJob",
    "AssocMaxNodePerJobLimit",
    "AssocMaxBillingPerJob",
    "AssocMaxGRESPerJob",
  ],
  maxTresPerNode: [
    "AssocMaxCpuPerNode",
    "AssocMaxMemPerNode",
    "AssocMaxNodePerJobLimit",
    "AssocMaxBillingPerNode",
    "AssocMaxGRESPerNode",
  ],
  maxTresMinsPerJob: [
    "AssocMaxCpuMinutesPerJobLimit",
    "AssocMaxMemMinutesPerJob",
    "AssocMaxNodeMinutesPerJob",
    "AssocMaxBillingMinutesPerJob",
    "AssocMaxGRESMinutesPerJob",
  ],
  maxWall: "AssocMaxWallDurationPerJobLimit",
};

const QOS: Record<LimitKind, Names | WaitReason> = {
  grpTres: ["QOSGrpCpuLimit", "QOSGrpMemLimit", "QOSGrpNodeLimit", "QOSGrpBilling", "QOSGrpGRES"],
  grpTresMins: [
    "QOSGrpCPUMinutesLimit",
    "QOSGrpMemoryMinutes",
    "QOSGrpNodeMinutes",
    "QOSGrpBillingMinutes",
    "QOSGrpGRESMinutes",
  ],
  grpTresRunMins: [
    "QOSGrpCPURunMinutesLimit",
    "QOSGrpMemoryRunMinutes",
    "QOSGrpNodeRunMinutes",
    "QOSGrpBillingRunMinutes",
    "QOSGrpGRESRunMinutes",
  ],
  grpJobs: "QOSGrpJobsLimit",
  grpWall: "QOSGrpWallLimit",
  maxJobs: "QOSMaxJobsPerUserLimit",
  maxTresPerUser: [
    "QOSMaxCpuPerUserLimit",
    "QOSMaxMemoryPerUser",
    "QOSMaxNodePerUserLimit",
    "QOSMaxBillingPerUser",
    "QOSMaxGRESPerUser",
  ],
  maxTresPerAccount: [
    "MaxCpuPerAccount",
    "MaxMemoryPerAccount",
    "MaxNodePerAccount",
    "MaxBillingPerAccount",
    "MaxGRESPerAccount",
  ],
  maxJobsPerAccount: "MaxJobsPerAccount",
  maxTresPerJob: [
    "QOSMaxCpuPerJobLimit",
    "QOSMaxMemoryPerJob",
    "QOSMaxNodePerJobLimit",
    "QOSMaxBillingPerJob",
    "QOSMaxGRESPerJob",
  ],
  maxTresPerNode: [
    "QOSMaxCpuPerNode",
    "QOSMaxMemoryPerNode",
    "QOSMaxNodePerJobLimit",
    "QOSMaxBillingPerNode",
    "QOSMaxGRESPerNode",
  ],
  maxTresMinsPerJob: [
    "QOSMaxCpuMinutesPerJobLimit",
    "QOSMaxMemoryMinutesPerJob",
    "QOSMaxNodeMinutesPerJob",
    "QOSMaxBillingMinutesPerJob",
    "QOSMaxGRESMinutesPerJob",
  ],
  minTresPerJob: ["QOSMinCpuNotSatisfied", "QOSMinMemory", "QOSMinNode", "QOSMinBilling", "QOSMinGRES"],
  maxWall: "QOSMaxWallDurationPerJobLimit",
};

/** `place` is that of the TRES; any for kinds that have none. */
export function limitReason(owner: LimitOwner, kind: LimitKind, place: number): WaitReason {
  const names = (owner === "association" ? ASSOCIATION[kind] : undefined) ?? QOS[kind];
  if (typeof names === "string") return names;
  return names[place >= TRES.GRES ? 4 : place] ?? names[4];
}
