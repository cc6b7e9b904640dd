/**
 * The options of srun: those that it has in common with sbatch, read as sbatch reads them, and those of a step. All of
 * Slurm's names are known, so that an abbreviation means here what it means there; those without a reader are refused by
 * name. Data only.
 */

import { failure, notSupported } from "../failure.ts";
import { SBATCH_OPTIONS } from "../sbatch/options.ts";
import { badValue, readWhole } from "../sbatch/readers.ts";
import type { SrunOption, SrunReader, StepWord } from "./draft.ts";

/** Variables that stand for an option that sbatch has as well. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  account: ["SLURM_ACCOUNT"],
  chdir: ["SLURM_WORKING_DIR"],
  constraint: ["SLURM_CONSTRAINT"],
  "cpus-per-gpu": ["SLURM_CPUS_PER_GPU"],
  "cpus-per-task": ["SRUN_CPUS_PER_TASK"],
  dependency: ["SLURM_DEPENDENCY"],
  distribution: ["SLURM_DISTRIBUTION"],
  exclusive: ["SLURM_EXCLUSIVE"],
  export: ["SLURM_EXPORT_ENV", "SRUN_EXPORT_ENV"],
  gpus: ["SLURM_GPUS"],
  "gpus-per-node": ["SLURM_GPUS_PER_NODE"],
  "gpus-per-task": ["SLURM_GPUS_PER_TASK"],
  gres: ["SLURM_GRES", "SLURM_STEP_GRES"],
  hint: ["SLURM_HINT"],
  "job-name": ["SLURM_JOB_NAME"],
  mem: ["SLURM_MEM_PER_NODE"],
  "mem-per-cpu": ["SLURM_MEM_PER_CPU"],
  "mem-per-gpu": ["SLURM_MEM_PER_GPU"],
  nodes: ["SLURM_NNODES", "SLURM_JOB_NUM_NODES"],
  ntasks: ["SLURM_NPROCS", "SLURM_NTASKS"],
  "ntasks-per-core": ["SLURM_NTASKS_PER_CORE"],
  "ntasks-per-node": ["SLURM_NTASKS_PER_NODE"],
  "ntasks-per-socket": ["SLURM_NTASKS_PER_SOCKET"],
  overcommit: ["SLURM_OVERCOMMIT"],
  partition: ["SLURM_PARTITION"],
  qos: ["SLURM_QOS"],
  reservation: ["SLURM_RESERVATION"],
  time: ["SLURM_TIMELIMIT"],
};

/** Of sbatch's, those that srun does not know at all. */
const SBATCH_ONLY = new Set([
  "array",
  "batch",
  "clusters",
  "get-user-env",
  "hold",
  "ignore-pbs",
  "no-requeue",
  "parsable",
  "requeue",
  "wait",
  "wrap",
  "bbf",
  "export-file",
  "input",
  "output",
  "error",
  "open-mode",
  "nodefile",
]);

const shared: readonly SrunOption[] = SBATCH_OPTIONS.filter(({ key }) => !SBATCH_ONLY.has(key)).map(
  ({ env: _, notInScript: __, ...option }) => ({
    ...option,
    ...(VARIABLES[option.key] === undefined || option.long !== option.key
      ? {}
      : { env: VARIABLES[option.key]! }),
  }),
);

const keep =
  (word: StepWord): SrunReader =>
  (value, draft) => {
    draft.step.set(word, value);
    return undefined;
  };

const has = (long: string, read: SrunReader, more: Partial<SrunOption> = {}): SrunOption => ({
  key: long,
  long,
  arg: "required",
  read,
  ...more,
});

const sets = (word: StepWord, more: Partial<SrunOption> = {}): SrunOption => ({
  key: word,
  long: word,
  arg: "none",
  read: keep(word),
  ...more,
});

const lacks = (
  long: string,
  arg: SrunOption["arg"] = "required",
  more: Partial<SrunOption> = {},
): SrunOption => ({
  key: long,
  long,
  arg,
  refused: true,
  ...more,
});

const whole =
  (word: StepWord, otherwise = ""): SrunReader =>
  (value, draft, { command }) => {
    const text = value === "" ? otherwise : value;
    const number = readWhole(text);
    if (number === undefined || number < 0)
      return failure(command, `Invalid numeric value "${value}" for --${word}.`);
    draft.step.set(word, text);
    return undefined;
  };

