/**
 * The environment of a batch script: the user's, and the SLURM_* variables that tell the script what it was given.
 * Pure. The agent adds what only it knows: SLURM_TASK_PID, the devices' variables, and SLURM_JOB_GPUS.
 *
 * Follows Slurm 26.05's manual where it says more than the captures of 22.05: SLURM_JOB_START_TIME and _END_TIME,
 * _ACCOUNT, _QOS, SLURM_GPUS_ON_NODE, SLURM_TRES_PER_TASK and SLURM_RESTART_COUNT. SLURM_CONF is not set: there is no
 * such file.
 */
import { compressCounts } from "../model/compressed-counts.ts";
import { parseGpuCount } from "../model/gres.ts";
import { compressHostlist } from "../model/hostlist.ts";
import type { Allocation, Job } from "../model/job.ts";
import type { NodeSpec } from "../model/node.ts";
import { UNLIMITED_S } from "../model/time.ts";

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
}

type Variables = Record<string, string>;

export function jobEnvironment(input: EnvironmentInput): Readonly<Record<string, string>> {
  return {
    ...withoutOwned(input.environment),
    ...identity(input),
    ...place(input),
    ...asked(input),
    ...arrayVariables(input.job),
    ...firstTask(),
  };
}

/**
 * Names, and beginnings of names, that belong to one job or step: a job submitted from inside another does not inherit
 * them. SLURM_SUBMIT_DIR and _HOST are not among them: sbatch sets them for the job that it submits.
 */
const OWNED_PREFIXES = [
  "SLURM_JOB_",
  "SLURM_ARRAY_",
  "SLURM_STEP_",
  "SLURM_GPUS",
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
  "SLURM_CLUSTER_NAME",
  "SLURM_DISTRIBUTION",
  "SLURM_GTIDS",
  "SLURM_HINT",
  "SLURM_JOBID",
  "SLURM_LOCALID",
  "SLURM_NNODES",
  "SLURM_NODEID",
  "SLURM_NODELIST",
  "SLURM_NODE_ALIASES",
  "SLURM_NPROCS",
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
  name.startsWith("SLURM") && (OWNED.has(name) || OWNED_PREFIXES.some((prefix) => name.startsWith(prefix)));

const withoutOwned = (environment: Readonly<Record<string, string>>): Variables =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !isOwned(name)));

/** Who the job is and where it came from. */
function identity({ job, clusterName, controllerUrl, environment }: EnvironmentInput): Variables {
  const { spec } = job;
  const id = `${job.id}`;
  return {
    SLURM_CLUSTER_NAME: clusterName,
    SLURM_WORKING_CLUSTER: workingCluster(clusterName, controllerUrl),
    SLURM_JOBID: id,
    SLURM_JOB_ID: id,
    SLURM_JOB_NAME: job.name,
    SLURM_JOB_PARTITION: job.partition,
    SLURM_JOB_USER: spec.user,
    SLURM_JOB_UID: `${spec.uid}`,
    SLURM_JOB_GID: `${spec.gid}`,
    SLURM_SUBMIT_DIR: environment["SLURM_SUBMIT_DIR"] ?? spec.workDir,
    ...(spec.submitHost === undefined ? {} : { SLURM_SUBMIT_HOST: spec.submitHost }),
    ...(job.account === "" ? {} : { SLURM_JOB_ACCOUNT: job.account }),
    ...(job.qos === "" ? {} : { SLURM_JOB_QOS: job.qos }),
    SLURM_JOB_START_TIME: `${job.startS}`,
    ...(job.timeLimitS === UNLIMITED_S ? {} : { SLURM_JOB_END_TIME: `${job.startS + job.timeLimitS}` }),
    ...(job.restarts > 0 ? { SLURM_RESTART_COUNT: `${job.restarts}` } : {}),
  };
}

/** The allocation. */
function place({ job, allocation, nodes }: EnvironmentInput): Variables {
  const [share] = allocation.nodes;
  const [host] = nodes;
  const list = compressHostlist(nodes.map((node) => node.name));
  const count = `${nodes.length}`;
  const gpus = (share?.devices ?? []).filter(({ lane }) => host?.devices[lane]?.name === "gpu").length;
  return {
    SLURMD_NODENAME: host?.name ?? "",
    SLURM_JOB_NODELIST: list,
    SLURM_NODELIST: list,
    SLURM_JOB_NUM_NODES: count,
    SLURM_NNODES: count,
    SLURM_NODE_ALIASES: "(null)",
    SLURM_CPUS_ON_NODE: `${share?.cpus ?? 0}`,
    SLURM_JOB_CPUS_PER_NODE: compressCounts(allocation.nodes.map(({ cpus }) => cpus)),
    SLURM_TASKS_PER_NODE: compressCounts(tasksPerNode(job, allocation)),
    ...(gpus > 0 ? { SLURM_GPUS_ON_NODE: `${gpus}` } : {}),
    ...topology(host),
  };
}

