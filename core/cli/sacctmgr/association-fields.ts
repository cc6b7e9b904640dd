/** What sacctmgr shows of accounts, users and associations: Slurm's fields, with their headers and widths. Pure. */
import type { LimitSet } from "../../model/account.ts";
import type { ShareView } from "../../model/account-views.ts";
import { printDurationLong } from "../../model/time.ts";
import type { ReportField, ReportValue } from "../report-fields.ts";
import { tresMinsText, tresText } from "../tres-text.ts";

/** A line of `show`: an association, or a user or account without one. */
export interface AssociationRow {
  readonly account: string;
  readonly user: string;
  readonly defaultAccount: string;
  readonly cluster: string;
  /** Absent in a list of users or accounts that does not go into associations. */
  readonly share?: ShareView;
  /** Blanks before the account. */
  readonly indent: number;
}

type Field = ReportField<AssociationRow>;

const ofShare =
  (value: (share: ShareView) => ReportValue | undefined) =>
  ({ share }: AssociationRow): ReportValue =>
    share === undefined ? "" : (value(share) ?? "");
const ofLimits = (value: (limits: LimitSet) => ReportValue | undefined) =>
  ofShare(({ limits }) => value(limits));
const wallText = (seconds: number | undefined): string =>
  seconds === undefined ? "" : printDurationLong(seconds);

const NAMES: readonly Field[] = [
  {
    name: "Account",
    others: ["Acct"],
    header: "Account",
    width: 10,
    value: ({ account, indent }) => `${" ".repeat(indent)}${account}`,
  },
  {
    name: "AdminLevel",
    header: "Admin",
    width: 9,
    value: ({ user }) => (user === "root" ? "Administrator" : "None"),
  },
  {
    name: "Cluster",
    header: "Cluster",
    width: 10,
    value: ({ cluster, share }) => (share === undefined ? "" : cluster),
  },
  { name: "Coordinators", header: "Coord Accounts", width: 20, value: () => "" },
  {
    name: "DefaultAccount",
    others: ["DefAccount", "DefAcct"],
    header: "Def Acct",
    width: 10,
    value: ({ defaultAccount }) => defaultAccount,
  },
  { name: "DefaultQOS", others: ["DefQOS"], header: "Def QOS", width: 9, value: () => "" },
  { name: "DefaultWCKey", header: "Def WCKey", width: 10, value: () => "" },
  {
    name: "Description",
    header: "Descr",
    width: 20,
    value: ({ account }) => (account === "root" ? "default root account" : account),
  },
];

const SHARES: readonly Field[] = [
  {
    name: "Fairshare",
    others: ["Shares"],
    header: "Share",
    width: 9,
    value: ofShare(({ rawShares }) => rawShares),
  },
  { name: "GrpCPUs", header: "GrpCPUs", width: 8, value: ofLimits(({ grpTres }) => grpTres?.["cpu"]) },
  {
    name: "GrpCPUMins",
    header: "GrpCPUMins",
    width: 11,
    value: ofLimits(({ grpTresMins }) => grpTresMins?.["cpu"]),
  },
  {
    name: "GrpCPURunMins",
    header: "GrpCPURunMins",
    width: 13,
    value: ofLimits(({ grpTresRunMins }) => grpTresRunMins?.["cpu"]),
  },
  { name: "GrpTRES", header: "GrpTRES", width: 13, value: ofLimits(({ grpTres }) => tresText(grpTres)) },
  {
    name: "GrpTRESMins",
    header: "GrpTRESMins",
    width: 13,
    value: ofLimits(({ grpTresMins }) => tresMinsText(grpTresMins)),
  },
  {
    name: "GrpTRESRunMins",
    header: "GrpTRESRunMin",
    width: 13,
    value: ofLimits(({ grpTresRunMins }) => tresMinsText(grpTresRunMins)),
  },
  { name: "GrpJobs", header: "GrpJobs", width: 7, value: ofLimits(({ grpJobs }) => grpJobs) },
  {
    name: "GrpMemory",
    header: "GrpMem",
    width: 7,
    value: ofLimits(({ grpTres }) => grpTres?.["mem"]),
  },
  { name: "GrpNodes", header: "GrpNodes", width: 8, value: ofLimits(({ grpTres }) => grpTres?.["node"]) },
  {
    name: "GrpSubmitJobs",
    header: "GrpSubmit",
    width: 9,
    value: ofLimits(({ grpSubmitJobs }) => grpSubmitJobs),
  },
  { name: "GrpWall", header: "GrpWall", width: 11, value: ofLimits(({ grpWallS }) => wallText(grpWallS)) },
  { name: "ID", header: "ID", width: 6, value: ofShare(({ id }) => id) },
];

