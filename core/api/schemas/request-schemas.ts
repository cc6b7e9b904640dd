/**
 * Schemas of what the API takes: bodies, queries, parts of paths and headers. They hold shapes and bounds; whether a
 * partition exists or a count makes sense is for the controller to say. Unknown fields are refused everywhere. Data
 * only.
 */
import { type TSchema, Type } from "@sinclair/typebox";
import { MAX_HET_COMPONENTS } from "../../model/het.ts";
import { HET_FIELDS, type JobSpec, MAX_ARGS } from "../../model/job-spec.ts";
import { MAX_NODE_WEIGHT } from "../../model/node.ts";
import { NODE_UPDATE_STATES, type NodeUpdate } from "../../model/node-update.ts";
import type { CancelRequest, JobUpdate } from "../../model/views.ts";
import {
  describes,
  MAX_GRAMMAR_CHARS,
  MAX_INT32,
  MAX_NAME_CHARS,
  MAX_PATH_CHARS,
  MAX_UID,
  oneOf,
  text,
  whole,
} from "./schema.ts";

/** Longest job name that Slurm takes. */
const MAX_JOB_NAME_CHARS = 1024;
const MAX_COMMENT_CHARS = 65_536;
/** One argument is at most what Linux takes for one (MAX_ARG_STRLEN). */
const MAX_ARG_CHARS = 131_072;
const MAX_MAIL_TYPES = 32;
const MAX_NICE = 2_147_483_645;
const MAX_SIGNAL = 64;

const optional = <Schema extends TSchema>(schema: Schema) => Type.Optional(schema);
const name = (description?: string) => optional(text(MAX_NAME_CHARS, description));
const grammar = (description: string) => optional(text(MAX_GRAMMAR_CHARS, description));
const path = (description: string) => optional(text(MAX_PATH_CHARS, description));
const count = (description?: string) => optional(whole(0, MAX_INT32, description));

/** What a submission says of itself, and of the first component of a heterogeneous job. */
const jobFields = {
  name: optional(text(MAX_JOB_NAME_CHARS)),
  script: Type.String({ description: "The batch script, beginning #!, at most 4 MiB of UTF-8." }),
  allocation: optional(
    oneOf(["held", "kept"], "A job without a script: for as long as it is held, or until its time limit."),
  ),
  scriptPath: path("Absolute path of the script as the user named it."),
  args: optional(Type.Array(text(MAX_ARG_CHARS), { maxItems: MAX_ARGS })),
  user: text(MAX_NAME_CHARS),
  uid: whole(0, MAX_UID),
  group: text(MAX_NAME_CHARS),
  gid: whole(0, MAX_UID),
  submitHost: name(),
  submitSid: count("Session id of the submitting shell."),
  workDir: Type.String({
    maxLength: MAX_PATH_CHARS,
    pattern: "^/[^\\u0000]*$",
    description: "an absolute path of at most 4096 characters",
  }),
  environment: Type.Record(
    Type.String({ pattern: "^[^=\\u0000]+$" }),
    Type.String({ pattern: "^[^\\u0000]*$" }),
    {
      additionalProperties: false,
      description: "Variables that the job starts with, at most 1 MiB of UTF-8 together.",
    },
  ),
  partition: grammar("Partition names, comma separated."),
  account: name(),
  qos: name(),
  comment: optional(text(MAX_COMMENT_CHARS)),
  wckey: name(),
  timeLimitS: optional(whole(1, MAX_INT32, "2147483647 for none.")),
  timeMinS: optional(whole(1, MAX_INT32, "The limit may be shortened to this.")),
  deadlineS: optional(whole(0, Number.MAX_SAFE_INTEGER, "Epoch seconds by which it must have ended.")),
  minNodes: count(),
  maxNodes: count(),
  ntasks: count(),
  ntasksPerNode: count(),
  cpusPerTask: count(),
  memPerNodeMib: count("0 asks for all of a node's memory. At most one of the three is given."),
  memPerCpuMib: count(),
  memPerGpuMib: count(),
  gres: grammar("GRES of each node: gpu:tesla:2,nic:1."),
  gpus: grammar("[type:]n of the whole job."),
  gpusPerNode: grammar("[type:]n of each node."),
  gpusPerTask: grammar("[type:]n of each task."),
  gpusPerSocket: grammar("[type:]n of each socket."),
  cpusPerGpu: count(),
  ntasksPerSocket: count("At most so many tasks on each socket."),
  ntasksPerCore: count("At most so many tasks on each core."),
  socketsPerNode: count("At least so many sockets a node."),
  coresPerSocket: count("At least so many cores a socket."),
  threadsPerCore: count("At least so many threads a core; 1: only one of each core is used."),
  tresPerTask: grammar("What each task has beside: cpu:2,gres/gpu:1."),
  exclusive: optional(Type.Boolean()),
  exclusiveUser: optional(Type.Boolean()),
  oversubscribe: optional(Type.Boolean()),
  overcommit: optional(Type.Boolean()),
  contiguous: optional(Type.Boolean()),
  switches: grammar("At most so many leaf switches: 2@1:00:00."),
  distribution: grammar("block, cyclic:block, plane=4, ..."),
  gresFlags: grammar("enforce-binding, disable-binding, ..."),
  useMinNodes: optional(Type.Boolean()),
  waitAllNodes: optional(Type.Boolean()),
  reservation: grammar("Name of a reservation."),
  licenses: grammar("Licences that it holds while it runs: matlab:2,ansys."),
  hint: name("compute_bound, memory_bound, multithread, nomultithread."),
  constraint: grammar("Features that nodes must have."),
  nodelist: grammar("Hostlist of nodes that must be part of it."),
  exclude: grammar("Hostlist of nodes that must not."),
  array: grammar("0-15:3%2."),
  dependency: grammar("afterok:12,afterany:13."),
  beginS: optional(whole(0, Number.MAX_SAFE_INTEGER, "Epoch seconds before which it does not start.")),
  hold: optional(Type.Boolean()),
  requeue: optional(Type.Boolean()),
  nice: optional(whole(-MAX_NICE, MAX_NICE, "Only an operator may go below 0.")),
  output: path("File name pattern."),
  error: path("File name pattern; absent: merged into the output."),
  input: path("File name pattern."),
  openMode: optional(oneOf(["append", "truncate"])),
  mailType: optional(Type.Array(text(MAX_NAME_CHARS), { maxItems: MAX_MAIL_TYPES })),
  mailUser: name(),
  signal: optional(
    Type.Object(
      { signal: whole(1, MAX_SIGNAL), beforeS: whole(0), batchOnly: Type.Boolean() },
      { additionalProperties: false, description: "A signal before the time limit." },
    ),
  ),
};

