/**
 * What the fullest node of a job must hold when the job is spread over a given number of nodes, and whether a class of
 * nodes holds it. The one place of this arithmetic; the planner's own test on columns says the same. Pure.
 */
import { printConstraint } from "../model/constraint.ts";
import { couldHold, countOn, type PartDemand, type PartedDevice, unusedLane } from "../model/device-parts.ts";
import { ALL, type GresDemand, type Request } from "../model/request.ts";
import type { Memory } from "./ask.ts";
import type { OptionAsk } from "./candidates.ts";
import type { NodeClass } from "./cluster.ts";
import { addDemands, countOf, GPU_DIMENSION, scaleDemands } from "./devices.ts";

/** An ask with the partition's default memory filled in, of one option of its constraint. */
export interface SizedAsk extends OptionAsk {
  readonly memory: Memory;
  /**
   * CPUs of a node that one CPU asked takes with it, for memory by CPU: the most threads a core of the candidates when
   * only one of them may be used, else 1. One number for all nodes, since a request has one.
   */
  readonly memoryThreads: number;
}

export interface NodeDemand {
  /** Tasks on the fullest node. */
  readonly tasks: number;
  readonly cpusPerTask: number;
  /** tasks x cpusPerTask, or cpusPerTask for all of them; on a node with several threads a core, times those when only one of them may be used. */
  readonly cpus: number;
  readonly gres: readonly GresDemand[];
  readonly gpus: number;
}

/** The fullest node of `nodes` nodes. Tasks are spread evenly, so no node has more than the rounded-up share. */
export function demandAt(ask: SizedAsk, nodes: number): NodeDemand {
  const tasks = ask.tasks === undefined ? (ask.tasksPerNode ?? 1) : Math.ceil(ask.tasks / nodes);
  return demandOfTasks(
    ask,
    tasks,
    scaleDemands(ask.devices.total, (count) => Math.ceil(count / nodes)),
  );
}

/** A node with so many tasks, and its share of the devices that are counted for the whole job. */
export function demandOfTasks(ask: SizedAsk, tasks: number, shares: readonly GresDemand[] = []): NodeDemand {
  const { perNode, perTask } = ask.devices;
  const gres = addDemands(
    addDemands(perNode, shares),
    scaleDemands(perTask, (count) => count * tasks),
  );
  const gpus = countOf(gres, GPU_DIMENSION);
  const cpusForGpus = perTask.length === 0 ? ask.cpusPerGpu * gpus : 0;
  const sharers = ask.overcommit ? 1 : tasks;
  const cpusPerTask = Math.max(ask.cpusPerTask, Math.ceil(cpusForGpus / sharers));
  return { tasks, cpusPerTask, cpus: sharers * cpusPerTask, gres, gpus };
}

/** What a request has however the job is spread. */
export const unspreadOf = (ask: SizedAsk) =>
  ({
    memPer: ask.memory.per,
    memPerMib: ask.memory.mib,
    exclusive: ask.exclusive,
    ...(ask.exclusiveUser ? { exclusiveUser: true } : {}),
    ...(ask.overcommit ? { overcommit: true } : {}),
    oneThreadPerCore: ask.oneThreadPerCore ? 1 : 0,
    features: ask.constraint === undefined ? "" : printConstraint(ask.constraint),
    ...(ask.contiguous ? { contiguous: true } : {}),
    ...(ask.switches === undefined ? {} : { switches: ask.switches }),
    ...(ask.licences === undefined ? {} : { licences: ask.licences }),
    ...(ask.devices.part === undefined ? {} : { part: ask.devices.part }),
    requiredNodes: ask.required,
    excludedNodes: ask.excluded,
  }) satisfies Partial<Request>;

/** Whether GPUs of the whole job come out even over so many nodes. */
export const dividesEvenly = (ask: SizedAsk, nodes: number): boolean =>
  ask.devices.total.every(({ count }) => count % nodes === 0);

export type Shortage = "cpus" | "memory" | "gres";

/** What the class has too little of, undefined when an empty node of it holds the demand. */
export function shortageOf(nodeClass: NodeClass, ask: SizedAsk, demand: NodeDemand): Shortage | undefined {
  const threads = ask.oneThreadPerCore ? nodeClass.threadsPerCore : 1;
  if (nodeClass.cpus > 0 && demand.cpus * threads > nodeClass.cpus) return "cpus";
  const memMib = memoryAt(ask, demand);
  if (nodeClass.memoryMib > 0 && memMib > nodeClass.memoryMib) return "memory";
  const { part } = ask.devices;
  if (
    part !== undefined &&
    nodeClass.devices !== undefined &&
    emptyParts(nodeClass.devices, part) < part.count
  )
    return "gres";
  const { gres } = nodeClass;
  if (gres !== undefined && demand.gres.some(({ dimension, count }) => count > (gres[dimension] ?? 0)))
    return "gres";
  return undefined;
}

/** Parts that the devices of an empty node hold, no more than are asked. */
export const emptyParts = (devices: readonly PartedDevice[], part: PartDemand): number =>
  devices.reduce(
    (count, device) => (couldHold(device, part) ? count + countOn(device, part, unusedLane()) : count),
    0,
  );

/** MiB of a node with so many tasks; ALL for the whole of it, which every node holds. */
export const memoryAt = (ask: SizedAsk, demand: NodeDemand): number => {
  switch (ask.memory.per) {
    case "cpu":
      return ask.memory.mib * demand.cpus * ask.memoryThreads;
    case "gpu":
      return ask.memory.mib * demand.gpus;
    default:
      return ask.memory.mib === 0 ? ALL : ask.memory.mib;
  }
};

/** Most tasks that an empty node of the class holds, going by what each task needs for itself; 0 for none. */
export function tasksThatFit(nodeClass: NodeClass, ask: SizedAsk): number {
  const one = demandAt({ ...ask, tasks: 1, tasksPerNode: undefined }, 1);
  if (ask.devices.total.length === 0 && shortageOf(nodeClass, ask, one) !== undefined) return 0;
  const threads = ask.oneThreadPerCore ? nodeClass.threadsPerCore : 1;
  let most = ask.tasksPerNode ?? Number.POSITIVE_INFINITY;
  const bound = (has: number, each: number): void => {
    if (each > 0) most = Math.min(most, Math.floor(has / each));
  };
  if (nodeClass.cpus > 0 && !ask.overcommit) bound(nodeClass.cpus, ask.cpusPerTask * threads);
  if (nodeClass.memoryMib > 0 && ask.memory.per === "cpu" && !ask.overcommit) {
    bound(nodeClass.memoryMib, ask.memory.mib * ask.cpusPerTask * ask.memoryThreads);
  }
  for (const { dimension, count } of ask.devices.perTask) {
    if (nodeClass.gres !== undefined) bound(nodeClass.gres[dimension] ?? 0, count);
    if (dimension === GPU_DIMENSION && ask.memory.per === "gpu" && nodeClass.memoryMib > 0) {
      bound(nodeClass.memoryMib, ask.memory.mib * count);
    }
  }
  return most;
}
