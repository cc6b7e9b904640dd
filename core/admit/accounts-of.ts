/** Admission's view of accounts and limits on submission, made from the state. Reads through; copies and changes nothing. */
import type { AccountSpec, LimitSet } from "../model/account.ts";
import type { PartitionSpec } from "../model/partition.ts";
import { ownerOf } from "../state/accounting.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { AdmitAccounts, SubmitLimit } from "./cluster.ts";
import { aloneOver } from "./stand-alone.ts";

export function accountsOf(state: ClusterState): AdmitAccounts {
  const { associations } = state.accounting;
  return {
    isUsed: associations.isUsed,
    admits: (account, user) => associations.admits(account, user),
    defaultOf: (user) => {
      const { ofUser, open } = defaultsOf(state.accounting.accounts);
      return ofUser.get(user) ?? open;
    },
    allowsQos: (account, user, qos) => allowsQos(state, account, user, qos),
    submitOver: (owner, partition, more) => submitOver(state, owner, partition, more),
    aloneOver: (job, partition) => aloneOver(state, job, partition),
  };
}

interface Defaults {
  /** The first account that names the user. */
  readonly ofUser: ReadonlyMap<string, string>;
  /** The first account that is open to everyone; undefined for none. */
  readonly open: string | undefined;
}

/** Of each configuration: a submission must not look through all users of a site. */
const DEFAULTS = new WeakMap<readonly AccountSpec[], Defaults>();

function defaultsOf(accounts: readonly AccountSpec[]): Defaults {
  const known = DEFAULTS.get(accounts);
  if (known !== undefined) return known;
  const ofUser = new Map<string, string>();
  for (const { name, users } of accounts)
    for (const user of users) if (!ofUser.has(user.name)) ofUser.set(user.name, name);
  const defaults = { ofUser, open: accounts.find(({ othersShares }) => othersShares > 0)?.name };
  DEFAULTS.set(accounts, defaults);
  return defaults;
}

/** The nearest list decides: the user's, his account's, that of the accounts above; without one every QOS will do. */
function allowsQos(state: ClusterState, account: string, user: string, qos: string): boolean {
  const { associations } = state.accounting;
  if (qos === "" || !associations.isUsed) return true;
  const { parent } = associations.table.columns;
  const own = associations.find(account, user);
  for (let row = own >= 0 ? own : associations.find(account, ""); row >= 0; row = parent[row]!) {
    const list = associations.qos[row];
    if (list !== undefined) return list.includes(qos);
  }
  return true;
}

function submitOver(
  state: ClusterState,
  job: { readonly account: string; readonly user: string; readonly qos: string },
  partition: PartitionSpec | undefined,
  more: number,
): SubmitLimit | undefined {
  const { accounting } = state;
  if (!accounting.isUsed) return undefined;
  const { associations } = accounting;
  const association = associations.find(job.account, job.user);
  const { qos, partitionQos } = ownerOf(state, { association, ...job }, partition);
  const used = (subject: string): number => {
    const index = accounting.limits.subjects.find(subject);
    return index === undefined ? 0 : (accounting.submitted[index] ?? 0);
  };
  const check = (
    limit: string,
    reason: string,
    subject: string,
    value: number | undefined,
    key: string,
  ): SubmitLimit | undefined => {
    if (value === undefined) return undefined;
    const count = used(key);
    return count + more <= value ? undefined : { limit, reason, subject, value, used: count, added: more };
  };
  const isOver = qos?.flags?.includes("OverPartQOS") === true;
  const ofQos = (isOver ? [qos, partitionQos] : [partitionQos, qos]).flatMap((one) => one ?? []);
  /** The first QOS that sets a limit is the one that holds, and the same one of associations does not. */
  const set = new Set<keyof LimitSet>();
  for (const { name, limits = {} } of ofQos) {
    for (const [limit, key, subjectOf, reason] of QOS_LIMITS) {
      if (limits[key] === undefined || set.has(key)) continue;
      set.add(key);
      const over = check(limit, reason, `QOS ${name}`, limits[key], subjectOf(name, job));
      if (over !== undefined) return over;
    }
  }
  const { parent } = associations.table.columns;
  let hasOwn = set.has("maxSubmitJobs");
  const first = association >= 0 ? association : associations.find(job.account, "");
  for (let row = first; row >= 0; row = parent[row]!) {
    const { account, user } = associations.names[row]!;
    const limits = associations.limits[row] ?? {};
    const whose = user === "" ? `account ${account}` : `user ${user} in account ${account}`;
    const group = set.has("grpSubmitJobs")
      ? undefined
      : check("GrpSubmitJobs", "AssocGrpSubmitJobsLimit", whose, limits.grpSubmitJobs, `a/${row}`);
    // The nearest one is that of the user.
    const own = hasOwn
      ? undefined
      : check("MaxSubmitJobs", "AssocMaxSubmitJobLimit", whose, limits.maxSubmitJobs, `u/${association}`);
    hasOwn ||= limits.maxSubmitJobs !== undefined;
    if (group !== undefined || own !== undefined) return group ?? own;
  }
  return undefined;
}

/** Of a QOS, each with the subject that counts for it. */
const QOS_LIMITS = [
  ["GrpSubmitJobs", "grpSubmitJobs", (qos) => `q/${qos}`, "QOSGrpSubmitJobsLimit"],
  [
    "MaxSubmitJobsPerUser",
    "maxSubmitJobs",
    (qos, { user }) => `qu/${qos}/${user}`,
    "QOSMaxSubmitJobPerUserLimit",
  ],
  [
    "MaxSubmitJobsPerAccount",
    "maxSubmitJobsPerAccount",
    (qos, { account }) => `qa/${qos}/${account}`,
    "MaxSubmitJobsPerAccount",
  ],
] as const satisfies readonly (readonly [
  string,
  keyof LimitSet,
  (qos: string, job: { readonly user: string; readonly account: string }) => string,
  string,
])[];
