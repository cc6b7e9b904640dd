/** Why no set of a partition's nodes could ever hold a job: one refusal, with what was asked and what there is. Pure. */
import {
  isShareKind,
  MAX_PARTS_OF_NODE,
  type PartDemand,
  printPart,
  unitsOf,
} from "../model/device-parts.ts";
import type { Refusal } from "../model/refusal.ts";
import type { Candidates } from "./candidates.ts";
import type { AdmitCluster, AdmitPartition, NodeClass } from "./cluster.ts";
import {
  demandAt,
  demandOfTasks,
  dividesEvenly,
  emptyParts,
  memoryAt,
  type NodeDemand,
  type SizedAsk,
  shortageOf,
} from "./node-demand.ts";

/** Slurm's line before the refusal, where a node has too few CPUs for one task. */
export const CPUS_LINE = "CPU count per node can not be satisfied";

/** `least` is the number of nodes that it takes at the very least. */
export function whyNot(
  ask: SizedAsk,
  least: number,
  partition: AdmitPartition,
  candidates: readonly Candidates[],
  cluster: AdmitCluster,
): Refusal {
  const name = partition.spec.name;
  const eligible = candidates.reduce((sum, { count }) => sum + count, 0);
  const nodes = Math.min(least, ask.maxNodes ?? least);
  const demand = demandAt(ask, nodes);
  return (
    tooFewTasks(name, ask, least) ??
    tooFewEligible(name, nodes, eligible) ??
    wrongRequired(ask, partition, candidates, cluster) ??
    tooLittle(name, ask, demand, candidates, cluster) ??
    tooFewFit(name, ask, least, nodes, demand, candidates)
  );
}

/** As `whyNot`, of tasks that may lie anywhere; `held` is how many of them the nodes asked hold at most. */
export function whyNotUneven(
  ask: SizedAsk,
  least: number,
  held: number,
  partition: AdmitPartition,
  candidates: readonly Candidates[],
  cluster: AdmitCluster,
): Refusal {
  const name = partition.spec.name;
  const eligible = candidates.reduce((sum, { count }) => sum + count, 0);
  const nodes = Math.min(least, ask.maxNodes ?? least);
  const isCapped = ask.tasksPerNode !== undefined && nodes * ask.tasksPerNode < (ask.tasks ?? 1);
  return (
    (isCapped ? tooFewHeld(name, ask, least, held) : undefined) ??
    tooFewEligible(name, nodes, eligible) ??
    wrongRequired(ask, partition, candidates, cluster) ??
    tooLittle(name, ask, demandOfTasks(ask, 1), candidates, cluster) ??
    tooFewHeld(name, ask, least, held)
  );
}

function tooFewHeld(partition: string, ask: SizedAsk, least: number, held: number): Refusal {
  const nodes = ask.maxNodes ?? least;
  const tasks = ask.tasks ?? 1;
  const details = { partition, asked: tasks, most: held, leastNodes: least, mostNodes: nodes };
  const message =
    held < tasks
      ? `${nodes} nodes of partition ${partition} hold ${held} of the ${tasks} tasks, with the CPUs, memory and devices asked`
      : `the tasks need ${least} nodes of partition ${partition} that each hold one, or the nodes asked do not`;
  return { code: "NODE_CONFIG_UNAVAILABLE", message, details };
}

/** Each node has a task, so GPUs of the whole job may need more nodes than there are tasks. */
function tooFewTasks(partition: string, ask: SizedAsk, least: number): Refusal | undefined {
  if (ask.tasks === undefined || least <= ask.tasks) return undefined;
  const message = `the GPUs asked need ${least} nodes of partition ${partition}, and there are ${ask.tasks} tasks`;
  return { code: "NODE_CONFIG_UNAVAILABLE", message, details: { partition, asked: least, most: ask.tasks } };
}

function tooFewEligible(partition: string, nodes: number, eligible: number): Refusal | undefined {
  if (eligible >= nodes) return undefined;
  const message = `${nodes} nodes are needed, and partition ${partition} has ${eligible} with the features asked that are not excluded`;
  return { code: "NODE_CONFIG_UNAVAILABLE", message, details: { partition, asked: nodes, most: eligible } };
}

function wrongRequired(
  ask: SizedAsk,
  partition: AdmitPartition,
  candidates: readonly Candidates[],
  cluster: AdmitCluster,
): Refusal | undefined {
  const eligible = new Set(candidates.map(({ classIndex }) => classIndex));
  const wrong = ask.required.filter((node) => !partition.has(node) || !eligible.has(cluster.classOf(node)));
  if (wrong.length === 0) return undefined;
  const name = partition.spec.name;
  const message = `${wrong.length} of the nodes asked are not in partition ${name} or have not the features asked`;
  const details = { partition: name, asked: ask.required.length, wrong: wrong.length };
  return { code: "NODE_CONFIG_UNAVAILABLE", message, details };
}

