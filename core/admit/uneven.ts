/**
 * Jobs whose tasks lie where there is room, as in Slurm: which jobs those are, and their request. What could hold them
 * is counted in tasks, node by node, not in even shares. Pure.
 */
import { MAX_NODES } from "../model/ids.ts";
import type { GresDemand, Request } from "../model/request.ts";
import type { Candidates } from "./candidates.ts";
import type { AdmitCluster, AdmitPartition } from "./cluster.ts";
import { countedOnce } from "./devices.ts";
import { demandOfTasks, memoryAt, type SizedAsk, tasksThatFit, unspreadOf } from "./node-demand.ts";
import type { Sizing } from "./sizing.ts";
import { whyNotUneven } from "./why-not.ts";

/** An ask whose number of tasks is known. */
export interface UnevenAsk extends SizedAsk {
  readonly tasks: number;
  /** Nodes that it may have at most; each holds a task. */
  readonly maxNodes: number;
}

/**
 * The ask where the place of its tasks is free; undefined where one number of nodes and tasks a node is all that it
 * allows, where it has whole nodes, or where a node's share is no multiple of a task's. `best` is the most tasks that
 * one node of any partition asked holds.
 */
export function unevenOf(ask: SizedAsk, best: number): UnevenAsk | undefined {
  const { tasks, devices } = ask;
  if (tasks === undefined || tasks === 1 || ask.exclusive || devices.total.length > 0) return undefined;
  // Any node holds any number of tasks that share its CPUs, so they are spread evenly, as in Slurm.
  if (ask.overcommit) return undefined;
  // CPUs of GPUs that do not go by task do not either, and the planner counts memory by CPU or by node.
  if ((ask.cpusPerGpu > 0 && devices.perTask.length === 0) || ask.memory.per === "gpu") return undefined;
  const maxNodes = Math.min(ask.maxNodes ?? tasks, tasks, MAX_NODES);
  const isForced = maxNodes === 1 || tasks === ask.minNodes || maxNodes * best === tasks;
  return isForced ? undefined : { ...ask, tasks, maxNodes };
}

/**
 * GPUs of the whole job, one kind of them, counted as that many tasks with a GPU each: how they lie on nodes where equal
 * shares do not do. undefined where the job said how its tasks are.
 */
export function taskForEachGpu(ask: SizedAsk, cluster: AdmitCluster): SizedAsk | undefined {
  const kinds = countedOnce(ask.devices.total, cluster);
  const [kind] = kinds;
  const isFree = ask.tasks === undefined && ask.tasksPerNode === undefined && ask.cpusPerTask === 1;
  if (kind === undefined || kinds.length > 1 || !isFree || ask.exclusive) return undefined;
  const perTask = ask.devices.total.map(({ dimension }) => ({ dimension, count: 1 }));
  return {
    ...ask,
    tasks: kind.count,
    cpusPerTask: Math.max(1, ask.cpusPerGpu),
    overcommit: false,
    devices: { ...ask.devices, perTask, total: [] },
  };
}

/** Most tasks that one of the nodes holds; 0 where none holds one. */
export const mostTasks = (ask: SizedAsk, candidates: readonly Candidates[]): number =>
  candidates.reduce((most, { nodeClass }) => Math.max(most, tasksThatFit(nodeClass, ask)), 0);

/** As `sizeFor`, of an uneven ask. `best` as of `unevenOf`. */
export function sizeUneven(
  ask: UnevenAsk,
  best: number,
  partition: AdmitPartition,
  candidates: readonly Candidates[],
  cluster: AdmitCluster,
): Sizing {
  const room = roomOf(ask, candidates);
  const { held, others } = withNamed(ask, room, partition, cluster);
  const least = Math.max(ask.minNodes, nodesNeeded(ask, held, others, best));
  // Each node has a task, so a job of fewer tasks than that would not run in a larger partition either.
  const capped = ask.maxNodes * (ask.tasksPerNode ?? ask.tasks);
  const isTooSmall = least > partition.size && least <= ask.tasks && capped >= ask.tasks;
  const minNodes = Math.min(least, ask.maxNodes);
  const request = (): Request => build(ask, minNodes, best, cluster);
  if (isTooSmall && (ask.maxNodes >= least || ask.minNodes > partition.size)) {
    return { kind: "waits", request: request() };
  }
  const holding = room.reduce((sum, { tasks, count }) => sum + (tasks > 0 ? count : 0), 0);
  const roomOfClass = new Map(room.map(({ classIndex, tasks }) => [classIndex, tasks]));
  const isRequiredFit = ask.required.every(
    (node) => partition.has(node) && (roomOfClass.get(cluster.classOf(node)) ?? 0) > 0,
  );
  if (holding >= least && least <= ask.maxNodes && isRequiredFit) return { kind: "fits", request: request() };
  const most = Math.min(capped, mostHeld(ask, held, others));
  return { kind: "never", refusal: whyNotUneven(ask, least, most, partition, candidates, cluster) };
}

