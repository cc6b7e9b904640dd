/**
 * Whether a submission may use the account, QOS and partition that it names, and whether the site lets its owner have
 * so many jobs. Runs once a submission where the site has accounts, limits of QOS or rules for partitions. Pure.
 */
import type { JobSpec } from "../model/job-spec.ts";
import type { PartitionSpec } from "../model/partition.ts";
import { ok, type Refusal, type Result, refuse } from "../model/refusal.ts";
import type { AdmitAccounts, AdmitPartition, SubmitLimit } from "./cluster.ts";

export interface Access {
  /** "" where the site has no accounts and none was asked. */
  readonly account: string;
  readonly partitions: readonly AdmitPartition[];
}

/** The account, and those of the partitions that the owner may use. `jobs` is how many the submission comes to. */
export function accessOf(
  spec: JobSpec,
  qos: string,
  partitions: readonly AdmitPartition[],
  accounts: AdmitAccounts,
  jobs: number,
): Result<Access> {
  const account = accountOf(spec, accounts);
  if (!account.ok) return account;
  const unowned = ownerRefusal(accounts, account.value, spec.user, qos);
  if (unowned !== undefined) return { ok: false, refusal: unowned };
  let first: Refusal | undefined;
  const open = partitions.filter(({ spec: partition }) => {
    const closed = whyClosed(partition, account.value, qos, spec.group);
    first ??= closed;
    return closed === undefined;
  });
  if (open.length === 0 && first !== undefined) return { ok: false, refusal: first };
  const over = accounts.submitOver({ account: account.value, user: spec.user, qos }, open[0]?.spec, jobs);
  if (over !== undefined) return { ok: false, refusal: overLimit(over) };
  return ok({ account: account.value, partitions: open });
}

/** Why a user may not have jobs in an account under a QOS; undefined when he may. */
export function ownerRefusal(
  accounts: AdmitAccounts,
  account: string,
  user: string,
  qos: string,
): Refusal | undefined {
  if (!accounts.isUsed) return undefined;
  if (!accounts.admits(account, user)) {
    const message = `user ${user} may not use account ${account}`;
    return { code: "INVALID_ACCOUNT", message, details: { user, account } };
  }
  if (accounts.allowsQos(account, user, qos)) return undefined;
  const message = `account ${account} may not use QOS ${qos}`;
  return { code: "INVALID_QOS", message, details: { account, qos } };
}

function accountOf(spec: JobSpec, accounts: AdmitAccounts): Result<string> {
  const asked = spec.account ?? "";
  if (!accounts.isUsed) return ok(asked);
  const account = asked === "" ? accounts.defaultOf(spec.user) : asked;
  if (account !== undefined) return ok(account);
  const message = `user ${spec.user} is in no account; ask for one with --account`;
  return refuse("INVALID_ACCOUNT", message, { user: spec.user, account: "" });
}

function whyClosed(
  partition: PartitionSpec,
  account: string,
  qos: string,
  group: string,
): Refusal | undefined {
  const { name, allowAccounts, denyAccounts, allowQos, denyQos, allowGroups } = partition;
  const lacks = (allow: readonly string[] | undefined, deny: readonly string[] | undefined, what: string) =>
    (allow !== undefined && !allow.includes(what)) || deny?.includes(what) === true;
  if (lacks(allowAccounts, denyAccounts, account)) {
    const message = `partition ${name} is not open to account ${account === "" ? "(none)" : account}`;
    return { code: "INVALID_ACCOUNT", message, details: { partition: name, account } };
  }
  if (lacks(allowQos, denyQos, qos)) {
    const message = `partition ${name} is not open to QOS ${qos === "" ? "(none)" : qos}`;
    return { code: "INVALID_QOS", message, details: { partition: name, qos } };
  }
  if (allowGroups !== undefined && !allowGroups.includes(group)) {
    const message = `partition ${name} is not open to group ${group}`;
    return { code: "GROUP_NOT_ALLOWED", message, details: { partition: name, group } };
  }
  return undefined;
}

/** A job alone is over a limit that its QOS refuses for. */
export const deniedBy = ({ limit, value, added, reason }: SubmitLimit): Refusal => ({
  code: "SUBMIT_LIMIT",
  message: `${limit} is ${value}, and the job asks ${added}`,
  details: { limit, value, added, reason },
});

const overLimit = ({ limit, subject, value, used, added, reason }: SubmitLimit): Refusal => ({
  code: "SUBMIT_LIMIT",
  message: `${limit} of ${subject} is ${value}, ${used} jobs wait or run and ${added} more are asked`,
  details: { limit, subject, value, used, added, reason },
});
