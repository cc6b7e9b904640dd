/**
 * Jobs that have the same on each of their nodes: those that say nothing of tasks, leave no choice, or have whole nodes.
 * They get the fewest nodes that hold them. Pure.
 */

import { ALL, type Request } from "../model/request.ts";
import type { Candidates } from "./candidates.ts";
import type { AdmitCluster, AdmitPartition } from "./cluster.ts";
import { countedOnce } from "./devices.ts";
import {
  demandAt,
  dividesEvenly,
  memoryAt,
  type SizedAsk,
  shortageOf,
  tasksThatFit,
  unspreadOf,
} from "./node-demand.ts";
import type { Sizing } from "./sizing.ts";
import { whyNot } from "./why-not.ts";

/** As `sizeFor`, of a job with equal shares. */
export function sizeEven(
  sized: SizedAsk,
  partition: AdmitPartition,
  candidates: readonly Candidates[],
  cluster: AdmitCluster,
): Sizing {
  const least = leastNodes(sized, candidates);
  const { maxNodes } = sized;
  // Each node has a task, so a job of fewer tasks than that would not run in a larger partition either.
  const isTooSmall = least > partition.size && least <= (sized.tasks ?? least);
  if (isTooSmall && (maxNodes === undefined || maxNodes >= least || sized.minNodes > partition.size)) {
    return { kind: "waits", request: build(sized, Math.max(1, clamp(least, maxNodes)), cluster) };
  }
  const nodes = fewestNodes(sized, least, partition, candidates, cluster);
  if (nodes !== undefined) return { kind: "fits", request: build(sized, nodes, cluster) };
  return { kind: "never", refusal: whyNot(sized, least, partition, candidates, cluster) };
}

/** Nodes that it takes at the very least, going by the largest of the candidates. */
export function leastNodes(ask: SizedAsk, candidates: readonly Candidates[]): number {
  let least = ask.minNodes;
  if (ask.tasks !== undefined) {
    if (ask.tasksPerNode !== undefined) least = Math.max(least, Math.ceil(ask.tasks / ask.tasksPerNode));
    const best = Math.max(0, ...candidates.map(({ nodeClass }) => tasksThatFit(nodeClass, ask)));
    if (best > 0) least = Math.max(least, Math.ceil(ask.tasks / best));
  }
  for (const { dimension, count } of ask.devices.total) {
    const best = Math.max(
      0,
      ...candidates.map(
        ({ nodeClass }) => nodeClass.gres?.[dimension] ?? (nodeClass.gres === undefined ? count : 0),
      ),
    );
    if (best > 0) least = Math.max(least, Math.ceil(count / best));
  }
  return least;
}

/** The smallest number of nodes, from `least` on, so many of which hold their share; undefined when there is none. */
function fewestNodes(
  ask: SizedAsk,
  least: number,
  partition: AdmitPartition,
  candidates: readonly Candidates[],
  cluster: AdmitCluster,
): number | undefined {
  const eligible = candidates.reduce((sum, { count }) => sum + count, 0);
  const isFixed = ask.tasks === undefined && ask.devices.total.length === 0;
  const most = Math.min(isFixed ? least : (ask.maxNodes ?? eligible), ask.maxNodes ?? eligible, eligible);
  let failedTasks = -1;
  for (let nodes = least; nodes <= Math.min(most, ask.tasks ?? most); nodes++) {
    if (!dividesEvenly(ask, nodes)) continue;
    const demand = demandAt(ask, nodes);
    // With the same share of tasks more nodes are no easier to find.
    if (ask.devices.total.length === 0 && demand.tasks === failedTasks) continue;
    failedTasks = demand.tasks;
    let fit = 0;
    const fitting = new Set<number>();
    for (const { nodeClass, classIndex, count } of candidates) {
      if (shortageOf(nodeClass, ask, demand) !== undefined) continue;
      fit += count;
      fitting.add(classIndex);
    }
    const requiredFit = ask.required.every(
      (node) => partition.has(node) && fitting.has(cluster.classOf(node)),
    );
    if (fit >= nodes && requiredFit) return nodes;
  }
  return undefined;
}

function build(ask: SizedAsk, nodes: number, cluster: AdmitCluster): Request {
  const demand = demandAt(ask, nodes);
  // All CPUs of a node that is the job's alone have their memory with them.
  const isWholeMemory = ask.exclusive && ask.memory.per === "cpu";
  return {
    minNodes: nodes,
    maxNodes: Math.max(nodes, ask.maxNodes ?? nodes),
    tasks: ask.tasks ?? nodes * demand.tasks,
    tasksPerNode: demand.tasks,
    uneven: false,
    cpusPerTask: demand.cpusPerTask,
    cpus: ask.exclusive && !ask.overcommit ? ALL : demand.cpus,
    memMib: isWholeMemory ? ALL : memoryAt(ask, demand),
    gres: countedOnce(demand.gres, cluster),
    ...unspreadOf(ask),
  };
}

const clamp = (nodes: number, most: number | undefined): number => Math.min(nodes, most ?? nodes);
