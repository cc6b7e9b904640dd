/**
 * The options of sbatch: all the names that Slurm knows, in its order, so that an abbreviation means here what it
 * means there. Those without a reader are refused by name. Data only.
 */
import type { OptionReader, SbatchOption } from "./draft.ts";
import {
  deadline,
  distribution,
  gresFlags,
  nodeShape,
  oversubscribe,
  setsFlag,
  switches,
  timeMin,
  waitAllNodes,
} from "./placement-readers.ts";
import {
  begin,
  count,
  exclusive,
  flag,
  gpus,
  gres,
  hint,
  mailType,
  memory,
  nice,
  nodes,
  openMode,
  path,
  signal,
  text,
  time,
} from "./readers.ts";

/** One that takes a value. */
const has = (long: string, read: OptionReader, more: Partial<SbatchOption> = {}): SbatchOption => ({
  key: long,
  long,
  arg: "required",
  read,
  ...more,
});

/** One that is set by being there. */
const sets = (long: string, read: OptionReader, more: Partial<SbatchOption> = {}): SbatchOption => ({
  ...has(long, read, more),
  arg: "none",
});

/** One that is refused. */
const lacks = (
  long: string,
  arg: SbatchOption["arg"] = "required",
  more: Partial<SbatchOption> = {},
): SbatchOption => ({ key: long, long, arg, refused: true, ...more });

const ignored: OptionReader = () => undefined;
const atOnce = { notInScript: true } as const;

