/**
 * The one table of errors: each code with its HTTP status, Slurm's sentence for it where Slurm has one, and what the
 * reader should do. `rota errors` and the docs are printed from it. Codes are append-only.
 */
import { type ErrorEntry, POLICY_ERRORS } from "./policy-errors.ts";

export type { ErrorEntry } from "./policy-errors.ts";

export const ERRORS = {
  // Submission
  INVALID_PARTITION: {
    status: 422,
    slurm: "Invalid partition name specified",
    todo: "Name a partition that `sinfo` lists.",
  },
  PARTITION_UNAVAILABLE: {
    status: 422,
    slurm: "Required partition not available (inactive or drain)",
    todo: "Name a partition that is up, or wait until the site opens this one.",
  },
  NODE_CONFIG_UNAVAILABLE: {
    status: 422,
    slurm: "Requested node configuration is not available",
    todo: "Ask for less on each node, or for a partition whose nodes have it; `rota nodes` shows what they have.",
  },
  MEMORY_NOT_SATISFIABLE: {
    status: 422,
    slurm: "Requested node configuration is not available",
    todo: "Ask for less memory; `rota nodes` shows what nodes have.",
  },
  INVALID_FEATURE: {
    status: 422,
    slurm: "Invalid feature specification",
    todo: "Name a feature that a node has; `rota nodes` lists them.",
  },
  INVALID_NODE_NAME: {
    status: 422,
    slurm: "Invalid node name specified",
    todo: "Name nodes that `sinfo -N` lists.",
  },
  INVALID_ARRAY: {
    status: 422,
    slurm: "Invalid job array specification",
    todo: "Give task ids below the array limit, `0-15`, `1,3,5` or `0-100%4`.",
  },
  INVALID_GRES: {
    status: 422,
    slurm: "Invalid generic resource (gres) specification",
    todo: "Name a GRES that a node has, as `gpu:2` or `gpu:tesla:2`.",
  },
  INVALID_DEPENDENCY: {
    status: 422,
    slurm: "Job dependency problem",
    todo: "Give it as `afterok:12` with a job id that exists.",
  },
  INVALID_TIME_LIMIT: {
    status: 422,
    slurm: "Requested time limit is invalid (missing or exceeds some limit)",
    todo: "Give a time limit below the partition's.",
  },
  INVALID_NODE_COUNT: {
    status: 422,
    slurm: "Node count specification invalid",
    todo: "Give node counts that the tasks fit, minimum first.",
  },
  INVALID_CPU_COUNT: {
    status: 422,
    slurm: "More processors requested than permitted",
    todo: "Ask for fewer CPUs or tasks.",
  },
  INVALID_QOS: {
    status: 422,
    slurm: "Invalid qos specification",
    todo: "Name a QOS that rota.yaml defines.",
  },
  INVALID_ACCOUNT: {
    status: 422,
    slurm: "Invalid account or account/partition combination specified",
    todo: "Ask for an account that you are in, and that the partition is open to; `rota shares` lists yours.",
  },
  GROUP_NOT_ALLOWED: {
    status: 403,
    slurm: "User's group not permitted to use this partition",
    todo: "Ask for a partition that is open to your group.",
  },
  SUBMIT_LIMIT: {
    status: 422,
    slurm: "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    todo: "Wait until some of the jobs have ended, or ask the site to raise the limit.",
  },
  INVALID_TIME_MIN: {
    status: 422,
    slurm: "Invalid time-min specification (exceeds job's time or other limits)",
    todo: "Give a shortest time that is not above the time limit.",
  },
  INVALID_LICENSES: {
    status: 422,
    slurm: "Invalid license specification",
    todo: "Name licences that rota.yaml lists, no more of each than there are.",
  },
  INVALID_SPEC: { status: 422, todo: "Correct the field that the message names." },
  NOT_SUPPORTED: {
    status: 422,
    todo: "Leave the option out: this version does not have it yet, and ignoring it would change what the job does.",
  },
  SCRIPT_TOO_LARGE: { status: 413, todo: "Keep the batch script under 4 MiB; put data in files." },
  QUEUE_FULL: {
    status: 503,
    slurm: "Slurm temporarily unable to accept job, sleeping and retrying",
    todo: "Wait and submit again; the site sets `max_jobs`.",
  },
  // Jobs
  INVALID_JOB_ID: {
    status: 404,
    slurm: "Invalid job id specified",
    todo: "Check the id with `squeue -t all` or `rota history`.",
  },
  HET_COMPONENT: {
    status: 409,
    slurm: "Operation not permitted on individual component of heterogeneous job",
    todo: "Name the whole job by its leader's id.",
  },
  JOB_ENDED: {
    status: 409,
    slurm: "Job/step already completing or completed",
    todo: "Nothing is left to do for this job.",
  },
  JOB_NOT_PENDING: {
    status: 409,
    slurm: "Job is no longer pending execution",
    todo: "Only a waiting job can be changed so.",
  },
  JOB_NOT_RUNNING: {
    status: 409,
    slurm: "Requested operation is presently disabled",
    todo: "The job must be running for this.",
  },
  JOB_NOT_SUSPENDED: {
    status: 409,
    slurm: "Job is not suspended",
    todo: "Only a suspended job can be resumed.",
  },
  REQUEUE_DISABLED: {
    status: 409,
    slurm: "Requested operation is presently disabled",
    todo: "The job was submitted with --no-requeue.",
  },
  JOB_PENDING: {
    status: 409,
    slurm: "Job is pending execution",
    todo: "Wait until the job runs; `squeue` shows it.",
  },
  // Job steps
  STEP_BUSY: {
    status: 409,
    slurm: "Requested nodes are busy",
    todo: "Other steps of the job hold the nodes: wait for them, or start steps with --exact or --overlap.",
  },
  STEP_MEMORY: {
    status: 422,
    slurm: "Memory required by task is not available",
    todo: "Ask for no more memory than the job has on a node.",
  },
  STEP_LIMIT: {
    status: 409,
    slurm: "Step limit reached for this job",
    todo: "A run of a job has at most 40,000 steps: do more in each.",
  },
  INVALID_STEP_ID: {
    status: 404,
    slurm: "Invalid job id specified",
    todo: "Check the id with `squeue -s`.",
  },
  ACCESS_DENIED: {
    status: 403,
    slurm: "Access/permission denied",
    todo: "Ask the job's owner or an operator.",
  },
  INVALID_UPDATE: {
    status: 422,
    slurm: "Invalid job update specification",
    todo: "Name a field that can be changed: TimeLimit, Priority, Nice, Partition, Comment, JobName, ArrayTaskThrottle, StartTime, Dependency.",
  },
  // Nodes and partitions
  UNKNOWN_NODE: {
    status: 404,
    slurm: "Invalid node name specified",
    todo: "Name a node that `sinfo -N` lists.",
  },
  UNKNOWN_PARTITION: {
    status: 404,
    slurm: "Invalid partition name specified",
    todo: "Name a partition that `sinfo` lists.",
  },
  NODE_STATE: {
    status: 409,
    slurm: "Invalid node state specified",
    todo: "Give a state that the node can be set to from the one it is in; `scontrol show node` shows that.",
  },
  NODE_REFUSED: { status: 409, todo: "Give the agent a name that rota.yaml lists, or list it there." },
  // Reservations
  RESERVATION_INVALID: {
    status: 404,
    slurm: "Requested reservation is invalid",
    todo: "Name a reservation that `scontrol show reservation` lists.",
  },
  RESERVATION_ACCESS: {
    status: 403,
    slurm: "Access denied to requested reservation",
    todo: "Ask for a reservation that names you or your account.",
  },
  RESERVATION_OVERLAP: {
    status: 409,
    slurm: "Requested reservation overlaps with another reservation",
    todo: "Give other nodes or another time, or the flag OVERLAP or MAINT.",
  },
  RESERVATION_NODES_BUSY: {
    status: 409,
    slurm: "Requested nodes are busy",
    todo: "Give other nodes or a later time, or the flag IGNORE_JOBS.",
  },
  RESERVATION_EXISTS: {
    status: 409,
    slurm: "Duplicate reservation name",
    todo: "Give another name, or none.",
  },
  RESERVATION_IN_USE: {
    status: 409,
    slurm: "Requested reservation is in use",
    todo: "Wait until the jobs that ask for it have ended, or cancel them.",
  },
  RESERVATION_STARTED: {
    status: 409,
    slurm: "Reservation already started",
    todo: "The start of a reservation cannot change once it has begun; change its end, or make a new one.",
  },
  RESERVATION_EMPTY: {
    status: 422,
    slurm: "Reservation request lacks users or accounts",
    todo: "Say for whom it is: users, groups or accounts.",
  },
  RESERVATION_TIME: {
    status: 422,
    slurm: "Invalid time specified",
    todo: "Give an end that lies behind the start and is still to come.",
  },
  // Access and protocol
  BUSY: { status: 503, todo: "Too many requests of this kind are open; try again later." },
  UNAUTHORIZED: {
    status: 401,
    slurm: "Authentication error",
    todo: "Send the token of the controller's token file.",
  },
  BAD_REQUEST: { status: 400, todo: "Send what /openapi.json describes." },
  TOO_LARGE: { status: 413, todo: "Send less in one request." },
  NOT_FOUND: { status: 404, todo: "Check the path against /openapi.json." },
  CONTROLLER_UNREACHABLE: {
    status: 503,
    slurm: "Unable to contact slurm controller (connect failure)",
    todo: "Start one with `rota up`, or set ROTA_URL.",
  },
  PROTOCOL_VERSION: { status: 409, todo: "Run agent and controller of versions that share a protocol." },
  STORE_FAILED: {
    status: 500,
    todo: "See the controller's log: the journal could not be written, and the controller stopped rather than go on.",
  },
  STORE_IN_USE: {
    status: 409,
    todo: "Another controller has this state directory open; stop it, or give another directory.",
  },
  STORE_VERSION: {
    status: 500,
    todo: "Run the version of Rota that wrote this state directory, or a later one.",
  },
  JOURNAL_CORRUPT: {
    status: 500,
    todo: "Restore the state directory from a copy; the message names the first event that does not fit.",
  },
  INTERNAL: { status: 500, todo: "This is a bug; the controller's log has the details." },
  // Configuration
  CONFIG_INVALID: { status: 422, todo: "Correct the line that the message names." },
  CONFIG_UNREADABLE: { status: 500, todo: "Check the path and its permissions." },
  // Workloads of the simulator
  WORKLOAD_INVALID: { status: 422, todo: "Correct the line that the message names." },
  WORKLOAD_UNREADABLE: { status: 500, todo: "Check the path and its permissions." },
  // Policy modules
  ADMISSION_REFUSED: {
    status: 422,
    slurm: "Unspecified error",
    todo: "The site's admission policy does not take the job as it is; its sentence says what to change.",
  },
  ADMISSION_FAILED: {
    status: 503,
    slurm: "Unspecified error",
    todo: "The site's admission policy failed; an operator loads another, or one that admits on a fault.",
  },
  ...POLICY_ERRORS,
  PLUGIN_REFUSED: {
    status: 422,
    todo: "plugins/README.md says how a hardware plugin is written and installed.",
  },
  ARRIVALS_INVALID: {
    status: 422,
    todo: "Give a seed of the file, and the lists of pods and nodes that the file was made for.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the table, for faults that must be thrown (broken I/O, a module that cannot be loaded). */
export class RotaError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = "RotaError";
    this.code = code;
    this.details = details;
  }

  /** Survives two copies of this class in one process, as bundling can cause. */
  static is(error: unknown): error is RotaError {
    return error instanceof Error && error.name === "RotaError" && "code" in error;
  }
}
