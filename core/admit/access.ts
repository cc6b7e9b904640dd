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
  if (!accounts.allowsQos(account.value, spec.user, qos)) {
    const message = `account ${account.value} may not use QOS ${qos}`;
    return refuse("INVALID_QOS", message, { account: account.value, qos });
  }
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

function accountOf(spec: JobSpec, accounts: AdmitAccounts): Result<string> {
  const asked = spec.account ?? "";
  if (!accounts.isUsed) return ok(asked);
  const account = asked === "" ? accounts.defaultOf(spec.user) : asked;
  if (account !== undefined && accounts.admits(account, spec.user)) return ok(account);
  const message =
    account === undefined
      ? `user ${spec.user} is in no account; ask for one with --account`
      : `user ${spec.user} may not use account ${account}`;
  return refuse("INVALID_ACCOUNT", message, { user: spec.user, account: account ?? "" });
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

const overLimit = ({ limit, subject, value, used, added }: SubmitLimit): Refusal => ({
  code: "SUBMIT_LIMIT",
  message: `${limit} of ${subject} is ${value}, ${used} jobs wait or run and ${added} more are asked`,
  details: { limit, subject, value, used, added },
});