const JOBS: readonly Field[] = [
  {
    name: "MaxCPUMinsPerJob",
    header: "MaxCPUMins",
    width: 11,
    value: ofLimits(({ maxTresMinsPerJob }) => maxTresMinsPerJob?.["cpu"]),
  },
  {
    name: "MaxCPUsPerJob",
    header: "MaxCPUs",
    width: 8,
    value: ofLimits(({ maxTresPerJob }) => maxTresPerJob?.["cpu"]),
  },
  { name: "MaxJobs", header: "MaxJobs", width: 7, value: ofLimits(({ maxJobs }) => maxJobs) },
  {
    name: "MaxNodesPerJob",
    header: "MaxNodes",
    width: 8,
    value: ofLimits(({ maxTresPerJob }) => maxTresPerJob?.["node"]),
  },
  {
    name: "MaxSubmitJobs",
    header: "MaxSubmit",
    width: 9,
    value: ofLimits(({ maxSubmitJobs }) => maxSubmitJobs),
  },
  {
    name: "MaxTRESPerJob",
    header: "MaxTRES",
    width: 13,
    value: ofLimits(({ maxTresPerJob }) => tresText(maxTresPerJob)),
  },
  {
    name: "MaxTRESMinsPerJob",
    header: "MaxTRESMins",
    width: 13,
    value: ofLimits(({ maxTresMinsPerJob }) => tresMinsText(maxTresMinsPerJob)),
  },
  {
    name: "MaxTRESPerNode",
    header: "MaxTRESPerNode",
    width: 14,
    value: ofLimits(({ maxTresPerNode }) => tresText(maxTresPerNode)),
  },
  {
    name: "MaxWallDurationPerJob",
    header: "MaxWall",
    width: 11,
    value: ofLimits(({ maxWallS }) => wallText(maxWallS)),
  },
];

const REST: readonly Field[] = [
  { name: "Organization", header: "Org", width: 20, value: ({ account }) => account },
  { name: "ParentName", header: "Par Name", width: 10, value: parentOf },
  { name: "Partition", header: "Partition", width: 10, value: () => "" },
  { name: "Priority", header: "Priority", width: 10, value: ({ share }) => share?.priority ?? "" },
  {
    name: "QOSLevel",
    others: ["QOS"],
    header: "QOS",
    width: 20,
    value: ofShare(({ qos }) => qos.join(",")),
  },
  { name: "User", header: "User", width: 10, value: ({ user }) => user },
];

/** In the order in which abbreviations are looked up. `Name` is that of what is listed. */
export const fieldsOf = (entity: "association" | "user" | "account"): readonly Field[] => {
  const named = entity === "account" ? "Account" : "User";
  return [...NAMES, ...SHARES, ...JOBS, ...REST].map((field) =>
    field.name === named ? { ...field, others: [...(field.others ?? []), "Name"] } : field,
  );
};

/** Fields that say something of a user or an account by itself; any other goes into its associations. */
export const OWN_FIELDS: Readonly<Record<"user" | "account", readonly string[]>> = {
  user: ["User", "AdminLevel", "Coordinators", "DefaultAccount", "DefaultWCKey"],
  account: ["Account", "Coordinators", "Description", "Organization"],
};

const GROUP_CPUS = ["GrpJobs", "GrpNodes", "GrpCPUs", "GrpMemory", "GrpSubmitJobs", "GrpWall", "GrpCPUMins"];
const MAX_CPUS = ["MaxJobs", "MaxNodesPerJob", "MaxCPUsPerJob", "MaxSubmitJobs", "MaxWallDurationPerJob"];

/** What is shown where no format is asked for. */
export const DEFAULT_FIELDS: Readonly<
  Record<"user" | "account" | "association" | "user+" | "account+", readonly string[]>
> = {
  user: ["User", "DefaultAccount", "AdminLevel"],
  account: ["Account", "Description", "Organization"],
  association: [
    ...["Cluster", "Account", "User", "Partition", "Fairshare", "Priority"],
    ...["GrpJobs", "GrpTRES", "GrpSubmitJobs", "GrpWall", "GrpTRESMins"],
    ...["MaxJobs", "MaxTRESPerJob", "MaxTRESPerNode", "MaxSubmitJobs", "MaxWallDurationPerJob"],
    ...["MaxTRESMinsPerJob", "QOSLevel", "DefaultQOS", "GrpTRESRunMins"],
  ],
  "user+": [
    ...["User", "DefaultAccount", "AdminLevel", "Cluster", "Account", "Partition", "Fairshare", "Priority"],
    ...[...MAX_CPUS, "MaxCPUMinsPerJob", "QOSLevel", "DefaultQOS"],
  ],
  "account+": [
    ...["Account", "Description", "Organization", "Cluster", "ParentName", "User", "Fairshare", "Priority"],
    ...[...GROUP_CPUS, ...MAX_CPUS, "MaxCPUMinsPerJob", "QOSLevel", "DefaultQOS"],
  ],
};

/** Of an account the one above; a user's is his own, which is not said again. */
function parentOf({ share }: AssociationRow): string {
  return share === undefined || share.user !== "" ? "" : share.parent;
}
