/** sshare: shares, usage and fair share of accounts and of users in them. Asks once and prints. */
import type { ShareView } from "../../model/account-views.ts";
import { askShares } from "../account-client.ts";
import { ControllerClient } from "../controller-client.ts";
import { type Failure, failure, loadFailure, plainFailure, refuseUnsupported } from "../failure.ts";
import { type OptionSpec, scanOptions } from "../getopt.ts";
import { helpText } from "../help-text.ts";
import { ownIdentity } from "../identity.ts";
import type { Command, Invocation } from "../invocation.ts";
import { parseReportFormat, type ReportStyle, reportColumns, reportText } from "../report-fields.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import { gresOf } from "../tres-text.ts";
import { defaultFields, fieldNames, SHARE_FIELDS, type ShareRow } from "./share-fields.ts";

const USAGE = "sshare [OPTION]";

const option = (long: string, short?: string, arg: OptionSpec["arg"] = "none"): OptionSpec => ({
  key: long,
  long,
  arg,
  ...(short === undefined ? {} : { short }),
});

export const SSHARE_OPTIONS: readonly OptionSpec[] = [
  option("accounts", "A", "required"),
  option("all", "a"),
  { ...option("cluster", undefined, "required"), key: "clusters", refused: true },
  { ...option("clusters", "M", "required"), refused: true },
  option("format", "o", "required"),
  option("help"),
  option("helpformat", "e"),
  { ...option("json", undefined, "optional"), refused: true },
  option("long", "l"),
  option("noheader", "n"),
  { key: "noheader", short: "h", arg: "none" },
  option("parsable", "p"),
  option("parsable2", "P"),
  option("partition", "m"),
  { ...option("usage"), key: "help" },
  option("users", "u", "required"),
  option("Users", "U"),
  option("verbose", "v"),
  option("version", "V"),
  { ...option("yaml", undefined, "optional"), refused: true },
];

/** Words that are no options are passed over, as Slurm does. */
export const sshare: Command = async (invocation) => {
  const { command, args, env, out, err } = invocation;
  const scan = scanOptions(command, args, SSHARE_OPTIONS, false);
  if (!scan.ok) return fail(invocation, plainFailure(scan.text));
  const unsupported = refuseUnsupported(command, scan.options);
  if (unsupported !== undefined) return fail(invocation, unsupported);
  const get = (key: string): string | undefined =>
    scan.options.findLast(({ spec }) => spec.key === key)?.value;
  const has = (key: string): boolean => scan.options.some(({ spec }) => spec.key === key);
  const print = scan.options.find(({ spec }) => Object.hasOwn(PRINTS, spec.key))?.spec.key;
  if (print !== undefined) {
    out(PRINTS[print]!());
    return 0;
  }
  const format = parseReportFormat(get("format") ?? "", SHARE_FIELDS);
  if (get("format") !== undefined && !format.ok)
    return fail(invocation, failure(command, `Invalid field requested: "${format.word}"`));
  const list = (text: string | undefined): readonly string[] | undefined => {
    const names = text?.split(",").filter((name) => name !== "");
    return names === undefined || names.length === 0 ? undefined : names;
  };
  const users = has("all") ? undefined : (list(get("users")) ?? [ownIdentity().user]);
  const accounts = list(get("accounts"));
  if (has("verbose")) err(requestedText(users, accounts));
  const client = new ControllerClient(env);
  const shares = await askShares(client, {
    ...(users === undefined ? {} : { users }),
    ...(accounts === undefined ? {} : { accounts }),
  });
  if (!shares.ok) return fail(invocation, loadFailure("slurm_associations_get_shares", shares.refusal));
  const columns =
    get("format") !== undefined && format.ok
      ? format.columns
      : reportColumns(defaultFields(has("long"), has("partition")), SHARE_FIELDS);
  const asksCluster = columns.some(({ field }) => field.name === "Cluster");
  const cluster = asksCluster ? await client.cluster() : undefined;
  const rows = shareRows(shares.value, has("Users"), cluster?.ok === true ? cluster.value.clusterName : "");
  const style: ReportStyle = has("parsable2") ? "parsable2" : has("parsable") ? "parsable" : "columns";
  out(reportText(columns, rows, { style, header: !has("noheader") }));
  return 0;
};

/** The rows of the tree; an account whose parent is not among them begins at the margin. `onlyUsers` leaves the tree out. */
export const shareRows = (
  shares: readonly ShareView[],
  onlyUsers: boolean,
  cluster: string,
): readonly ShareRow[] => {
  const gres = gresOf(shares.flatMap(({ tresMins, tresRunMins }) => [tresMins, tresRunMins]));
  if (onlyUsers)
    return shares.filter(({ user }) => user !== "").map((share) => ({ share, indent: 0, cluster, gres }));
  const indents = new Map<string, number>();
  return shares.map((share) => {
    const indent = (indents.get(share.parent) ?? -1) + 1;
    if (share.user === "") indents.set(share.account, indent);
    return { share, indent, cluster, gres };
  });
};

const PRINTS: Readonly<Record<string, () => string>> = {
  help: () => helpText(USAGE, SSHARE_OPTIONS),
  helpformat: fieldNames,
  version: () => SLURM_VERSION_LINE,
};

const requestedText = (
  users: readonly string[] | undefined,
  accounts: readonly string[] | undefined,
): string => {
  const lines = (names: readonly string[] | undefined): string =>
    (names ?? ["all"]).map((name) => `\t: ${name}\n`).join("");
  return `Users requested:\n${lines(users)}Accounts requested:\n${lines(accounts)}`;
};

const fail = ({ err }: Invocation, { status, text }: Failure): number => {
  err(text);
  return status;
};