interface Room {
  readonly classIndex: number;
  readonly count: number;
  /** Tasks that one such node holds, at most those of the job. */
  readonly tasks: number;
}

/** Fullest first. */
const roomOf = (ask: UnevenAsk, candidates: readonly Candidates[]): readonly Room[] =>
  candidates
    .map(({ nodeClass, classIndex, count }) => ({
      classIndex,
      count,
      tasks: Math.min(ask.tasks, tasksThatFit(nodeClass, ask)),
    }))
    .sort((a, b) => b.tasks - a.tasks);

/** The nodes that the job names taken out: what they hold, and what is left of each class. */
function withNamed(
  ask: UnevenAsk,
  room: readonly Room[],
  partition: AdmitPartition,
  cluster: AdmitCluster,
): { readonly held: number; readonly others: readonly Room[] } {
  const named = new Map<number, number>();
  for (const node of ask.required) {
    const classIndex = partition.has(node) ? cluster.classOf(node) : -1;
    named.set(classIndex, (named.get(classIndex) ?? 0) + 1);
  }
  let held = 0;
  const others = room.map((one) => {
    const taken = named.get(one.classIndex) ?? 0;
    held += taken * one.tasks;
    return { ...one, count: one.count - taken };
  });
  return { held, others };
}

/** The fewest nodes that hold all tasks, those named among them; past what there is, more of the largest. */
function nodesNeeded(ask: UnevenAsk, held: number, others: readonly Room[], best: number): number {
  let left = ask.tasks - held;
  let nodes = ask.required.length;
  for (const { count, tasks } of others) {
    if (left <= 0 || tasks === 0) break;
    const more = Math.min(count, Math.ceil(left / tasks));
    nodes += more;
    left -= more * tasks;
  }
  if (left > 0 && best > 0) nodes += Math.ceil(left / best);
  return Math.max(1, nodes);
}

/** Tasks that the most nodes asked hold. */
function mostHeld(ask: UnevenAsk, held: number, others: readonly Room[]): number {
  let sum = held;
  let left = ask.maxNodes - ask.required.length;
  for (const { count, tasks } of others) {
    const used = Math.min(count, left);
    sum += used * tasks;
    left -= used;
  }
  return sum;
}

function build(ask: UnevenAsk, minNodes: number, best: number, cluster: AdmitCluster): Request {
  // The other nodes hold a task each; a job that waits for larger nodes, or for any at all, must not rule them out.
  const held = best === 0 ? ask.tasks : Math.max(best, Math.ceil(ask.tasks / ask.maxNodes));
  const fullest = Math.min(held, ask.tasks - minNodes + 1);
  const tasksPerNode = Math.min(fullest, ask.tasksPerNode ?? fullest);
  const demand = demandOfTasks(ask, tasksPerNode);
  return {
    minNodes,
    maxNodes: ask.maxNodes,
    tasks: ask.tasks,
    tasksPerNode,
    uneven: true,
    cpusPerTask: demand.cpusPerTask,
    cpus: demand.cpus,
    memMib: memoryAt(ask, demand),
    gres: gresOf(ask, tasksPerNode, cluster),
    ...unspreadOf(ask),
  };
}

/** Devices of a node, which it has whole, and those of its tasks; GPUs are never both. */
function gresOf(ask: UnevenAsk, tasks: number, cluster: AdmitCluster): readonly GresDemand[] {
  const ofTasks = countedOnce(ask.devices.perTask, cluster).map(
    ({ dimension, count }): GresDemand => ({ dimension, count: count * tasks, perTask: true }),
  );
  return [...countedOnce(ask.devices.perNode, cluster), ...ofTasks].sort((a, b) => a.dimension - b.dimension);
}
