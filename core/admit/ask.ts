/**
 * What a submission asks of nodes, read and checked but not yet measured against any: the step between the words of
 * `JobSpec` and the numbers of `Request`. Pure.
 */
import type { Constraint } from "../model/constraint.ts";
import { ARBITRARY_WITHOUT_NODES, isArbitrary } from "../model/distribution.ts";
import { MAX_NODES, type NodeIndex } from "../model/ids.ts";
import type { JobSpec } from "../model/job-spec.ts";
import type { LicenceDemand } from "../model/licence.ts";
import { MAX_MEMORY_MIB } from "../model/memory.ts";
import { MAX_CPUS_PER_NODE } from "../model/node.ts";
import { ONE_THREAD_HINTS, tasksOfShape, usesOneThread } from "../model/node-shape.ts";
import type { PartitionSpec } from "../model/partition.ts";
import { ok, type Refusal, type Result, refuse } from "../model/refusal.ts";
import type { AdmitCluster } from "./cluster.ts";
import { countOf, type DeviceAsk, devicesOf, GPU_DIMENSION, scaleDemands } from "./devices.ts";
import { licencesOf } from "./licences-asked.ts";
import { nodesAsked } from "./nodes-asked.ts";
import { type TogetherAsk, togetherAsked } from "./together-asked.ts";
import { tresPerTaskOf } from "./tres-per-task.ts";

export interface Memory {
  readonly per: "node" | "cpu" | "gpu";
  /** 0 for all of a node's memory, `per` then being "node". */
  readonly mib: number;
}

export interface Ask extends TogetherAsk {
  /** Fewest nodes, >= 1. */
  readonly minNodes: number;
  /** Most nodes; undefined when the job did not say. */
  readonly maxNodes: number | undefined;
  /** Tasks in all; undefined when the number of nodes decides. */
  readonly tasks: number | undefined;
  /** Most tasks on a node; undefined for as many as fit. With `tasks` undefined, so many on each. */
  readonly tasksPerNode: number | undefined;
  /** Most tasks on a socket; undefined for as many as fit. */
  readonly tasksPerSocket: number | undefined;
  /** Most tasks on a core; undefined for as many as it has threads. */
  readonly tasksPerCore: number | undefined;
  readonly cpusPerTask: number;
  /** 0 when not asked. */
  readonly cpusPerGpu: number;
  /** undefined for the partition's default. */
  readonly memory: Memory | undefined;
  readonly devices: DeviceAsk;
  readonly exclusive: boolean;
  /** Nodes are shared with jobs of the same user only. */
  readonly exclusiveUser: boolean;
  /** The tasks of a node share the CPUs of one. */
  readonly overcommit: boolean;
  readonly oneThreadPerCore: boolean;
  readonly constraint: Constraint | undefined;
  /** Sorted by name; undefined for none. */
  readonly licences: readonly LicenceDemand[] | undefined;
  readonly required: readonly NodeIndex[];
  readonly excluded: readonly NodeIndex[];
}

/** Largest number of tasks, and of CPUs of a job: what a 32-bit column holds. */
export const MAX_TASKS_OF_JOB = 2_147_483_647;

