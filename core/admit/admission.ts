/**
 * Between a submission and the site's admission policy: what the policy is asked of a job or an update, and what its
 * answer makes of it. Pure; knows no module. What comes of it goes through `admit` like any other submission.
 */
import type { AdmissionAnswer, AdmissionFields, FieldValue } from "../model/admission.ts";
import type { Job } from "../model/job.ts";
import type { JobSpec } from "../model/job-spec.ts";
import type { JobUpdate } from "../model/views.ts";
import type { AdmitCluster } from "./cluster.ts";

/** Who asks, and when. */
export interface AdmissionFacts {
  readonly nowS: number;
  readonly operator: boolean;
}

/** Characters of a script that a policy sees. */
const MAX_SCRIPT_LENGTH = 65_536;

/** Fields that a policy sees as the submission has them. */
const TEXTS = [
  ...["user", "group", "submitHost", "workDir", "scriptPath", "array", "name", "partition", "account", "qos"],
  ...["comment", "wckey", "reservation", "constraint", "gres", "gpus", "gpusPerNode", "gpusPerTask"],
  ...["gpusPerSocket", "tresPerTask", "licenses", "nodelist", "exclude", "dependency", "switches", "hint"],
  "mailUser",
] as readonly (keyof JobSpec)[];
const NUMBERS = [
  ...["uid", "gid", "timeLimitS", "timeMinS", "beginS", "deadlineS", "minNodes", "maxNodes", "ntasks"],
  ...["ntasksPerNode", "ntasksPerSocket", "ntasksPerCore", "cpusPerTask", "cpusPerGpu"],
  ...["memPerNodeMib", "memPerCpuMib", "memPerGpuMib", "nice"],
] as readonly (keyof JobSpec)[];
const FLAGS = [
  ...["exclusive", "exclusiveUser", "overcommit", "contiguous", "hold", "requeue"],
] as readonly (keyof JobSpec)[];
const UPDATED = [
  ...["name", "partition", "account", "qos", "comment", "reservation", "dependency"],
  ...["timeLimitS", "timeMinS", "beginS", "deadlineS", "nice", "priority"],
] as readonly (keyof JobUpdate)[];

/** What the policy sees of a submission; `component` only of a heterogeneous job. */
export function submissionFields(
  spec: JobSpec,
  cluster: Pick<AdmitCluster, "partitions" | "accounts">,
  { nowS, operator }: AdmissionFacts,
  component?: number,
): AdmissionFields {
  const fields: Record<string, FieldValue> = { nowS, operator, ...asAsked(spec) };
  fields["script"] = spec.script.slice(0, MAX_SCRIPT_LENGTH);
  fields["interactive"] = spec.allocation !== undefined;
  fields["defaultPartition"] =
    cluster.partitions.find(({ spec: { isDefault } }) => isDefault)?.spec.name ?? "";
  fields["defaultAccount"] = cluster.accounts.defaultOf(spec.user) ?? "";
  if (component !== undefined) fields["component"] = component;
  return fields;
}

/** What the policy sees of an update: what shall change, and who asks. */
export function updateFields(
  update: JobUpdate,
  asker: { readonly user: string; readonly uid: number },
  { nowS, operator }: AdmissionFacts,
): AdmissionFields {
  const fields: Record<string, FieldValue> = { nowS, operator, user: asker.user, uid: asker.uid };
  for (const name of UPDATED) {
    const value = update[name];
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

/** What the policy sees of a job that there is: as it was asked for, with what has become of it since. */
export function presentFields(job: Job): AdmissionFields {
  return {
    ...asAsked(job.spec),
    name: job.name,
    partition: job.partitions.join(","),
    account: job.account,
    qos: job.qos,
    comment: job.comment,
    timeLimitS: job.timeLimitS,
    nice: job.nice,
    reservation: job.reservation ?? "",
    interactive: job.spec.allocation !== undefined,
  };
}

/** The submission as the policy would have it. */
export function changedSpec<T extends Partial<JobSpec>>(spec: T, { changes }: AdmissionAnswer): T {
  const names = Object.keys(changes);
  if (names.length === 0) return spec;
  const changed: Record<string, unknown> = { ...spec };
  for (const name of names) {
    const value = changes[name];
    if (value === null) delete changed[name];
    else changed[name] = FLAGS.includes(name as keyof JobSpec) ? Boolean(value) : value;
  }
  return changed as T;
}

/** The update as the policy would have it. */
export function changedUpdate(update: JobUpdate, { changes }: AdmissionAnswer): JobUpdate {
  const changed: Record<string, unknown> = { ...update };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete changed[name];
    else changed[name] = value;
  }
  return changed;
}

function asAsked(spec: Partial<JobSpec>): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const name of [...TEXTS, ...NUMBERS]) {
    const value = spec[name];
    if (typeof value === "string" || typeof value === "number") fields[name] = value;
  }
  for (const name of FLAGS) {
    const value = spec[name];
    if (typeof value === "boolean") fields[name] = name === "requeue" ? Number(value) : value;
  }
  return fields;
}