/** What changes nothing here: where a process is bound, and how. */
const passed: SrunReader = () => undefined;

const cpuBind: SrunReader = (value, _draft, { command }) => {
  const words = value.toLowerCase().split(",");
  const isTaken = words.every((word) => CPU_BIND_WORDS.has(word.replace(/=.*/, "")));
  return isTaken ? undefined : failure(command, `unrecognized --cpu-bind argument "${value}"`, 255);
};
const CPU_BIND_WORDS = new Set([
  ...[
    "none",
    "no",
    "q",
    "quiet",
    "v",
    "verbose",
    "rank",
    "rank_ldom",
    "sockets",
    "cores",
    "threads",
    "ldoms",
  ],
  ...["map_cpu", "mask_cpu", "map_ldom", "mask_ldom", "boards", "core", "thread", "socket", "ldom"],
]);

const mpi: SrunReader = (value, draft, { command }) => {
  if (!["none", "pmi2", "pmi1", "list"].includes(value)) return notSupported(command, `--mpi=${value}`);
  draft.step.set("mpi", value);
  return undefined;
};

const jobId: SrunReader = (value, draft, { command }) => {
  if (!/^\d+(_\d+)?$/.test(value)) return failure(command, `Invalid --jobid specification`, 255);
  draft.step.set("jobid", value);
  return undefined;
};

const openMode: SrunReader = (value, draft, { command }) => {
  const word = ["append", "truncate"].find((mode) => value !== "" && mode.startsWith(value.toLowerCase()));
  if (word === undefined) return badValue(command, "open-mode");
  draft.step.set("open-mode", word);
  return undefined;
};

export const SRUN_OPTIONS: readonly SrunOption[] = [
  ...shared,
  lacks("accel-bind"),
  lacks("bcast", "optional", { env: ["SLURM_BCAST"] }),
  lacks("bcast-exclude"),
  lacks("compress", "optional"),
  has("cpu-bind", cpuBind, { env: ["SLURM_CPU_BIND"] }),
  sets("disable-status", { short: "X", env: ["SLURM_DISABLE_STATUS"] }),
  lacks("epilog"),
  has("error", keep("error"), { short: "e", env: ["SLURM_STDERRMODE"] }),
  sets("exact", { env: ["SLURM_EXACT"] }),
  has("immediate", whole("immediate", "1"), { short: "I", arg: "optional", env: ["SLURM_IMMEDIATE"] }),
  has("input", keep("input"), { short: "i", env: ["SLURM_STDINMODE"] }),
  has("jobid", jobId, { env: ["SLURM_JOB_ID", "SLURM_JOBID"] }),
  has("kill-on-bad-exit", whole("kill-on-bad-exit", "1"), {
    short: "K",
    arg: "optional",
    env: ["SLURM_KILL_BAD_EXIT"],
  }),
  sets("label", { short: "l", env: ["SLURM_LABELIO"] }),
  has("mpi", mpi, { env: ["SLURM_MPI_TYPE"] }),
  lacks("msg-timeout"),
  sets("multi-prog", { env: ["SLURM_MULTI_PROG"] }),
  has("open-mode", openMode, { env: ["SLURM_OPEN_MODE"] }),
  has("output", keep("output"), { short: "o", env: ["SLURM_STDOUTMODE"] }),
  sets("overlap", { env: ["SLURM_OVERLAP"] }),
  sets("preserve-env", { short: "E", env: ["SLURM_PRESERVE_ENV"] }),
  lacks("prolog"),
  sets("pty"),
  sets("quit-on-interrupt", { short: "q" }),
  has("relative", whole("relative"), { short: "r" }),
  lacks("resv-ports", "optional"),
  has("slurmd-debug", passed),
  has("task-epilog", (_v, _d, { command }) => notSupported(command, "--task-epilog")),
  has("task-prolog", (_v, _d, { command }) => notSupported(command, "--task-prolog")),
  has("threads", passed, { short: "T", env: ["SLURM_THREADS"] }),
  sets("unbuffered", { short: "u", env: ["SLURM_UNBUFFEREDIO"] }),
  has("wait", whole("wait"), { short: "W", env: ["SLURM_WAIT"] }),
  lacks("send-libs", "optional"),
  lacks("het-group"),
];