export function askOf(spec: JobSpec, cluster: AdmitCluster): Result<Ask> {
  const wrong = checkCounts(spec) ?? checkPairs(spec);
  if (wrong !== undefined) return { ok: false, refusal: wrong };
  const ofTask = tresPerTaskOf(spec.tresPerTask ?? "");
  if (!ofTask.ok) return ofTask;
  const cpusPerTask = spec.cpusPerTask ?? ofTask.value.cpus;
  if (cpusPerTask !== (ofTask.value.cpus ?? cpusPerTask)) {
    const details = { asked: spec.cpusPerTask ?? 0, follows: ofTask.value.cpus ?? 0 };
    return refuse("INVALID_CPU_COUNT", "--cpus-per-task and --tres-per-task say other CPUs", details);
  }
  const shape = devicesOf(spec, ofTask.value.gres, cluster);
  if (!shape.ok) return shape;
  const licences = licencesOf(spec, cluster);
  if (!licences.ok) return licences;
  const nodes = nodesAsked(spec, cluster);
  if (!nodes.ok) return nodes;
  const together = togetherAsked(spec, cluster);
  if (!together.ok) return together;
  const devices = byTask(shape.value.devices, spec.ntasks);
  if (spec.memPerGpuMib !== undefined && !asksGpus(devices)) {
    return refuse("INVALID_SPEC", "--mem-per-gpu needs GPUs to be asked");
  }
  if (spec.cpusPerGpu !== undefined && !asksGpus(devices)) {
    return refuse("INVALID_SPEC", "--cpus-per-gpu needs GPUs to be asked");
  }
  // Of an arbitrary distribution the job has the nodes of the list and no others.
  const listed = isArbitrary(spec.distribution) ? nodes.value.required.length : undefined;
  if (listed === 0) return refuse("INVALID_SPEC", ARBITRARY_WITHOUT_NODES);
  const tasks = agreed("tasks", "ntasks", spec.ntasks ?? listed, shape.value.tasks);
  if (!tasks.ok) return tasks;
  const tasksPerNode = agreed(
    "tasks a node",
    "ntasks-per-node",
    spec.ntasksPerNode ?? (shape.value.tasksPerNode === undefined ? tasksOfShape(spec) : undefined),
    shape.value.tasksPerNode,
  );
  if (!tasksPerNode.ok) return tasksPerNode;
  const bounded = listed === undefined ? spec : { ...spec, maxNodes: spec.maxNodes ?? listed };
  const counts = nodeCounts(bounded, tasks.value, shape.value.nodes, nodes.value.required);
  if (!counts.ok) return counts;
  const featured = countedNodes(nodes.value.constraint, counts.value.maxNodes ?? tasks.value);
  if (featured !== undefined) return { ok: false, refusal: featured };
  return ok({
    ...counts.value,
    ...together.value,
    tasks: tasks.value,
    tasksPerNode: tasksPerNode.value,
    tasksPerSocket: spec.ntasksPerSocket,
    cpusPerTask: cpusPerTaskOf(spec.cpusPerGpu, cpusPerTask, devices),
    cpusPerGpu: spec.cpusPerGpu ?? 0,
    memory: memoryOf(spec),
    devices,
    exclusive: spec.exclusive ?? false,
    // Whole nodes are shared with nobody.
    exclusiveUser: spec.exclusiveUser === true && spec.exclusive !== true,
    overcommit: spec.overcommit ?? false,
    licences: licences.value,
    tasksPerCore: spec.ntasksPerCore,
    oneThreadPerCore: usesOneThread(spec),
    constraint: nodes.value.constraint,
    excluded: nodes.value.excluded,
  });
}

/** Memory of a job that asked none: the partition's default, or all of each node where the site set none. */
export const defaultMemory = (partition: PartitionSpec): Memory => {
  if (partition.defMemPerCpuMib > 0) return { per: "cpu", mib: partition.defMemPerCpuMib };
  return { per: "node", mib: partition.defMemPerNodeMib };
};

