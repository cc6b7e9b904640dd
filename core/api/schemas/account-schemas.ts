/** Schemas of what the API answers about accounts, QOS and priorities, and of the queries for them. Data only. */
import { type TSchema, Type } from "@sinclair/typebox";
import type { FactorNumbers, PriorityView, QosView, ShareView } from "../../model/account-views.ts";
import { QOS_FLAGS } from "../../model/partition.ts";
import { MAX_LIST } from "../limits.ts";
import { ids, names } from "./query-schemas.ts";
import { describes, MAX_INT32, oneOf } from "./schema.ts";

const amounts = (description: string) => Type.Record(Type.String(), Type.Number(), { description });
const limitOf = <Schema extends TSchema>(schema: Schema) => Type.Optional(schema);
const tres = () => limitOf(amounts("By name of the TRES; memory in MiB."));
const count = () => limitOf(Type.Integer());

/** Absent fields do not limit. */
const limits = Type.Object(
  {
    grpTres: tres(),
    grpTresMins: tres(),
    grpTresRunMins: tres(),
    grpJobs: count(),
    grpSubmitJobs: count(),
    grpWallS: count(),
    maxTresPerJob: tres(),
    maxTresPerNode: tres(),
    maxTresMinsPerJob: tres(),
    minTresPerJob: tres(),
    maxWallS: count(),
    maxJobs: count(),
    maxSubmitJobs: count(),
    maxTresPerUser: tres(),
    maxTresPerAccount: tres(),
    maxJobsPerAccount: count(),
    maxSubmitJobsPerAccount: count(),
  },
  { additionalProperties: false },
);

/** An account or a user in one, with shares, usage and limits. */
export const shareViewSchema = describes<ShareView>()(
  Type.Object(
    {
      id: Type.Integer(),
      account: Type.String(),
      user: Type.String({ description: "Empty for the account itself." }),
      parent: Type.String({ description: "The account above; empty for the root." }),
      depth: Type.Integer(),
      isDefault: Type.Boolean({ description: "Where its user's jobs go that name no account." }),
      rawShares: Type.Integer(),
      normShares: Type.Number({ description: "Part of the shares of its level." }),
      rawUsage: Type.Number({ description: "TRES seconds by the billing weights, decayed." }),
      normUsage: Type.Number({ description: "Part of all use." }),
      effectvUsage: Type.Number({ description: "Part of the use of its level." }),
      levelFs: Type.Union([Type.Number(), Type.Null()], {
        description: "normShares over effectvUsage; null where nothing was used.",
      }),
      fairShare: Type.Number({ description: "0 to 1; 0 for accounts." }),
      runningJobs: Type.Integer(),
      tresMins: amounts("Decayed use in TRES minutes."),
      tresRunMins: amounts("TRES minutes that running jobs have left."),
      limits,
      priority: Type.Union([Type.Integer(), Type.Null()]),
      qos: Type.Array(Type.String()),
    },
    { $id: "ShareView", additionalProperties: false },
  ),
);

/** A QOS as configured. */
export const qosViewSchema = describes<QosView>()(
  Type.Object(
    {
      name: Type.String(),
      priority: Type.Integer(),
      usageFactor: Type.Number(),
      usageThreshold: Type.Number(),
      limitFactor: Type.Number(),
      minPrioThreshold: Type.Integer(),
      graceTimeS: Type.Integer(),
      flags: Type.Array(oneOf(QOS_FLAGS)),
      preempt: Type.Array(Type.String()),
      limits,
      tresMins: amounts("Decayed use in TRES minutes."),
      wallS: Type.Number(),
    },
    { $id: "QosView", additionalProperties: false },
  ),
);

/** One number for each factor of multifactor priority. */
export const factorNumbersSchema = describes<FactorNumbers>()(
  Type.Object(
    {
      age: Type.Number(),
      assoc: Type.Number(),
      fairshare: Type.Number(),
      size: Type.Number(),
      partition: Type.Number(),
      qos: Type.Number(),
      tresCpu: Type.Number(),
      tresMem: Type.Number(),
      tresGpu: Type.Number(),
    },
    { additionalProperties: false },
  ),
);

/** How a waiting job's priority comes about in one partition. */
export const priorityViewSchema = describes<PriorityView>()(
  Type.Object(
    {
      jobId: Type.Integer(),
      displayId: Type.String(),
      name: Type.String(),
      user: Type.String(),
      uid: Type.Integer(),
      account: Type.String(),
      qos: Type.String(),
      partition: Type.String(),
      priority: Type.Number(),
      isSet: Type.Boolean({ description: "Whether an operator set it." }),
      site: Type.Number(),
      nice: Type.Integer(),
      normal: factorNumbersSchema,
      weighted: factorNumbersSchema,
    },
    { $id: "PriorityView", additionalProperties: false },
  ),
);

const page = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MAX_LIST, description: "Records in one answer." }),
  ),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_INT32,
      description: "Records to pass over: `next` of the answer before.",
    }),
  ),
};

export const shareQuerySchema = Type.Object(
  { accounts: names("accounts"), users: names("users"), ...page },
  { additionalProperties: false },
);

export const priorityQuerySchema = Type.Object(
  {
    ids,
    users: names("users"),
    accounts: names("accounts"),
    partitions: names("partitions"),
    ...page,
  },
  { additionalProperties: false },
);