/** A submission. */
export const jobSpecSchema = describes<JobSpec>()(
  Type.Object(
    {
      ...jobFields,
      het: optional(
        Type.Array(Type.Pick(Type.Object(jobFields), HET_FIELDS, { additionalProperties: false }), {
          minItems: 1,
          maxItems: MAX_HET_COMPONENTS - 1,
          description: "Components of a heterogeneous job after the first; all start together.",
        }),
      ),
    },
    { $id: "JobSpec", additionalProperties: false },
  ),
);

/** What may be changed of a job. */
export const jobUpdateSchema = describes<JobUpdate>()(
  Type.Object(
    {
      timeLimitS: optional(whole(1, MAX_INT32, "2147483647 for none.")),
      nice: optional(whole(-MAX_NICE, MAX_NICE)),
      siteFactor: optional(whole(-MAX_NICE, MAX_NICE, "Points added to the priority; for operators.")),
      priority: optional(whole(0, MAX_UID)),
      partition: grammar("Partition names, comma separated."),
      qos: name(),
      account: name(),
      comment: optional(text(MAX_COMMENT_CHARS)),
      name: optional(text(MAX_JOB_NAME_CHARS)),
      reservation: name("Empty for none."),
      beginS: optional(whole(0, Number.MAX_SAFE_INTEGER, "Epoch seconds.")),
      dependency: grammar("afterok:12; empty for none."),
      arrayThrottle: count("0 for no limit."),
      timeMinS: optional(whole(0, MAX_INT32, "It may start with a limit as short; 0 for its limit alone.")),
      deadlineS: optional(whole(0, Number.MAX_SAFE_INTEGER, "Epoch seconds by which it must have ended.")),
    },
    { $id: "JobUpdate", additionalProperties: false, minProperties: 1 },
  ),
);

/** What may be changed of a node. */
export const nodeUpdateSchema = describes<NodeUpdate>()(
  Type.Object(
    {
      state: optional(oneOf(NODE_UPDATE_STATES)),
      reason: optional(text(MAX_COMMENT_CHARS)),
      weight: optional(
        Type.Integer({
          minimum: 1,
          maximum: MAX_NODE_WEIGHT,
          description: "The lightest nodes are given out first.",
        }),
      ),
      asap: optional(Type.Boolean({ description: "Of REBOOT: no more jobs until it is back." })),
      nextState: optional(
        oneOf(["RESUME", "DOWN"], "Of REBOOT: what it is set to then; absent for what it was."),
      ),
    },
    { $id: "NodeUpdate", additionalProperties: false, minProperties: 1 },
  ),
);

/** How to cancel or signal a job. */
export const cancelRequestSchema = describes<CancelRequest>()(
  Type.Object(
    {
      signal: optional(whole(1, MAX_SIGNAL, "Absent: end the job. Else only send this signal.")),
      batchOnly: optional(Type.Boolean({ description: "Signal the batch shell alone." })),
    },
    { $id: "CancelRequest", additionalProperties: false },
  ),
);

/** How to requeue a job. */
export const requeueRequestSchema = Type.Object(
  { hold: optional(Type.Boolean({ description: "Requeue and hold." })) },
  { $id: "RequeueRequest", additionalProperties: false },
);

/** Who asks; both or neither. Neither is the controller's own user. */
export const callerHeadersSchema = Type.Object({
  "x-rota-user": optional(
    Type.String({
      pattern: "^[^\\s\\u0000-\\u001f\\u007f]{1,255}$",
      description: "a user name of at most 255 characters",
    }),
  ),
  "x-rota-uid": optional(
    Type.String({ pattern: "^(0|[1-9][0-9]{0,9})$", description: "the uid of the user in decimal digits" }),
  ),
});