/** What not even the best node has, one thing at a time. */
function tooLittle(
  partition: string,
  ask: SizedAsk,
  demand: NodeDemand,
  candidates: readonly Candidates[],
  cluster: AdmitCluster,
): Refusal | undefined {
  const best = (of: (nodeClass: NodeClass) => number): number =>
    Math.max(0, ...candidates.map(({ nodeClass }) => of(nodeClass)));
  const isKnown = candidates.every(({ nodeClass }) => nodeClass.cpus > 0 && nodeClass.memoryMib > 0);
  // A task that fits nowhere is one thing; more tasks on a node than fit are another.
  const cpus = best(({ cpus, threadsPerCore }) =>
    ask.oneThreadPerCore ? Math.floor(cpus / threadsPerCore) : cpus,
  );
  if (isKnown && demand.cpusPerTask > cpus) {
    const message = `a task asks ${demand.cpusPerTask} CPUs, and the largest node of partition ${partition} has ${cpus}`;
    const details = { partition, asked: demand.cpusPerTask, most: cpus, slurmLine: CPUS_LINE };
    return { code: "NODE_CONFIG_UNAVAILABLE", message, details };
  }
  const one = demandAt({ ...ask, tasks: 1, tasksPerNode: undefined }, 1);
  const memMib = memoryAt(ask, ask.devices.total.length > 0 ? demand : one);
  const mostMib = best(({ memoryMib }) => memoryMib);
  if (isKnown && memMib > mostMib) {
    const message = `${memMib} MiB of memory are asked of a node, and the largest of partition ${partition} has ${mostMib}`;
    return { code: "MEMORY_NOT_SATISFIABLE", message, details: { partition, asked: memMib, most: mostMib } };
  }
  const { part } = ask.devices;
  if (part !== undefined && best((nodeClass) => (shortageOfParts(nodeClass, part) ? 0 : 1)) === 0)
    return tooFewParts(partition, part, candidates);
  for (const { dimension, count } of demand.gres) {
    const most = best(({ gres }) => gres?.[dimension] ?? Number.POSITIVE_INFINITY);
    if (count <= most) continue;
    const gres = cluster.dimensionName(dimension);
    const message = `${count} of ${gres} are asked of a node, and no node of partition ${partition} has more than ${most}`;
    return { code: "NODE_CONFIG_UNAVAILABLE", message, details: { partition, gres, asked: count, most } };
  }
  return undefined;
}

const shortageOfParts = ({ devices }: NodeClass, part: PartDemand): boolean =>
  devices !== undefined && emptyParts(devices, part) < part.count;

function tooFewParts(partition: string, part: PartDemand, candidates: readonly Candidates[]): Refusal {
  const devices = candidates.flatMap(({ nodeClass }) => nodeClass.devices ?? []);
  const { kind, type, units } = part;
  const gres = printPart(part);
  const details = { partition, gres };
  const code = "NODE_CONFIG_UNAVAILABLE";
  if (isShareKind(kind)) {
    const ofType = devices.filter((device) => type === "" || device.type === type);
    const most = Math.max(0, ...ofType.map((device) => unitsOf(device, kind)));
    const message = `${gres} is asked of one device, and no device of partition ${partition} has more than ${most} of ${kind}`;
    return { code, message, details: { ...details, asked: units, most } };
  }
  const most = Math.max(
    0,
    ...candidates.map(({ nodeClass }) =>
      emptyParts(nodeClass.devices ?? [], { ...part, count: MAX_PARTS_OF_NODE }),
    ),
  );
  const message = `${gres} is asked of a node, and no node of partition ${partition} has room for more than ${most} of them`;
  return { code, message, details: { ...details, asked: part.count, most } };
}

/** Each thing alone is there, but not on enough nodes, or not all on one, or not for so many tasks. */
function tooFewFit(
  partition: string,
  ask: SizedAsk,
  least: number,
  nodes: number,
  demand: NodeDemand,
  candidates: readonly Candidates[],
): Refusal {
  let fit = 0;
  for (const { nodeClass, count } of candidates) {
    if (shortageOf(nodeClass, ask, demand) === undefined) fit += count;
  }
  const details = {
    partition,
    asked: nodes,
    most: fit,
    tasksPerNode: demand.tasks,
    cpusPerNode: demand.cpus,
    leastNodes: least,
  };
  if (ask.maxNodes !== undefined && least > ask.maxNodes) {
    const message = `the tasks need ${least} nodes of partition ${partition}, and at most ${ask.maxNodes} are asked`;
    return { code: "NODE_CONFIG_UNAVAILABLE", message, details };
  }
  if (!dividesEvenly(ask, nodes)) {
    const message = `the GPUs asked cannot be spread evenly over nodes of partition ${partition} that hold the job`;
    return { code: "NODE_CONFIG_UNAVAILABLE", message, details };
  }
  const message =
    `no ${nodes} nodes of partition ${partition} hold ${demand.tasks} tasks with ${demand.cpus} CPUs each` +
    ` and the memory and devices asked; ${fit} do`;
  return { code: "NODE_CONFIG_UNAVAILABLE", message, details };
}
