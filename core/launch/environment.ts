/**
 * The environment of a batch script: the user's, and the SLURM_* variables that tell the script what it was given.
 * Pure. The agent adds what only it knows: SLURM_TASK_PID, the devices' variables, and SLURM_JOB_GPUS.
 *
 * Follows Slurm 26.05's manual where it says more than the captures of 22.05: SLURM_JOB_START_TIME and _END_TIME,
 * _ACCOUNT, _QOS, SLURM_GPUS_ON_NODE, SLURM_TRES_PER_TASK and SLURM_RESTART_COUNT. SLURM_CONF is not set: there is no
 * such file.
 */
import { compressCounts } from "../model/compressed-counts.ts";
import { isArbitrary, parseDistribution, printDistribution } from "../model/distribution.ts";
import { parseGpuCount } from "../model/gres.ts";
import { compressHostlist } from "../model/hostlist.ts";
import type { Allocation, Job } from "../model/job.ts";
import type { NodeSpec } from "../model/node.ts";
import { tasksOfShape, usesOneThread } from "../model/node-shape.ts";
import { UNLIMITED_S } from "../model/time.ts";
import { addComponents, HET_GROUP, type RunningComponent } from "./het-environment.ts";

export interface EnvironmentInput {
  readonly job: Job;
  readonly allocation: Allocation;
  /** One a share of the allocation, in its order. */
  readonly nodes: readonly NodeSpec[];
  readonly clusterName: string;
  /** http or https address of the controller. */
  readonly controllerUrl: string;
  /** The user's, `--export` already applied. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the leader of a heterogeneous job: all components that run, itself included. */
  readonly components?: readonly RunningComponent[];
}

type Variables = Record<string, string>;

export function jobEnvironment(input: EnvironmentInput): Readonly<Record<string, string>> {
  // One object that all write into: made for each start of a job, and merging small ones costs ten times as much.
  const variables = withoutOwned(input.environment);
  addIdentity(variables, input);
  addPlace(variables, input);
  addAsked(variables, input);
  addArray(variables, input.job);
  addComponents(variables, input.components ?? [], (component) => {
    const own: Variables = {};
    addIdentity(own, { ...input, ...component });
    addPlace(own, { ...input, ...component });
    addAsked(own, { ...input, ...component });
    return own;
  });
  Object.assign(variables, FIRST_TASK);
  return variables;
}

/**
 * Names, and beginnings of names, that belong to one job or step: a job submitted from inside another does not inherit
 * them. SLURM_SUBMIT_DIR and _HOST are not among them: sbatch sets them for the job that it submits.
 */
const OWNED_PREFIXES = [
  "SLURM_JOB_",
  "SLURM_ARRAY_",
  "SLURM_HET_SIZE",
  "SLURM_STEP_",
  "SLURM_GPUS",
  "SLURM_SHARDS_",
  "SLURM_MEM_PER_",
  "SLURM_NTASKS",
  "SLURM_CPUS_",
  "SLURM_CPU_BIND",
  "SLURM_TRES_",
  "SLURM_TOPOLOGY_",
  "SLURM_SRUN_COMM_",
  "SLURM_LAUNCH_",
  "SLURMD_",
];
const OWNED = new Set([
  "SLURM_ARBITRARY_NODELIST",
  "SLURM_CLUSTER_NAME",
  "SLURM_DISTRIBUTION",
  "SLURM_DIST_PLANESIZE",
  "SLURM_GTIDS",
  "SLURM_HINT",
  "SLURM_JOBID",
  "SLURM_LOCALID",
  "SLURM_NNODES",
  "SLURM_NODEID",
  "SLURM_NODELIST",
  "SLURM_NODE_ALIASES",
  "SLURM_NPROCS",
  "SLURM_OVERCOMMIT",
  "SLURM_PRIO_PROCESS",
  "SLURM_PROCID",
  "SLURM_RESTART_COUNT",
  "SLURM_STEPID",
  "SLURM_TASKS_PER_NODE",
  "SLURM_TASK_PID",
  "SLURM_THREADS_PER_CORE",
  "SLURM_WORKING_CLUSTER",
]);

const isOwned = (name: string): boolean =>
  name.startsWith("SLURM") &&
  (OWNED.has(name) || name.includes(HET_GROUP) || OWNED_PREFIXES.some((prefix) => name.startsWith(prefix)));

function withoutOwned(environment: Readonly<Record<string, string>>): Variables {
  const variables: Variables = {};
  for (const name of Object.keys(environment)) if (!isOwned(name)) variables[name] = environment[name]!;
  return variables;
}

