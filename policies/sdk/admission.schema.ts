/**
 * What an admission module sees of a job, as data: the fields of a submission in the order of their slots, and the head
 * of the message that they cross in. `codegen.ts` writes the host's and the guest's code from it. A part of the ABI, so
 * append only, as `abi.schema.ts` says: a new field goes at the end with `since` set to the new minor version.
 */

/** `text` crosses as UTF-16; numbers and truth values as f64. */
export type AdmissionType = "text" | "i32" | "f64" | "bool";

export interface AdmissionField {
  /** As the module names it, which is what the submission calls it. */
  readonly name: string;
  readonly type: AdmissionType;
  /** Minor version that brought it. */
  readonly since: number;
  /** Whether the module may change it in a submission. */
  readonly isChangeable: boolean;
  /** Whether `scontrol update` can change it, and so can a module then. */
  readonly isUpdatable: boolean;
  /** What it reads as where the job does not say; writing this takes the field back. Text "" and false for truth values. */
  readonly absent: number;
  /** What a module may set: bounds of a number, both included; of text the greatest length in characters. */
  readonly min: number;
  readonly max: number;
  readonly doc: string;
}

/** i32 cells at the start of a message, 4 bytes each in this order. */
export const ADMISSION_HEAD = [
  "slots",
  "submission",
  "present",
  "variables",
  "variableCount",
  "isRefused",
  "codeAt",
  "codeBytes",
  "sentenceAt",
  "sentenceBytes",
  "notesAt",
  "notesBytes",
] as const;

/** State (i32: 0 absent, 1 given, 2 set by the module), 4 bytes unused, then a f64, or address and bytes of a text. */
export const SLOT_BYTES = 16;
/** Name's address and bytes, value's address and bytes: i32 each. */
export const VARIABLE_BYTES = 16;

const SINCE = 4;
const NOT_SAID = -1;
const MAX_I32 = 2_147_483_647;
const MAX_NICE = 2_147_483_645;
const MAX_EPOCH_S = 4_294_967_295;
/** Characters of a field that a module may set; what it reads of a longer one is cut. */
const MAX_TEXT = 4096;

type Made = Pick<AdmissionField, "isChangeable" | "isUpdatable">;
const READ: Made = { isChangeable: false, isUpdatable: false };
const CHANGE: Made = { isChangeable: true, isUpdatable: false };
const UPDATE: Made = { isChangeable: true, isUpdatable: true };

const text = (name: string, made: Made, doc: string, max = MAX_TEXT): AdmissionField => ({
  ...{ name, type: "text", since: SINCE, ...made, absent: 0, min: 0, max, doc },
});
const count = (name: string, made: Made, doc: string, min = 1): AdmissionField => ({
  ...{ name, type: "i32", since: SINCE, ...made, absent: NOT_SAID, min, max: MAX_I32, doc },
});
const number = (name: string, made: Made, doc: string): AdmissionField => ({
  ...{ name, type: "f64", since: SINCE, ...made, absent: NOT_SAID, min: 0, max: MAX_EPOCH_S, doc },
});
const flag = (name: string, made: Made, doc: string): AdmissionField => ({
  ...{ name, type: "bool", since: SINCE, ...made, absent: 0, min: 0, max: 1, doc },
});

const MAX_JOB_NAME = 1024;
const MAX_NAME = 255;