function checkCounts(spec: JobSpec): Refusal | undefined {
  return (
    outside("INVALID_NODE_COUNT", "nodes", spec.minNodes, 1, MAX_NODES) ??
    outside("INVALID_NODE_COUNT", "nodes", spec.maxNodes, 1, MAX_TASKS_OF_JOB) ??
    outside("INVALID_CPU_COUNT", "ntasks", spec.ntasks, 1, MAX_TASKS_OF_JOB) ??
    outside("INVALID_CPU_COUNT", "ntasks-per-node", spec.ntasksPerNode, 1, MAX_CPUS_PER_NODE) ??
    outside("INVALID_CPU_COUNT", "cpus-per-task", spec.cpusPerTask, 1, MAX_CPUS_PER_NODE) ??
    outside("INVALID_CPU_COUNT", "ntasks-per-socket", spec.ntasksPerSocket, 1, MAX_CPUS_PER_NODE) ??
    outside("INVALID_CPU_COUNT", "ntasks-per-core", spec.ntasksPerCore, 1, MAX_CPUS_PER_NODE) ??
    outside("INVALID_CPU_COUNT", "sockets-per-node", spec.socketsPerNode, 1, MAX_CPUS_PER_NODE) ??
    outside("INVALID_CPU_COUNT", "cores-per-socket", spec.coresPerSocket, 1, MAX_CPUS_PER_NODE) ??
    outside("INVALID_CPU_COUNT", "threads-per-core", spec.threadsPerCore, 1, MAX_CPUS_PER_NODE) ??
    outside("INVALID_CPU_COUNT", "cpus-per-gpu", spec.cpusPerGpu, 1, MAX_CPUS_PER_NODE) ??
    outside("MEMORY_NOT_SATISFIABLE", "mem", spec.memPerNodeMib, 0, MAX_MEMORY_MIB) ??
    outside("MEMORY_NOT_SATISFIABLE", "mem-per-cpu", spec.memPerCpuMib, 0, MAX_MEMORY_MIB) ??
    outside("MEMORY_NOT_SATISFIABLE", "mem-per-gpu", spec.memPerGpuMib, 0, MAX_MEMORY_MIB)
  );
}

function outside(
  code: Refusal["code"],
  option: string,
  value: number | undefined,
  least: number,
  most: number,
): Refusal | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return undefined;
  const message = `--${option} ${value} is not a whole number from ${least} to ${most}`;
  return { code, message, details: { option, asked: value, least, most } };
}

const HINTS: readonly string[] = [...ONE_THREAD_HINTS, "multithread"];

function checkPairs(spec: JobSpec): Refusal | undefined {
  if (spec.minNodes !== undefined && spec.maxNodes !== undefined && spec.maxNodes < spec.minNodes) {
    const details = { min: spec.minNodes, max: spec.maxNodes };
    return { code: "INVALID_NODE_COUNT", message: "the most nodes are fewer than the fewest", details };
  }
  const memories = [spec.memPerNodeMib, spec.memPerCpuMib, spec.memPerGpuMib];
  if (memories.filter((mib) => mib !== undefined).length > 1) {
    return { code: "INVALID_SPEC", message: "--mem, --mem-per-cpu and --mem-per-gpu exclude each other" };
  }
  if (spec.cpusPerGpu !== undefined && spec.cpusPerTask !== undefined) {
    return { code: "INVALID_SPEC", message: "--cpus-per-gpu and --cpus-per-task exclude each other" };
  }
  if (spec.oversubscribe === true && (spec.exclusive === true || spec.exclusiveUser === true)) {
    return { code: "INVALID_SPEC", message: "--exclusive and --oversubscribe exclude each other" };
  }
  if (spec.hint !== undefined && spec.hint !== "" && !HINTS.includes(spec.hint)) {
    return {
      code: "INVALID_SPEC",
      message: `--hint is one of ${HINTS.join(", ")}`,
      details: { hint: spec.hint.slice(0, 64) },
    };
  }
  return undefined;
}

const asksGpus = (devices: DeviceAsk): boolean =>
  [devices.perNode, devices.perTask, devices.total].some((list) => countOf(list, GPU_DIMENSION) > 0);

/** GPUs of the whole job that come out even over its tasks are those of each task: they may then lie where tasks do. */
const byTask = (devices: DeviceAsk, tasks: number | undefined): DeviceAsk => {
  const { perTask, total } = devices;
  if (tasks === undefined || tasks < 2 || perTask.length > 0 || total.length === 0) return devices;
  if (total.some(({ count }) => count % tasks !== 0)) return devices;
  return { ...devices, perTask: scaleDemands(total, (count) => count / tasks), total: [] };
};

