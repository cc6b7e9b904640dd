/**
 * The simulated cluster: nodes from a configuration, or so many alike, and the state that begins with them. The state
 * is made by the events that make a real one, so that whatever reads it reads the product's own tables.
 */
import type { ClusterConfig } from "../controller/config.ts";
import { namedDevices, withParts } from "../model/declared-parts.ts";
import { parseGres } from "../model/gres.ts";
import { MAX_NODES } from "../model/ids.ts";
import { MAX_MEMORY_MIB } from "../model/memory.ts";
import type { DeviceSpec, NodeSpec } from "../model/node.ts";
import type { PartitionSpec, QosSpec } from "../model/partition.ts";
import { NO_PREEMPTION, type PreemptionSpec } from "../model/preemption.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { TopologySpec } from "../model/topology.ts";
import { type ClusterState, emptyState } from "../state/cluster-state.ts";
import { reduce } from "../state/reduce.ts";

export interface SimulatedCluster {
  readonly nodes: readonly NodeSpec[];
  /** Nodes by row and what they weigh, where the file says so. */
  readonly weights?: readonly (readonly [row: number, weight: number])[];
  readonly partitions: readonly PartitionSpec[];
  readonly qos: readonly QosSpec[];
  readonly preemption: PreemptionSpec;
  /** CPUs and GPUs of all nodes. */
  readonly cpus: number;
  readonly gpus: number;
  /** Whether jobs get the memory that their partition gives by default; a cluster of flags has none to give. */
  readonly hasMemory: boolean;
  readonly topology?: TopologySpec;
}

export interface AlikeNodes {
  /** 1 .. MAX_NODES. */
  readonly count: number;
  readonly cpus: number;
  readonly gpus: number;
  /** "" for none. */
  readonly gpuModel: string;
  readonly memoryMib: number;
}

/** When a replay begins on the cluster's clock, which has no time 0. */
export const EPOCH_S = 1;
const MEMORY_PER_CPU_MIB = 4096;

/** Memory of a node of which nobody says how much it has. */
export const usualMemoryMib = (cpus: number): number => Math.min(cpus * MEMORY_PER_CPU_MIB, MAX_MEMORY_MIB);

export function clusterOfNodes({ count, cpus, gpus, gpuModel, memoryMib }: AlikeNodes): SimulatedCluster {
  const devices = devicesOf(Array.from({ length: gpus }, () => ({ name: "gpu", type: gpuModel })));
  const width = String(count).length;
  const nodes = Array.from({ length: count }, (_, i) =>
    nodeSpec(`n${String(i + 1).padStart(width, "0")}`, cpus, memoryMib, devices, [], ""),
  );
  return {
    nodes,
    partitions: [
      {
        name: "all",
        nodes: "ALL",
        isDefault: true,
        maxTimeS: UNLIMITED_S,
        defaultTimeS: 0,
        maxNodes: MAX_NODES,
        minNodes: 1,
        defMemPerCpuMib: 0,
        defMemPerNodeMib: 0,
        priorityJobFactor: 1,
        priorityTier: 1,
        state: "UP",
      },
    ],
    qos: [],
    preemption: NO_PREEMPTION,
    cpus: count * cpus,
    gpus: count * gpus,
    hasMemory: false,
  };
}

/** The nodes that the file lists. Refused when it lists none, or does not say how many CPUs one has. */
export function clusterOfConfig(config: ClusterConfig, path: string): Result<SimulatedCluster> {
  if (config.nodes.length === 0)
    return refuse(
      "CONFIG_INVALID",
      `${path} lists no nodes; add nodes: with names and cpus, or give --nodes`,
    );
  const nodes: NodeSpec[] = [];
  for (const { name, cpus, memoryMib, gres, features, topologyLeaf } of config.nodes) {
    if (cpus === 0) return refuse("CONFIG_INVALID", `${path}: node ${name} has no cpus; add cpus: to it`);
    const items = parseGres(gres);
    const listed = items.ok ? items.value : [];
    const units = namedDevices(listed);
    const memory = memoryMib || usualMemoryMib(cpus);
    const devices = withParts(devicesOf(units), listed);
    if (!devices.ok) return refuse("CONFIG_INVALID", `${path}: node ${name}: ${devices.refusal.message}`);
    nodes.push(nodeSpec(name, cpus, memory, devices.value, features, topologyLeaf));
  }
  const sum = (amount: (node: NodeSpec) => number): number =>
    nodes.reduce((total, node) => total + amount(node), 0);
  return ok({
    nodes,
    weights: config.nodes.flatMap(({ weight }, row) =>
      weight === undefined ? [] : [[row, weight] as const],
    ),
    partitions: config.partitions,
    qos: config.qos,
    preemption: config.preemption,
    cpus: sum((node) => node.cpus),
    gpus: sum(({ devices }) => devices.filter(({ name }) => name === "gpu").length),
    hasMemory: true,
    ...(config.topology === undefined ? {} : { topology: config.topology }),
  });
}

/** The state before the first submission: all nodes up and free. */
export function stateOf(cluster: SimulatedCluster): ClusterState {
  const state = emptyState();
  const { partitions, qos, preemption } = cluster;
  reduce(state, 1, {
    type: "cluster.configured",
    atS: EPOCH_S,
    clusterName: "simulated",
    partitions,
    qos,
    nodes: [],
    ...(cluster.topology === undefined ? {} : { topology: cluster.topology }),
    ...(preemption.by === "none" ? {} : { preemption }),
  });
  for (const spec of cluster.nodes)
    reduce(state, state.lastSeq + 1, { type: "node.registered", atS: EPOCH_S, spec });
  for (const [node, weight] of cluster.weights ?? [])
    reduce(state, state.lastSeq + 1, { type: "node.changed", atS: EPOCH_S, node, weight });
  return state;
}

const devicesOf = (
  units: readonly { readonly name: string; readonly type: string }[],
): readonly DeviceSpec[] =>
  units.map(({ name, type }, lane) => ({
    name,
    type,
    vendor: "",
    model: type,
    uuid: "",
    pci: "",
    numaNode: -1,
    memoryMib: 0,
    plugin: "simulated",
    vendorIndex: lane,
    files: [],
  }));

const nodeSpec = (
  name: string,
  cpus: number,
  memoryMib: number,
  devices: readonly DeviceSpec[],
  features: readonly string[],
  topologyLeaf: string,
): NodeSpec => ({
  name,
  hostname: name,
  address: name,
  cpus,
  sockets: 1,
  coresPerSocket: cpus,
  threadsPerCore: 1,
  memoryMib,
  devices,
  features,
  arch: "",
  os: "",
  version: "",
  bootS: 0,
  agentStartS: 0,
  topologyLeaf,
});