/** What the user asked, said again only where it was asked: srun takes these as its own options. */
function asked({ job }: EnvironmentInput): Variables {
  const { spec, request } = job;
  const tasks = `${request.tasks}`;
  const optional = {
    SLURM_CPUS_PER_TASK: spec.cpusPerTask,
    SLURM_NTASKS_PER_NODE: spec.ntasksPerNode,
    SLURM_GPUS: spec.gpus,
    SLURM_GPUS_PER_NODE: spec.gpusPerNode,
    SLURM_GPUS_PER_TASK: spec.gpusPerTask,
    SLURM_CPUS_PER_GPU: spec.cpusPerGpu,
    SLURM_HINT: spec.hint,
    SLURM_JOB_DEPENDENCY: spec.dependency,
    SLURM_TRES_PER_TASK: tresPerTask(job),
  };
  return {
    ...Object.fromEntries(
      Object.entries(optional)
        .filter(([, value]) => value !== undefined && value !== "")
        .map(([name, value]) => [name, `${value}`]),
    ),
    ...(isTasksAsked(job) ? { SLURM_NTASKS: tasks, SLURM_NPROCS: tasks } : {}),
    // All of a node's memory has no variable, as in Slurm.
    ...(request.memPerMib > 0
      ? { [`SLURM_MEM_PER_${request.memPer.toUpperCase()}`]: `${request.memPerMib}` }
      : {}),
    ...(request.oneThreadPerCore === 1 ? { SLURM_THREADS_PER_CORE: "1" } : {}),
  };
}

function arrayVariables({ array }: Job): Variables {
  if (array?.taskId === undefined) return {};
  return {
    SLURM_ARRAY_JOB_ID: `${array.arrayJobId}`,
    SLURM_ARRAY_TASK_ID: `${array.taskId}`,
    SLURM_ARRAY_TASK_COUNT: `${array.taskCount}`,
    SLURM_ARRAY_TASK_MIN: `${array.taskMin}`,
    SLURM_ARRAY_TASK_MAX: `${array.taskMax}`,
    SLURM_ARRAY_TASK_STEP: `${array.taskStep}`,
  };
}

/** The script runs as the first task of the first node. */
const firstTask = (): Variables => ({
  SLURM_GTIDS: "0",
  SLURM_LOCALID: "0",
  SLURM_NODEID: "0",
  SLURM_PROCID: "0",
  SLURM_PRIO_PROCESS: "0",
});

/**
 * Name, address and port of the controller, then Slurm's protocol version and selection plugin: those of 22.05 with
 * cons_tres, whose form clients know.
 */
function workingCluster(clusterName: string, controllerUrl: string): string {
  const url = URL.canParse(controllerUrl) ? new URL(controllerUrl) : undefined;
  return `${clusterName}:${url?.hostname ?? ""}:${url?.port ?? ""}:9728:109`;
}

const isTasksAsked = ({ spec }: Job): boolean =>
  spec.ntasks !== undefined || spec.ntasksPerNode !== undefined || spec.gpusPerTask !== undefined;

/** Whole nodes hold as many tasks as their CPUs allow, unless the job said how many it has. */
const tasksPerNode = (job: Job, allocation: Allocation): number[] =>
  allocation.nodes.map(({ tasks, cpus }) =>
    job.request.exclusive && !isTasksAsked(job)
      ? Math.max(1, Math.floor(cpus / job.request.cpusPerTask))
      : tasks,
  );

function topology(host: NodeSpec | undefined): Variables {
  if (host === undefined) return {};
  if (host.topologyLeaf === "") {
    return { SLURM_TOPOLOGY_ADDR: host.name, SLURM_TOPOLOGY_ADDR_PATTERN: "node" };
  }
  return {
    SLURM_TOPOLOGY_ADDR: `${host.topologyLeaf}.${host.name}`,
    SLURM_TOPOLOGY_ADDR_PATTERN: "switch.node",
  };
}

function tresPerTask({ spec }: Job): string {
  const gpus = spec.gpusPerTask === undefined ? undefined : parseGpuCount(spec.gpusPerTask);
  return [
    ...(spec.cpusPerTask === undefined ? [] : [`cpu=${spec.cpusPerTask}`]),
    ...(gpus?.ok === true
      ? gpus.value.map(({ type, count }) => `gres/gpu${type === undefined ? "" : `:${type}`}=${count}`)
      : []),
  ].join(",");
}