/** Who the job is and where it came from. */
function addIdentity(
  to: Variables,
  { job, clusterName, controllerUrl, environment }: EnvironmentInput,
): void {
  const { spec } = job;
  const id = `${job.id}`;
  to["SLURM_CLUSTER_NAME"] = clusterName;
  to["SLURM_WORKING_CLUSTER"] = workingCluster(clusterName, controllerUrl);
  to["SLURM_JOBID"] = id;
  to["SLURM_JOB_ID"] = id;
  to["SLURM_JOB_NAME"] = job.name;
  to["SLURM_JOB_PARTITION"] = job.partition;
  to["SLURM_JOB_USER"] = spec.user;
  to["SLURM_JOB_UID"] = `${spec.uid}`;
  to["SLURM_JOB_GID"] = `${spec.gid}`;
  to["SLURM_SUBMIT_DIR"] = environment["SLURM_SUBMIT_DIR"] ?? spec.workDir;
  if (spec.submitHost !== undefined) to["SLURM_SUBMIT_HOST"] = spec.submitHost;
  if (job.account !== "") to["SLURM_JOB_ACCOUNT"] = job.account;
  if (job.qos !== "") to["SLURM_JOB_QOS"] = job.qos;
  if (job.reservation !== undefined) to["SLURM_JOB_RESERVATION"] = job.reservation;
  to["SLURM_JOB_START_TIME"] = `${job.startS}`;
  if (job.timeLimitS !== UNLIMITED_S) to["SLURM_JOB_END_TIME"] = `${job.startS + job.timeLimitS}`;
  if (job.restarts > 0) to["SLURM_RESTART_COUNT"] = `${job.restarts}`;
}

/** The allocation. */
function addPlace(to: Variables, { job, allocation, nodes }: EnvironmentInput): void {
  const [share] = allocation.nodes;
  const [host] = nodes;
  const list = compressHostlist(nodes.map((node) => node.name));
  const count = `${nodes.length}`;
  const lanes = new Set((share?.devices ?? []).map(({ lane }) => lane));
  const gpus = [...lanes].filter((lane) => host?.devices[lane]?.name === "gpu").length;
  to["SLURMD_NODENAME"] = host?.name ?? "";
  to["SLURM_JOB_NODELIST"] = list;
  to["SLURM_NODELIST"] = list;
  to["SLURM_JOB_NUM_NODES"] = count;
  to["SLURM_NNODES"] = count;
  to["SLURM_NODE_ALIASES"] = "(null)";
  to["SLURM_CPUS_ON_NODE"] = `${share?.cpus ?? 0}`;
  to["SLURM_JOB_CPUS_PER_NODE"] = compressCounts(allocation.nodes.map(({ cpus }) => cpus));
  to["SLURM_TASKS_PER_NODE"] = compressCounts(tasksPerNode(job, allocation));
  if (gpus > 0) to["SLURM_GPUS_ON_NODE"] = `${gpus}`;
  addTopology(to, host);
  addDistribution(to, job, list);
}

/** What the user asked, said again only where it was asked: srun takes these as its own options. */
function addAsked(to: Variables, { job }: EnvironmentInput): void {
  const { spec, request } = job;
  const add = (name: string, value: string | number | undefined): void => {
    if (value !== undefined && value !== "") to[name] = `${value}`;
  };
  add("SLURM_CPUS_PER_TASK", spec.cpusPerTask);
  add("SLURM_NTASKS_PER_NODE", spec.ntasksPerNode);
  add("SLURM_NTASKS_PER_SOCKET", spec.ntasksPerSocket);
  add("SLURM_NTASKS_PER_CORE", spec.ntasksPerCore);
  add("SLURM_JOB_LICENSES", spec.licenses);
  add("SLURM_GPUS", spec.gpus);
  add("SLURM_GPUS_PER_NODE", spec.gpusPerNode);
  add("SLURM_GPUS_PER_TASK", spec.gpusPerTask);
  add("SLURM_GPUS_PER_SOCKET", spec.gpusPerSocket);
  add("SLURM_CPUS_PER_GPU", spec.cpusPerGpu);
  add("SLURM_HINT", spec.hint);
  add("SLURM_JOB_DEPENDENCY", spec.dependency);
  add("SLURM_TRES_PER_TASK", tresPerTask(job));
  if (spec.overcommit === true) to["SLURM_OVERCOMMIT"] = "1";
  if (isTasksAsked(job)) {
    to["SLURM_NTASKS"] = `${request.tasks}`;
    to["SLURM_NPROCS"] = `${request.tasks}`;
  }
  // All of a node's memory has no variable, as in Slurm.
  if (request.memPerMib > 0) to[`SLURM_MEM_PER_${request.memPer.toUpperCase()}`] = `${request.memPerMib}`;
  add("SLURM_THREADS_PER_CORE", spec.threadsPerCore ?? (usesOneThread(spec) ? 1 : undefined));
}

