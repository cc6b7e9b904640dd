/**
 * What a submission says, before admission has looked at it: the shape of `POST /v1/jobs` and the input of `admit`.
 * Amounts are numbers already (the commands parse their options); lists that name things of the cluster stay text in
 * Slurm's grammars and are parsed by `admit`, which is the judge. Absent means "the default of the site".
 */
export interface JobSpec {
  /** Job name, up to 1,024 characters; default: the script's base name, or `wrap`. */
  readonly name?: string;
  /** The batch script's text, beginning `#!`, up to MAX_SCRIPT_BYTES. */
  readonly script: string;
  /**
   * Of a job without a batch script, which `script` then only stands for: nodes that are `held` by srun or salloc for
   * as long as it says so, or that are `kept` until the time limit.
   */
  readonly allocation?: "held" | "kept";
  /** Path of the script as the user named it (scontrol's Command=); absent for stdin and --wrap. */
  readonly scriptPath?: string;
  readonly args?: readonly string[];

  readonly user: string;
  readonly uid: number;
  readonly group: string;
  readonly gid: number;
  readonly submitHost?: string;
  /** Session id of the submitting shell, for scontrol's AllocNode:Sid. */
  readonly submitSid?: number;
  /** Absolute directory that the job starts in. */
  readonly workDir: string;
  /** The environment that the job starts with, `--export` already applied. */
  readonly environment: Readonly<Record<string, string>>;

  /** Partition names, comma separated; default: the default partition. */
  readonly partition?: string;
  readonly account?: string;
  readonly qos?: string;
  readonly comment?: string;
  readonly wckey?: string;

  /** Seconds, 1 .. UNLIMITED_S. */
  readonly timeLimitS?: number;
  /** Seconds, up to the time limit: it may be shortened to this. */
  readonly timeMinS?: number;
  /** Epoch seconds by which it must have ended. */
  readonly deadlineS?: number;
  readonly minNodes?: number;
  readonly maxNodes?: number;
  readonly ntasks?: number;
  readonly ntasksPerNode?: number;
  readonly cpusPerTask?: number;
  /** 0 asks for all of a node's memory. At most one of the three is given. */
  readonly memPerNodeMib?: number;
  readonly memPerCpuMib?: number;
  readonly memPerGpuMib?: number;
  /** GRES of each node, Slurm's grammar: `gpu:tesla:2,nic:1`. */
  readonly gres?: string;
  /** `[type:]n`, of the whole job, a node, a task. */
  readonly gpus?: string;
  readonly gpusPerNode?: string;
  readonly gpusPerTask?: string;
  /** GPUs of each socket used, `[type:]n`. */
  readonly gpusPerSocket?: string;
  readonly cpusPerGpu?: number;
  /** At most so many tasks on each socket, and on each core. */
  readonly ntasksPerSocket?: number;
  readonly ntasksPerCore?: number;
  /** At least so many sockets a node, cores a socket, threads a core; 1 thread: only one of each core is used. */
  readonly socketsPerNode?: number;
  readonly coresPerSocket?: number;
  readonly threadsPerCore?: number;
  /** What each task has beside: `cpu:2,gres/gpu:1`. */
  readonly tresPerTask?: string;
  readonly exclusive?: boolean;
  /** Nodes are shared with jobs of the same user only. */
  readonly exclusiveUser?: boolean;
  /** CPUs may be shared with others, where the partition allows it, which none does. */
  readonly oversubscribe?: boolean;
  /** One CPU for all tasks of a node. */
  readonly overcommit?: boolean;
  /** Nodes side by side. */
  readonly contiguous?: boolean;
  /** At most so many leaf switches, `2@1:00:00`. */
  readonly switches?: string;
  /** `block`, `cyclic:block`, ... */
  readonly distribution?: string;
  /** `enforce-binding`, `disable-binding`, ... comma separated. */
  readonly gresFlags?: string;
  /** The fewest nodes of a range, though more would start sooner. */
  readonly useMinNodes?: boolean;
  /** The script starts when all nodes are there, not only the first: they always are. */
  readonly waitAllNodes?: boolean;
  /** Name of a reservation, or several. */
  readonly reservation?: string;
  /** `compute_bound`, `memory_bound`, `multithread`, `nomultithread`. */
  readonly hint?: string;
  readonly constraint?: string;
  /** `matlab:2,ansys`: held while the job runs. */
  readonly licenses?: string;
  /** Hostlists. */
  readonly nodelist?: string;
  readonly exclude?: string;

  /** The components of a heterogeneous job after the first, which is the submission itself; one or more. */
  readonly het?: readonly HetComponent[];
  /** Slurm's array grammar, `0-15:3%2`. */
  readonly array?: string;
  /** Slurm's dependency grammar, `afterok:12,afterany:13`. */
  readonly dependency?: string;
  /** Epoch seconds before which the job does not start. */
  readonly beginS?: number;
  readonly hold?: boolean;
  readonly requeue?: boolean;
  /** -2,147,483,645 .. 2,147,483,645; only an operator may go below 0. */
  readonly nice?: number;

  /** File name patterns; default `slurm-%j.out` (arrays: `slurm-%A_%a.out`), error merged into output. */
  readonly output?: string;
  readonly error?: string;
  readonly input?: string;
  readonly openMode?: "append" | "truncate";
  readonly mailType?: readonly string[];
  readonly mailUser?: string;
  /** A signal before the time limit. */
  readonly signal?: { readonly signal: number; readonly beforeS: number; readonly batchOnly: boolean };
}

/**
 * A component of a heterogeneous job after the first: what it asks for. Everything else (who, script, files, when it may
 * start) is the whole job's, and stands in the submission.
 */
export type HetComponent = Pick<JobSpec, (typeof HET_FIELDS)[number]>;

export const HET_FIELDS = [
  ...["name", "partition", "account", "qos", "comment", "wckey", "timeLimitS", "timeMinS"],
  ...["minNodes", "maxNodes", "ntasks", "ntasksPerNode", "cpusPerTask"],
  ...["memPerNodeMib", "memPerCpuMib", "memPerGpuMib"],
  ...["gres", "gpus", "gpusPerNode", "gpusPerTask", "gpusPerSocket", "cpusPerGpu"],
  ...["socketsPerNode", "coresPerSocket", "threadsPerCore"],
  ...["ntasksPerSocket", "ntasksPerCore", "tresPerTask", "exclusive", "exclusiveUser", "oversubscribe"],
  ...["overcommit", "contiguous", "switches", "distribution", "gresFlags", "useMinNodes"],
  ...["hint", "constraint", "licenses", "nodelist", "exclude"],
] as const;

export const MAX_SCRIPT_BYTES = 4 * 1024 * 1024;
export const MAX_ENVIRONMENT_BYTES = 1024 * 1024;
export const MAX_ARGS = 4096;
