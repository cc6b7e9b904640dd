/** sacctmgr, as far as it reads: accounts, users, associations and QOS, which a site writes in rota.yaml. */

import type { QosView, ShareView } from "../../model/account-views.ts";
import type { Result } from "../../model/refusal.ts";
import { askQos, askShares } from "../account-client.ts";
import { ControllerClient } from "../controller-client.ts";
import { done, type Failure, loadFailure, type Outcome, plainFailure } from "../failure.ts";
import { helpText } from "../help-text.ts";
import type { Command, Invocation } from "../invocation.ts";
import {
  parseReportFormat,
  type ReportColumn,
  type ReportField,
  reportColumns,
  reportText,
} from "../report-fields.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import { type AssociationRow, DEFAULT_FIELDS, fieldsOf, OWN_FIELDS } from "./association-fields.ts";
import { OTHER_QOS_FIELDS, QOS_FIELDS } from "./qos-fields.ts";
import { readRequest, SACCTMGR_OPTIONS, type SacctmgrRequest } from "./request.ts";

const USAGE = "sacctmgr [OPTIONS] list|show association|account|user|qos [where KEY=VALUE ...] [format=...]";

export const sacctmgr: Command = async (invocation) => {
  const { command, args, env, out } = invocation;
  const request = readRequest(command, args);
  if (!request.ok) return fail(invocation, request);
  const { print, entity } = request.value;
  if (print !== "") {
    out(print === "help" ? helpText(USAGE, SACCTMGR_OPTIONS) : SLURM_VERSION_LINE);
    return 0;
  }
  const client = new ControllerClient(env);
  const text =
    entity === "qos"
      ? qosText(await askQos(client), request.value)
      : associationText(await askShares(client, {}), await clusterName(client), request.value);
  if (!text.ok) return fail(invocation, text);
  out(text.value);
  return 0;
};

const fail = ({ err }: Invocation, { status, text }: Failure): number => {
  err(text);
  return status;
};

const clusterName = async (client: ControllerClient): Promise<string> => {
  const cluster = await client.cluster();
  return cluster.ok ? cluster.value.clusterName : "";
};

const qosText = (found: Result<readonly QosView[]>, request: SacctmgrRequest): Outcome<string> => {
  if (!found.ok) return loadFailure("slurmdb_qos_get", found.refusal);
  const columns = columnsOf(
    request,
    [...QOS_FIELDS, ...OTHER_QOS_FIELDS],
    QOS_FIELDS.map(({ name }) => name),
  );
  if (!columns.ok) return columns;
  const isName = among(request.where.names);
  return done(
    reportText(
      columns.value,
      found.value.filter(({ name }) => isName(name)),
      request,
    ),
  );
};

/** What sacctmgr prints of associations, or of the users or accounts in them. Pure. */
export const associationText = (
  found: Result<readonly ShareView[]>,
  cluster: string,
  request: SacctmgrRequest,
): Outcome<string> => {
  if (!found.ok) return loadFailure("slurmdb_associations_get", found.refusal);
  const { entity } = request;
  if (entity === "qos") return done("");
  const fields = fieldsOf(entity);
  const plain = columnsOf(request, fields, DEFAULT_FIELDS[entity]);
  if (!plain.ok) return plain;
  const shares = select(found.value, cluster, request);
  if (entity === "association")
    return done(reportText(plain.value, shares.map(associationRow(found.value, cluster, request)), request));
  // A field of associations asks for them, whether it was said or not.
  const own = OWN_FIELDS[entity];
  const isDeep = request.withAssociations || plain.value.some(({ field }) => !own.includes(field.name));
  const columns = isDeep ? columnsOf(request, fields, DEFAULT_FIELDS[`${entity}+`]) : plain;
  if (!columns.ok) return columns;
  const named = shares.filter(({ user }) => entity === "account" || user !== "");
  const key = ({ user, account }: ShareView): string => (entity === "user" ? user : account);
  const rows = sorted(named, key).map(associationRow(found.value, cluster, request));
  if (isDeep) return done(reportText(columns.value, rows, request));
  const once = rows.filter((row, i) => i === 0 || row[entity] !== rows[i - 1]![entity]);
  const bare = once.map(({ share: _, ...row }): AssociationRow => row);
  return done(reportText(columns.value, bare, request));
};

const columnsOf = <Row>(
  { format }: SacctmgrRequest,
  fields: readonly ReportField<Row>[],
  names: readonly string[],
): Outcome<readonly ReportColumn<Row>[]> => {
  if (format === undefined) return done(reportColumns(names, fields));
  const read = parseReportFormat(format, fields);
  return read.ok ? done(read.columns) : plainFailure(` Unknown field '${read.word}'\n`);
};

const select = (
  shares: readonly ShareView[],
  cluster: string,
  { entity, where }: SacctmgrRequest,
): readonly ShareView[] => {
  const names = where.names;
  const isUser = among(entity === "user" ? (where.users ?? names) : where.users);
  const isAccount = among(entity === "account" ? (where.accounts ?? names) : where.accounts);
  const isName = among(entity === "association" ? names : undefined);
  const isParent = among(where.parents);
  const isId = among(where.ids);
  const isCluster = among(where.clusters)(cluster);
  const isPartition = among(where.partitions)("");
  const isQos = among(where.qos);
  if (!isCluster || !isPartition) return [];
  return shares.filter(
    (share) =>
      isUser(share.user) &&
      isAccount(share.account) &&
      isId(String(share.id)) &&
      (where.parents === undefined || (share.user === "" && isParent(share.parent))) &&
      (names === undefined || isName(share.user) || isName(share.account)) &&
      (where.qos === undefined || share.qos.some(isQos)),
  );
};

const associationRow = (
  all: readonly ShareView[],
  cluster: string,
  { entity, tree }: SacctmgrRequest,
): ((share: ShareView) => AssociationRow) => {
  const defaults = new Map(
    all.filter(({ isDefault }) => isDefault).map(({ user, account }) => [user, account]),
  );
  return (share) => ({
    account: share.account,
    user: share.user,
    defaultAccount: defaults.get(share.user) ?? "",
    cluster,
    share,
    indent: tree && entity === "association" ? share.depth : 0,
  });
};

const sorted = (shares: readonly ShareView[], key: (share: ShareView) => string): readonly ShareView[] =>
  [...shares].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));

function among(values: readonly string[] | undefined): (value: string) => boolean {
  if (values === undefined) return () => true;
  const set = new Set(values);
  return (value) => set.has(value);
}
