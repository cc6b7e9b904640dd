/** Admission's view of accounts and limits on submission, made from the state. Reads through; copies and changes nothing. */
import type { LimitSet } from "../model/account.ts";
import type { PartitionSpec } from "../model/partition.ts";
import { ownerOf } from "../state/accounting.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { AdmitAccounts, SubmitLimit } from "./cluster.ts";

export function accountsOf(state: ClusterState): AdmitAccounts {
  const { associations } = state.accounting;
  return {
    isUsed: associations.isUsed,
    admits: (account, user) => associations.admits(account, user),
    defaultOf: (user) => {
      const { accounts } = state.accounting;
      const own = accounts.find(({ users }) => users.some(({ name }) => name === user));
      return (own ?? accounts.find(({ othersShares }) => othersShares > 0))?.name;
    },
    allowsQos: (account, user, qos) => allowsQos(state, account, user, qos),
    submitOver: (owner, partition, more) => submitOver(state, owner, partition, more),
  };
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
    subject: string,
    value: number | undefined,
    key: string,
  ): SubmitLimit | undefined => {
    if (value === undefined) return undefined;
    const count = used(key);
    return count + more <= value ? undefined : { limit, subject, value, used: count, added: more };
  };
  const isOver = qos?.flags?.includes("OverPartQOS") === true;
  const ofQos = (isOver ? [qos, partitionQos] : [partitionQos, qos]).flatMap((one) => one ?? []);
  /** Where a QOS sets a limit, the same one of associations does not hold. */
  const set = new Set<keyof LimitSet>();
  for (const { name, limits = {} } of ofQos) {
    const hit =
      (set.has("grpSubmitJobs")
        ? undefined
        : check("GrpSubmitJobs", `QOS ${name}`, limits.grpSubmitJobs, `q/${name}`)) ??
      (set.has("maxSubmitJobs")
        ? undefined
        : check("MaxSubmitJobsPerUser", `QOS ${name}`, limits.maxSubmitJobs, `qu/${name}/${job.user}`)) ??
      check(
        "MaxSubmitJobsPerAccount",
        `QOS ${name}`,
        limits.maxSubmitJobsPerAccount,
        `qa/${name}/${job.account}`,
      );
    if (hit !== undefined) return hit;
    for (const key of Object.keys(limits) as (keyof LimitSet)[]) set.add(key);
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
      : check("GrpSubmitJobs", whose, limits.grpSubmitJobs, `a/${row}`);
    // The nearest one is that of the user.
    const own = hasOwn ? undefined : check("MaxSubmitJobs", whose, limits.maxSubmitJobs, `u/${association}`);
    hasOwn ||= limits.maxSubmitJobs !== undefined;
    if (group !== undefined || own !== undefined) return group ?? own;
  }
  return undefined;
}
