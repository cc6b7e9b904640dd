/**
 * A copy of what a pass reads, made on the main thread between two events: four memcpys and a few small lists. The
 * buffers are used again pass after pass, so a snapshot is valid until the next one is taken into it.
 */

import { MAX_NODES } from "../model/ids.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { PartitionLimits, PassSnapshot, PassTables } from "./tables.ts";

export function snapshotForPass(state: ClusterState, nowS: number, into?: PassSnapshot): PassSnapshot {
  return {
    nowS,
    nodes: state.nodes.snapshot(into?.nodes),
    pending: state.pending.snapshot(into?.pending),
    running: state.running.snapshot(into?.running),
    shapes: state.shapes.table.snapshot(into?.shapes),
    shapeLists: state.shapes.usedLists().slice(),
    partitions: partitionLimits(state),
    partitionSets: partitionSets(state),
  };
}

/** The live tables themselves, in the shape that a pass's are: valid until the next event. */
export function liveTables(state: ClusterState, nowS: number): PassTables {
  return {
    nowS,
    nodes: state.nodes,
    pending: state.pending,
    running: state.running,
    shapes: state.shapes.table,
    shapeLists: state.shapes.usedLists(),
    partitions: partitionLimits(state),
    partitionSets: partitionSets(state),
  };
}

const partitionSets = (state: ClusterState): readonly (readonly number[])[] =>
  state.partitionSets.names.map((set) => (set === "" ? [] : set.split(",").map(Number)));

export function partitionLimits(state: ClusterState): readonly PartitionLimits[] {
  return state.partitions.map(({ spec }) => ({
    name: spec.name,
    maxTimeS: spec.maxTimeS || UNLIMITED_S,
    maxNodes: spec.maxNodes || MAX_NODES,
    minNodes: spec.minNodes,
    priorityJobFactor: spec.priorityJobFactor,
    priorityTier: spec.priorityTier,
    up: spec.state === "UP",
  }));
}