export const ADMISSION_FIELDS: readonly AdmissionField[] = [
  number("nowS", READ, "The time, epoch seconds."),
  flag("operator", READ, "Whether an operator asks."),
  text("user", READ, "Who it is for; of an update who asks.", MAX_NAME),
  number("uid", READ, "The user's id."),
  text("group", READ, "The user's group.", MAX_NAME),
  number("gid", READ, "The group's id."),
  text("submitHost", READ, "Where it was submitted.", MAX_NAME),
  text("workDir", READ, "The directory that it starts in."),
  text("scriptPath", READ, "Path of the script; empty for stdin and --wrap."),
  text("script", READ, "The script, its first 65,536 characters.", 65_536),
  text("defaultPartition", READ, "The partition of jobs that name none.", MAX_NAME),
  text("defaultAccount", READ, "The account of the user's jobs that name none; empty for none.", MAX_NAME),
  flag("interactive", READ, "It has no script: it is of srun or salloc."),
  count("component", READ, "Of a heterogeneous job, which component this is; -1 for other jobs.", 0),
  text("array", READ, "Its array, as 0-15%4."),
  text("name", UPDATE, "Its name.", MAX_JOB_NAME),
  text("partition", UPDATE, "Its partitions, comma separated."),
  text("account", UPDATE, "Its account.", MAX_NAME),
  text("qos", UPDATE, "Its QOS.", MAX_NAME),
  text("comment", UPDATE, "Its comment.", MAX_JOB_NAME),
  text("wckey", CHANGE, "Its workload key.", MAX_NAME),
  text("reservation", UPDATE, "The reservation that it asks for."),
  text("constraint", CHANGE, "Features that its nodes must have."),
  text("gres", CHANGE, "GRES of each node, as gpu:tesla:2,nic:1."),
  text("gpus", CHANGE, "GPUs of the whole job, as tesla:4."),
  text("gpusPerNode", CHANGE, "GPUs of each node."),
  text("gpusPerTask", CHANGE, "GPUs of each task."),
  text("gpusPerSocket", CHANGE, "GPUs of each socket."),
  text("tresPerTask", CHANGE, "What each task has beside, as cpu:2,gres/gpu:1."),
  text("licenses", CHANGE, "Licences that it holds, as matlab:2,ansys."),
  text("nodelist", CHANGE, "Nodes that it must have, a hostlist."),
  text("exclude", CHANGE, "Nodes that it must not have, a hostlist."),
  text("dependency", UPDATE, "What it waits for, as afterok:12."),
  text("switches", CHANGE, "At most so many leaf switches, as 2@1:00:00."),
  text("hint", CHANGE, "compute_bound, memory_bound, multithread or nomultithread.", MAX_NAME),
  text("mailUser", CHANGE, "Who is told of its begin and end.", MAX_NAME),
  count("timeLimitS", UPDATE, "Time limit, seconds; 2147483647 for none; -1 where it does not say."),
  count("timeMinS", UPDATE, "The limit may be shortened to this, seconds; -1 where it does not say."),
  number("beginS", UPDATE, "Not before, epoch seconds; -1 where it does not say."),
  number("deadlineS", UPDATE, "Ended by, epoch seconds; -1 where it does not say."),
  count("minNodes", CHANGE, "Nodes at least; -1 where it does not say."),
  count("maxNodes", CHANGE, "Nodes at most; -1 where it does not say."),
  count("ntasks", CHANGE, "Tasks; -1 where it does not say."),
  count("ntasksPerNode", CHANGE, "Tasks of each node; -1 where it does not say."),
  count("ntasksPerSocket", CHANGE, "Tasks of each socket at most; -1 where it does not say."),
  count("ntasksPerCore", CHANGE, "Tasks of each core at most; -1 where it does not say."),
  count("cpusPerTask", CHANGE, "CPUs of each task; -1 where it does not say."),
  count("cpusPerGpu", CHANGE, "CPUs for each GPU; -1 where it does not say."),
  count("memPerNodeMib", CHANGE, "Memory of each node, MiB; 0 for all; -1 where it does not say.", 0),
  count("memPerCpuMib", CHANGE, "Memory for each CPU, MiB; -1 where it does not say.", 0),
  count("memPerGpuMib", CHANGE, "Memory for each GPU, MiB; -1 where it does not say.", 0),
  {
    ...count("nice", UPDATE, "Its nice value; 0 where it does not say.", -MAX_NICE),
    absent: 0,
    max: MAX_NICE,
  },
  {
    ...count("requeue", CHANGE, "1 or 0: whether it may be started again; -1 where it does not say.", 0),
    max: 1,
  },
  flag("exclusive", CHANGE, "Whole nodes."),
  flag("exclusiveUser", CHANGE, "Nodes are shared with jobs of the same user only."),
  flag("overcommit", CHANGE, "One CPU for all tasks of a node."),
  flag("contiguous", CHANGE, "Nodes side by side."),
  flag("hold", CHANGE, "It is held."),
  count(
    "priority",
    { isChangeable: false, isUpdatable: true },
    "Of an update, the priority that it sets; else -1.",
    0,
  ),
];
