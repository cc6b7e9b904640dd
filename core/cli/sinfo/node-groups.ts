/**
 * The lines of sinfo: nodes of a partition that are alike in everything that the format shows. What counts as alike
 * follows from the fields, as in Slurm: states and names always do, sizes only with --exact. Pure.
 */
import type { NodeView, PartitionView } from "../../model/views.ts";
import { compactNodeState } from "../node-states.ts";

export interface NodeGroup {
  /** Absent where the format says nothing of partitions. */
  readonly partition?: PartitionView;
  /** Place of the partition in the configuration. */
  readonly rank: number;
  readonly nodes: readonly NodeView[];
}

/** What tells nodes apart, by letters and -O names of fields. */
const KEYS: readonly (readonly [
  fields: readonly string[],
  exactOnly: boolean,
  key: (node: NodeView) => string,
])[] = [
  [["t", "T", "statecomplete"], false, compactNodeState],
  [["E"], false, (node) => node.reason],
  [["H"], false, (node) => String(node.reasonS)],
  [["u", "U"], false, (node) => node.reasonUser],
  [["n"], false, (node) => node.hostname],
  [["o"], false, (node) => node.address],
  [["f", "b"], false, (node) => node.features.join(",")],
  [["G"], false, (node) => node.gres],
  [["gresused"], false, (node) => node.gresUsed],
  [["v"], false, (node) => node.version],
  [["allocmem"], false, (node) => String(node.allocMemMib)],
  [["c"], true, (node) => String(node.cpus)],
  [["m"], true, (node) => String(node.memoryMib)],
  [["z", "X", "Y", "Z"], true, (node) => `${node.sockets}:${node.coresPerSocket}:${node.threadsPerCore}`],
  [["w"], true, (node) => String(node.weight ?? 1)],
  [["O"], true, (node) => String(node.cpuLoad)],
  [["e"], true, (node) => String(node.freeMemMib)],
];

/** Fields that are a partition's. */
const PARTITION_FIELDS = ["P", "R", "a", "g", "h", "I", "l", "L", "p", "r", "s", "S", "B", "M"];

export interface Grouping {
  readonly exact: boolean;
  readonly byNode: boolean;
  /** Whether the format has one of these fields. */
  readonly shows: (fields: readonly string[]) => boolean;
}

/** Groups in the order of the partitions and, in one, of their first nodes. */
export const groupNodes = (
  nodes: readonly NodeView[],
  partitions: readonly PartitionView[],
  { exact, byNode, shows }: Grouping,
): NodeGroup[] => {
  const keys = KEYS.filter(([fields, exactOnly]) => (exact || !exactOnly) && shows(fields)).map(
    ([, , key]) => key,
  );
  if (byNode) keys.push((node) => node.name);
  const perPartition = byNode || shows(PARTITION_FIELDS);
  if (!perPartition) {
    const inOne = new Set(partitions.map(({ name }) => name));
    const shown = nodes.filter((node) => node.partitions.some((name) => inOne.has(name)));
    return alike(shown, keys).map((group) => ({ nodes: group, rank: 0 }));
  }
  return partitions.flatMap((partition, rank): NodeGroup[] => {
    const groups = alike(
      nodes.filter((node) => node.partitions.includes(partition.name)),
      keys,
    );
    if (groups.length === 0) return byNode ? [] : [{ partition, nodes: [], rank }];
    return groups.map((group) => ({ partition, nodes: group, rank }));
  });
};

const alike = (nodes: readonly NodeView[], keys: readonly ((node: NodeView) => string)[]): NodeView[][] => {
  const groups = new Map<string, NodeView[]>();
  for (const node of nodes) {
    const key = keys.map((of) => of(node)).join("\0");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  return [...groups.values()];
};
