/** Schemas of queries and of the variable parts of paths. A query's lists are comma separated text. Data only. */
import { Type } from "@sinclair/typebox";
import { DEFAULT_POLL_MS, MAX_HISTORY, MAX_LIST, MAX_POLL_MS } from "../limits.ts";
import { JOB_STATES } from "./job-schemas.ts";
import { MAX_INT32 } from "./schema.ts";

/** Longest array reference; Slurm's own display of one has at most 4,096 bytes. */
const MAX_REF_CHARS = 4096;

/** States that squeue may be asked for and no job is in: they select nothing, and are not misspelt. */
const OTHER_STATES = [
  "COMPLETING",
  "CONFIGURING",
  "EXPEDITING",
  "RESIZING",
  "REQUEUED",
  "REQUEUE_FED",
  "REQUEUE_HOLD",
  "RESV_DEL_HOLD",
  "REVOKED",
  "SIGNALING",
  "SPECIAL_EXIT",
  "STAGE_OUT",
  "STOPPED",
  "SUSPENDED",
] as const;

const ONE_ID = "[1-9][0-9]{0,9}(_[0-9]{1,7}|\\+[0-9]{1,3})?";
export const ids = Type.Optional(
  Type.String({
    pattern: `^${ONE_ID}(,${ONE_ID})*$`,
    description: "job ids, comma separated, like 12,12_3,12+1",
  }),
);
export const names = (noun: string) =>
  Type.Optional(
    Type.String({
      pattern: "^[^,\\u0000]{1,1024}(,[^,\\u0000]{1,1024})*$",
      description: `${noun}, comma separated, none empty`,
    }),
  );
const stateWord = `(${[...JOB_STATES, ...OTHER_STATES].join("|")})`;
const states = Type.Optional(
  Type.String({
    pattern: `^${stateWord}(,${stateWord})*$`,
    description: `states in capitals, comma separated, of ${[...JOB_STATES, ...OTHER_STATES].join(", ")}`,
  }),
);
const epochS = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description }));

/** `/v1/jobs/:ref`. */
export const refParamsSchema = Type.Object(
  {
    ref: Type.String({
      maxLength: MAX_REF_CHARS,
      pattern: "^[1-9][0-9]{0,9}(_[0-9]{1,7}|_\\[[0-9][0-9,:%-]*\\]|\\+[0-9]{1,3})?$",
      description: "a job id, an array task or tasks of an array, or a component: 12, 12_3, 12_[1-3,5], 12+1",
    }),
  },
  { additionalProperties: false },
);

/** `/v1/nodes/:name`. */
export const nodeParamsSchema = Type.Object(
  { name: Type.String({ pattern: "^[^\\s\\u0000/]{1,255}$", description: "a node's name" }) },
  { additionalProperties: false },
);

/** Which jobs, and which page of them. */
export const jobQuerySchema = Type.Object(
  {
    ids,
    users: names("users"),
    partitions: names("partitions"),
    states,
    names: names("job names"),
    accounts: names("accounts"),
    ended: Type.Optional(
      Type.Boolean({ description: "Also those ended a short while ago. 1 or 0 will do." }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_LIST, description: "Records in one answer." }),
    ),
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_INT32,
        description: "Only records with a higher job id: `next` of the answer before.",
      }),
    ),
  },
  { additionalProperties: false },
);

export const historyQuerySchema = Type.Object(
  {
    ids,
    users: names("users"),
    names: names("job names"),
    states,
    sinceS: epochS("Ended at or after, epoch seconds."),
    untilS: epochS("Ended before, epoch seconds."),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_HISTORY, description: "Newest first; 1,000 unless told." }),
    ),
  },
  { additionalProperties: false },
);

export const endQuerySchema = Type.Object(
  {
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_POLL_MS,
        description: `How long to wait; ${DEFAULT_POLL_MS} unless told.`,
      }),
    ),
  },
  { additionalProperties: false },
);

export const eventQuerySchema = Type.Object(
  {
    after: epochS(
      "Begin behind this number; absent: with what happens from now on. The header last-event-id goes before it.",
    ),
  },
  { additionalProperties: false },
);

/** For routes that take no query. */
export const noQuerySchema = Type.Object({}, { additionalProperties: false });