export const SBATCH_OPTIONS: readonly SbatchOption[] = [
  has("account", text("account"), { short: "A", env: ["SBATCH_ACCOUNT"] }),
  lacks("acctg-freq", "required", { env: ["SBATCH_ACCTG_FREQ"] }),
  has("array", text("array"), { short: "a", env: ["SBATCH_ARRAY_INX"] }),
  lacks("batch", "required", { env: ["SBATCH_BATCH"] }),
  lacks("bb", "required", { env: ["SBATCH_BURST_BUFFER"] }),
  lacks("bbf"),
  has("begin", begin, { short: "b" }),
  has(
    "chdir",
    (value, draft) => {
      draft.chdir = value;
      return undefined;
    },
    { short: "D" },
  ),
  lacks("cluster", "required", { key: "clusters" }),
  lacks("cluster-constraint", "required", { env: ["SBATCH_CLUSTER_CONSTRAINT"] }),
  lacks("clusters", "required", { short: "M", env: ["SBATCH_CLUSTERS", "SLURM_CLUSTERS"] }),
  has("comment", text("comment")),
  lacks("consolidate-segments", "none"),
  has("constraint", text("constraint"), { short: "C", env: ["SBATCH_CONSTRAINT"] }),
  lacks("container", "required", { env: ["SBATCH_CONTAINER"] }),
  lacks("container-id", "required", { env: ["SBATCH_CONTAINER_ID"] }),
  sets("contiguous", setsFlag("contiguous")),
  lacks("core-spec", "required", { short: "S", env: ["SBATCH_CORE_SPEC"] }),
  has("cores-per-socket", count("coresPerSocket", "cores-per-socket")),
  lacks("cpu-freq", "required", { env: ["SBATCH_CPU_FREQ_REQ"] }),
  has("cpus-per-gpu", count("cpusPerGpu", "cpus-per-gpu"), { env: ["SBATCH_CPUS_PER_GPU"] }),
  has("cpus-per-task", count("cpusPerTask", "cpus-per-task"), { short: "c" }),
  has("deadline", deadline),
  lacks("delay-boot", "required", { env: ["SBATCH_DELAY_BOOT"] }),
  has("dependency", text("dependency"), { short: "d" }),
  has("distribution", distribution, { short: "m", env: ["SBATCH_DISTRIBUTION"] }),
  has("error", path("error"), { short: "e", env: ["SBATCH_ERROR"] }),
  has("exclude", text("exclude"), { short: "x" }),
  has("exclusive", exclusive, { arg: "optional", env: ["SBATCH_EXCLUSIVE"] }),
  has(
    "export",
    (value, draft) => {
      draft.exportList = value;
      return undefined;
    },
    { env: ["SBATCH_EXPORT"] },
  ),
  lacks("export-file"),
  lacks("extra"),
  has("extra-node-info", nodeShape, { short: "B" }),
  lacks("get-user-env", "optional", { env: ["SBATCH_GET_USER_ENV"] }),
  lacks("gid"),
  lacks("gpu-bind", "required", { env: ["SBATCH_GPU_BIND"] }),
  lacks("gpu-freq", "required", { env: ["SBATCH_GPU_FREQ"] }),
  has("gpus", gpus("gpus"), { short: "G", env: ["SBATCH_GPUS"] }),
  has("gpus-per-node", gpus("gpusPerNode"), { env: ["SBATCH_GPUS_PER_NODE"] }),
  has("gpus-per-socket", gpus("gpusPerSocket")),
  has("gpus-per-task", gpus("gpusPerTask"), { env: ["SBATCH_GPUS_PER_TASK"] }),
  has("gres", gres, { env: ["SBATCH_GRES"] }),
  has("gres-flags", gresFlags, { env: ["SBATCH_GRES_FLAGS"] }),
  sets("help", ignored, { short: "h", ...atOnce }),
  has("hint", hint, { env: ["SBATCH_HINT", "SLURM_HINT"] }),
  sets(
    "hold",
    flag((draft) => {
      draft.spec.hold = true;
    }),
    { short: "H" },
  ),
  sets(
    "ignore-pbs",
    flag((draft) => {
      draft.ignorePbs = true;
    }),
    { env: ["SBATCH_IGNORE_PBS"], ...atOnce },
  ),
  has("input", path("input"), { short: "i", env: ["SBATCH_INPUT"] }),
  has("job-name", text("name"), { short: "J", env: ["SBATCH_JOB_NAME"] }),
  lacks("kill-on-invalid-dep"),
  has("licenses", text("licenses"), { short: "L" }),
  has("mail-type", mailType),
  has("mail-user", text("mailUser")),
  lacks("mcs-label"),
  has("mem", memory("node", "mem"), { env: ["SBATCH_MEM_PER_NODE"] }),
  lacks("mem-bind", "required", { env: ["SBATCH_MEM_BIND"] }),
  has("mem-per-cpu", memory("cpu", "mem-per-cpu"), { env: ["SBATCH_MEM_PER_CPU"] }),
  has("mem-per-gpu", memory("gpu", "mem-per-gpu"), { env: ["SBATCH_MEM_PER_GPU"] }),
  lacks("mincpus"),
  lacks("network", "required", { env: ["SBATCH_NETWORK"] }),
  has("nice", nice, { arg: "optional" }),
  lacks("no-kill", "optional", { short: "k", env: ["SBATCH_NO_KILL"] }),
  sets(
    "no-requeue",
    flag((draft) => {
      draft.spec.requeue = false;
    }),
    { env: ["SBATCH_NO_REQUEUE"] },
  ),
  lacks("nodefile", "required", { short: "F" }),
  has("nodelist", text("nodelist"), { short: "w" }),
  has("nodes", nodes, { short: "N" }),
  has("ntasks", count("ntasks", "ntasks"), { short: "n" }),
  has("ntasks-per-core", count("ntasksPerCore", "ntasks-per-core")),
  lacks("ntasks-per-gpu"),
  has("ntasks-per-node", count("ntasksPerNode", "ntasks-per-node")),
  has("ntasks-per-socket", count("ntasksPerSocket", "ntasks-per-socket")),
  lacks("ntasks-per-tres"),
  lacks("oom-kill-step", "optional"),
  has("open-mode", openMode, { env: ["SBATCH_OPEN_MODE"] }),
  has("output", path("output"), { short: "o", env: ["SBATCH_OUTPUT"] }),
  sets("overcommit", setsFlag("overcommit"), { short: "O", env: ["SBATCH_OVERCOMMIT"] }),
  sets("oversubscribe", oversubscribe, { short: "s" }),
  sets(
    "parsable",
    flag((draft) => {
      draft.parsable = true;
    }),
  ),
  has("partition", text("partition"), { short: "p", env: ["SBATCH_PARTITION"] }),
  lacks("power", "required", { env: ["SBATCH_POWER"] }),
  lacks("prefer"),
  lacks("priority"),
  lacks("profile", "required", { env: ["SBATCH_PROFILE"] }),
  lacks("propagate", "optional"),
  has("qos", text("qos"), { short: "q", env: ["SBATCH_QOS"] }),
  sets(
    "quiet",
    flag((draft) => {
      draft.quiet = true;
    }),
    { short: "Q" },
  ),
  lacks("reboot", "none"),
  sets(
    "requeue",
    flag((draft) => {
      draft.spec.requeue = true;
    }),
    { env: ["SBATCH_REQUEUE"] },
  ),
  has("reservation", text("reservation"), { env: ["SBATCH_RESERVATION"] }),
  lacks("segment", "required", { env: ["SBATCH_SEGMENT_SIZE"] }),
  sets("share", oversubscribe, { key: "oversubscribe" }),
  has("signal", signal, { env: ["SBATCH_SIGNAL"] }),
  has("sockets-per-node", count("socketsPerNode", "sockets-per-node")),
  lacks("spread-job", "none", { env: ["SBATCH_SPREAD_JOB"] }),
  lacks("stepmgr", "none"),
  has("switches", switches, { env: ["SBATCH_REQ_SWITCH"] }),
  sets(
    "test-only",
    flag((draft) => {
      draft.testOnly = true;
    }),
  ),
  lacks("thread-spec", "required", { env: ["SBATCH_THREAD_SPEC"] }),
  has("threads-per-core", count("threadsPerCore", "threads-per-core"), {
    env: ["SBATCH_THREADS_PER_CORE"],
  }),
  has("time", time, { short: "t", env: ["SBATCH_TIMELIMIT"] }),
  has("time-min", timeMin),
  lacks("tmp"),
  lacks("tres-bind", "required", { env: ["SBATCH_TRES_BIND"] }),
  has("tres-per-task", text("tresPerTask"), { env: ["SBATCH_TRES_PER_TASK"] }),
  lacks("uid"),
  sets("usage", ignored, atOnce),
  sets("use-min-nodes", setsFlag("useMinNodes"), { env: ["SBATCH_USE_MIN_NODES"] }),
  sets(
    "verbose",
    flag((draft) => {
      draft.verbose++;
    }),
    { short: "v" },
  ),
  sets("version", ignored, { short: "V", ...atOnce }),
  sets(
    "wait",
    flag((draft) => {
      draft.wait = true;
    }),
    { short: "W", env: ["SBATCH_WAIT"] },
  ),
  has("wait-all-nodes", waitAllNodes, { env: ["SBATCH_WAIT_ALL_NODES"] }),
  has("wckey", text("wckey"), { env: ["SBATCH_WCKEY"] }),
  has(
    "wrap",
    (value, draft) => {
      draft.wrap = value;
      return undefined;
    },
    atOnce,
  ),
];
