/** A partition as the outside sees it, with the totals of its nodes. Pure. */
import { compressSorted } from "../model/hostlist.ts";
import { MAX_NODES } from "../model/ids.ts";
import type { PartitionRecord } from "../model/partition.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { PartitionView } from "../model/views.ts";
import type { ClusterState } from "../state/cluster-state.ts";

export function partitionView(state: ClusterState, partition: PartitionRecord): PartitionView {
  const { spec, index } = partition;
  const { columns } = state.nodes;
  const word = index < 32 ? columns.partitionLo : columns.partitionHi;
  const members = state.nodeRecords.filter((record) => ((word[record.index]! >>> (index % 32)) & 1) === 1);
  const sum = (of: (row: number) => number): number =>
    members.reduce((total, record) => total + of(record.index), 0);
  return {
    name: spec.name,
    isDefault: spec.isDefault,
    state: spec.state,
    maxTimeS: spec.maxTimeS || UNLIMITED_S,
    defaultTimeS: spec.defaultTimeS,
    maxNodes: spec.maxNodes || MAX_NODES,
    minNodes: spec.minNodes,
    defMemPerCpuMib: spec.defMemPerCpuMib,
    defMemPerNodeMib: spec.defMemPerNodeMib,
    priorityJobFactor: spec.priorityJobFactor,
    priorityTier: spec.priorityTier,
    ...(state.preemption.by === "partition"
      ? { preemptMode: spec.preemptMode ?? state.preemption.mode, graceTimeS: spec.graceTimeS ?? 0 }
      : {}),
    ...(spec.turnJobs === undefined ? {} : { turnJobs: spec.turnJobs }),
    ...(spec.exclusiveUser === true ? { exclusiveUser: true } : {}),
    nodes: compressSorted(members.map((record) => record.spec.name)),
    totalNodes: members.length,
    totalCpus: sum((row) => columns.totalCpus[row]!),
    totalMemMib: sum((row) => columns.totalMemMib[row]!),
    // Dimension 0, plane 0.
    totalGpus: sum((row) => columns.totalGres[row]!),
  };
}