/** A count said outright and one that follows from the GPUs must be the same. */
function agreed(
  what: string,
  option: string,
  said: number | undefined,
  follows: number | undefined,
): Result<number | undefined> {
  if (said === undefined || follows === undefined || said === follows) return ok(said ?? follows);
  return refuse("INVALID_GRES", `--${option} ${said}, but the GPUs asked come to ${follows} ${what}`, {
    asked: said,
    follows,
  });
}

/** Slurm cuts the nodes down to the tasks, and the node list with them. */
function nodeCounts(
  spec: JobSpec,
  tasks: number | undefined,
  gpuNodes: number | undefined,
  list: readonly NodeIndex[],
): Result<Pick<Ask, "minNodes" | "maxNodes" | "required">> {
  const most = tasks ?? Number.POSITIVE_INFINITY;
  const required = list.slice(0, Math.min(list.length, most)).sort((a, b) => a - b);
  const said = { min: spec.minNodes ?? 1, max: spec.maxNodes };
  const min = gpuNodes ?? said.min;
  const max = gpuNodes ?? said.max;
  if (min < said.min || (said.max !== undefined && min > said.max)) {
    return refuse(
      "INVALID_NODE_COUNT",
      `--gpus over --gpus-per-node comes to ${min} nodes, which --nodes excludes`,
      {
        asked: said.min,
        follows: min,
      },
    );
  }
  if (gpuNodes !== undefined && gpuNodes > most) {
    const details = { asked: gpuNodes, most };
    return refuse(
      "INVALID_NODE_COUNT",
      `the GPUs asked need ${gpuNodes} nodes, and there are ${most} tasks`,
      details,
    );
  }
  if (max !== undefined && required.length > max) {
    return refuse(
      "INVALID_NODE_COUNT",
      `--nodelist has ${required.length} nodes, and --nodes allows ${max}`,
      {
        asked: required.length,
        most: max,
      },
    );
  }
  return ok({
    minNodes: Math.max(1, Math.min(min, most), required.length),
    maxNodes: max === undefined ? undefined : Math.min(max, most),
    required,
  });
}

/** Nodes that a constraint counts must be among those of the job, and each has a task. */
function countedNodes(constraint: Constraint | undefined, most: number | undefined): Refusal | undefined {
  if (constraint === undefined || most === undefined) return undefined;
  const sums = constraint.options.map(({ counts }) => counts.reduce((sum, { count }) => sum + count, 0));
  const asked = Math.min(...sums);
  if (asked <= most) return undefined;
  const message = `the constraint asks ${asked} nodes, and the job has at most ${most}`;
  return { code: "INVALID_NODE_COUNT", message, details: { asked, most } };
}

function memoryOf(spec: JobSpec): Memory | undefined {
  if (spec.memPerCpuMib !== undefined && spec.memPerCpuMib > 0) return { per: "cpu", mib: spec.memPerCpuMib };
  if (spec.memPerGpuMib !== undefined && spec.memPerGpuMib > 0) return { per: "gpu", mib: spec.memPerGpuMib };
  const asked = spec.memPerNodeMib ?? spec.memPerCpuMib ?? spec.memPerGpuMib;
  return asked === undefined ? undefined : { per: "node", mib: asked };
}

/** With GPUs of each task the CPUs of a task follow from them; with GPUs of a node or the job, from the tasks there. */
const cpusPerTaskOf = (
  cpusPerGpu: number | undefined,
  cpusPerTask: number | undefined,
  devices: DeviceAsk,
): number => {
  const gpusOfTask = countOf(devices.perTask, GPU_DIMENSION);
  if (cpusPerGpu !== undefined && gpusOfTask > 0) return cpusPerGpu * gpusOfTask;
  return cpusPerTask ?? 1;
};
