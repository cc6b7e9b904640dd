/** The nodes of a cluster by their places in its topology, with what is free in each switch, block or group. Pure. */
import { compareHostNames } from "../../model/hostlist.ts";
import type { NodeView } from "../../model/views.ts";

/** What a picture says of one node. */
export type NodeUse = "idle" | "part" | "full" | "out";

export interface TopologyUnit {
  /** Its own name; "" for the whole cluster, and for the nodes without a place. */
  readonly name: string;
  /** Names from the top down with dots between them. */
  readonly place: string;
  readonly units: readonly TopologyUnit[];
  /** Those right in it, by name. */
  readonly nodes: readonly { readonly name: string; readonly use: NodeUse }[];
  /** Nodes of it and of what lies below: all, and those on which nothing runs and which take jobs. */
  readonly nodeCount: number;
  readonly idleNodes: number;
  readonly gpus: number;
  readonly freeGpus: number;
}

/** The cluster as a unit; nodes without a place are right in it. */
export function topologyUnits(nodes: readonly NodeView[]): TopologyUnit {
  const byName = [...nodes].sort((a, b) => compareHostNames(a.name, b.name));
  return unitOf("", "", byName, 0);
}

export function useOf(node: NodeView): NodeUse {
  if (node.drain || !node.responding || node.baseState === "down" || node.baseState === "unknown")
    return "out";
  const gpus = gpusOf(node);
  const isFull = node.allocCpus >= node.cpus || (gpus.all > 0 && gpus.free === 0);
  return node.runningJobs === 0 ? "idle" : isFull ? "full" : "part";
}

function unitOf(name: string, place: string, nodes: readonly NodeView[], depth: number): TopologyUnit {
  const below = new Map<string, NodeView[]>();
  const here: NodeView[] = [];
  for (const node of nodes) {
    const part = node.topologyLeaf === "" ? undefined : node.topologyLeaf.split(".")[depth];
    if (part === undefined) here.push(node);
    else if (below.has(part)) below.get(part)!.push(node);
    else below.set(part, [node]);
  }
  const gpus = nodes.map(gpusOf);
  return {
    name,
    place,
    units: [...below]
      .sort(([a], [b]) => compareHostNames(a, b))
      .map(([part, members]) => unitOf(part, place === "" ? part : `${place}.${part}`, members, depth + 1)),
    nodes: here.map((node) => ({ name: node.name, use: useOf(node) })),
    nodeCount: nodes.length,
    idleNodes: nodes.filter((node) => useOf(node) === "idle").length,
    gpus: gpus.reduce((sum, { all }) => sum + all, 0),
    freeGpus: gpus.reduce((sum, { free }) => sum + free, 0),
  };
}

/** GPUs of a node, and those that are wholly free on a node that takes jobs. */
function gpusOf(node: NodeView): { readonly all: number; readonly free: number } {
  const gpus = node.devices.filter(({ name }) => name === "gpu");
  const takes = !node.drain && node.responding && node.baseState !== "down" && node.baseState !== "unknown";
  return { all: gpus.length, free: takes ? gpus.filter(({ free }) => free === 1000).length : 0 };
}
