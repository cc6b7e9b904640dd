/**
 * Admission's view of the cluster, made from the state when nodes or partitions have changed (not for each
 * submission: it looks at every node once). Counts of jobs are read through, never copied. Changes nothing.
 */
import type { NodeIndex } from "../model/ids.ts";
import type { NodeRecord } from "../model/node.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { MAX_GRES_DIMENSIONS } from "../state/tables.ts";
import { accountsOf } from "./accounts-of.ts";
import {
  type AdmitCluster,
  type AdmitPartition,
  DEFAULT_MAX_ARRAY_SIZE,
  DEFAULT_MAX_JOBS,
  DEFAULT_MAX_SWITCH_WAIT_S,
  type NodeClass,
} from "./cluster.ts";

export interface AdmitLimits {
  readonly maxArraySize?: number;
  readonly maxJobs?: number;
  readonly maxSwitchWaitS?: number;
}

/**
 * The view, good until a node registers or the configuration changes. `jobCount` counts waiting and running jobs, each
 * task of an array one; the caller keeps it, since the state has no such number.
 */
export function admitClusterOf(
  state: ClusterState,
  jobCount: () => number,
  limits: AdmitLimits = {},
): AdmitCluster {
  const { classes, classOfNode } = classesOf(state);
  const features = new Set(classes.flatMap((nodeClass) => [...nodeClass.features]));
  return {
    partitions: state.partitions.map((_, index) => partitionOf(state, index, classOfNode)),
    classes,
    qos: state.qos,
    accounts: accountsOf(state),
    licences: new Map(state.licences.specs.map(({ name, total }) => [name, total])),
    maxArraySize: limits.maxArraySize ?? DEFAULT_MAX_ARRAY_SIZE,
    maxSwitchWaitS: limits.maxSwitchWaitS ?? DEFAULT_MAX_SWITCH_WAIT_S,
    maxJobs: limits.maxJobs ?? DEFAULT_MAX_JOBS,
    jobCount,
    nodeOf: (name) => state.nodeByName.get(name),
    nodesOf: (test) => {
      const isOf = classes.map(test);
      return state.nodeRecords.filter(({ index }) => isOf[classOfNode[index]!]).map(({ index }) => index);
    },
    classOf: (node) => classOfNode[node] ?? 0,
    dimensionOf: (name, type) => {
      const dimension = state.dimensions.find(type === "" ? name : `${name}:${type}`);
      return dimension !== undefined && dimension < MAX_GRES_DIMENSIONS ? dimension : undefined;
    },
    dimensionName: (dimension) => state.dimensions.nameOf(dimension),
    hasFeature: (name) => features.has(name),
    reservationOf: (name) => state.reservations.byName.get(name)?.spec,
    jobExists: (id) => id >= 1 && id < state.nextJobId,
  };
}

function classesOf(state: ClusterState): { classes: NodeClass[]; classOfNode: Int32Array } {
  const classes: NodeClass[] = [];
  const classOfNode = new Int32Array(state.nodeRecords.length);
  const byKey = new Map<string, number>();
  for (const record of state.nodeRecords) {
    // The hardware class is all that the planner sees of a node. One that has not registered only is a promise.
    const hardware = state.nodes.columns.hardwareClass[record.index];
    const key = `${hardware}/${record.spec.sockets}/${record.registeredS > 0}`;
    let found = byKey.get(key);
    if (found === undefined) {
      found = classes.push(classOf(state, record)) - 1;
      byKey.set(key, found);
    }
    classOfNode[record.index] = found;
  }
  return { classes, classOfNode };
}

function classOf(state: ClusterState, record: NodeRecord): NodeClass {
  const { columns, capacity } = state.nodes;
  const { spec, index } = record;
  const gres: number[] = [];
  for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) gres.push(columns.totalGres[d * capacity + index] ?? 0);
  return {
    cpus: spec.cpus,
    memoryMib: spec.memoryMib,
    threadsPerCore: Math.max(1, spec.threadsPerCore),
    sockets: record.registeredS > 0 ? Math.max(1, spec.sockets) : 0,
    gres: record.registeredS > 0 ? gres : undefined,
    devices: record.registeredS > 0 ? spec.devices : undefined,
    features: new Set(spec.features.filter((feature) => feature !== "")),
  };
}

function partitionOf(state: ClusterState, index: number, classOfNode: Int32Array): AdmitPartition {
  const { columns } = state.nodes;
  const word = index < 32 ? columns.partitionLo : columns.partitionHi;
  const bit = index % 32;
  const has = (node: NodeIndex): boolean => ((word[node]! >>> bit) & 1) === 1;
  const counts = new Map<number, number>();
  let size = 0;
  for (const record of state.nodeRecords) {
    if (!has(record.index)) continue;
    size++;
    const nodeClass = classOfNode[record.index]!;
    counts.set(nodeClass, (counts.get(nodeClass) ?? 0) + 1);
  }
  const members = [...counts].map(([nodeClass, count]) => ({ class: nodeClass, count }));
  return { spec: state.partitions[index]!.spec, size, members, has };
}