function addArray(to: Variables, { array }: Job): void {
  if (array?.taskId === undefined) return;
  to["SLURM_ARRAY_JOB_ID"] = `${array.arrayJobId}`;
  to["SLURM_ARRAY_TASK_ID"] = `${array.taskId}`;
  to["SLURM_ARRAY_TASK_COUNT"] = `${array.taskCount}`;
  to["SLURM_ARRAY_TASK_MIN"] = `${array.taskMin}`;
  to["SLURM_ARRAY_TASK_MAX"] = `${array.taskMax}`;
  to["SLURM_ARRAY_TASK_STEP"] = `${array.taskStep}`;
}

/** The script runs as the first task of the first node. */
const FIRST_TASK: Readonly<Variables> = {
  SLURM_GTIDS: "0",
  SLURM_LOCALID: "0",
  SLURM_NODEID: "0",
  SLURM_PROCID: "0",
  SLURM_PRIO_PROCESS: "0",
};

/**
 * Name, address and port of the controller, then Slurm's protocol version and selection plugin: those of 22.05 with
 * cons_tres, whose form clients know.
 */
function workingCluster(clusterName: string, controllerUrl: string): string {
  const url = URL.canParse(controllerUrl) ? new URL(controllerUrl) : undefined;
  return `${clusterName}:${url?.hostname ?? ""}:${url?.port ?? ""}:9728:109`;
}

const isTasksAsked = ({ spec }: Job): boolean =>
  spec.ntasks !== undefined ||
  spec.ntasksPerNode !== undefined ||
  spec.gpusPerTask !== undefined ||
  tasksOfShape(spec) !== undefined ||
  isArbitrary(spec.distribution);

/** GPUs of the whole job that lie where there is room count as a task each, of which the user knows nothing. */
const isTaskForEachGpu = (job: Job): boolean =>
  job.request.uneven && job.spec.gpus !== undefined && !isTasksAsked(job);

/** Whole nodes hold as many tasks as their CPUs allow, unless the job said how many it has. */
const tasksPerNode = (job: Job, allocation: Allocation): number[] =>
  allocation.nodes.map(({ tasks, cpus }) => {
    if (isTaskForEachGpu(job)) return 1;
    return job.request.exclusive && !isTasksAsked(job)
      ? Math.max(1, Math.floor(cpus / job.request.cpusPerTask))
      : tasks;
  });

function addTopology(to: Variables, host: NodeSpec | undefined): void {
  if (host === undefined) return;
  const hasLeaf = host.topologyLeaf !== "";
  to["SLURM_TOPOLOGY_ADDR"] = hasLeaf ? `${host.topologyLeaf}.${host.name}` : host.name;
  const levels = hasLeaf ? host.topologyLeaf.split(".").map(() => "switch.") : [];
  to["SLURM_TOPOLOGY_ADDR_PATTERN"] = `${levels.join("")}node`;
}

/** How steps lay their tasks: of the list of an arbitrary distribution the nodes, which are those of the job. */
function addDistribution(to: Variables, { spec: { distribution = "" } }: Job, list: string): void {
  const asked = distribution === "" ? undefined : parseDistribution(distribution);
  if (asked === undefined || !asked.ok) return;
  to["SLURM_DISTRIBUTION"] = printDistribution(distribution);
  if (asked.value.nodes === "plane") to["SLURM_DIST_PLANESIZE"] = `${asked.value.planeSize}`;
  if (asked.value.nodes === "arbitrary") to["SLURM_ARBITRARY_NODELIST"] = list;
}

function tresPerTask({ spec }: Job): string {
  const gpus = spec.gpusPerTask === undefined ? undefined : parseGpuCount(spec.gpusPerTask);
  return [
    ...(spec.cpusPerTask === undefined ? [] : [`cpu=${spec.cpusPerTask}`]),
    ...(gpus?.ok === true
      ? gpus.value.map(({ type, count }) => `gres/gpu${type === undefined ? "" : `:${type}`}=${count}`)
      : []),
    ...tresAsked(spec),
  ].join(",");
}

/** What --tres-per-task said, CPUs but once, with `=` before each count. */
const tresAsked = ({ tresPerTask = "", cpusPerTask }: Job["spec"]): readonly string[] =>
  tresPerTask
    .split(",")
    .filter((item) => item !== "" && !(cpusPerTask !== undefined && item.startsWith("cpu")))
    .map((item) => item.replace(/:(\d+)$/, "=$1"));
