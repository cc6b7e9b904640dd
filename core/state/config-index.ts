/**
 * What is looked up of the configuration for each job: names of partitions and QOS, sets of partitions, and the limits
 * that a pass reads. An index: made again when the configuration changes or a snapshot is read, never in a snapshot.
 */
import { expandHostlist } from "../model/hostlist.ts";
import { MAX_NODES } from "../model/ids.ts";
import { UNLIMITED_S } from "../model/time.ts";
import { weightsOf } from "./accounting.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { PartitionLimits } from "./tables.ts";

export interface ConfigIndex {
  readonly partitionByName: ReadonlyMap<string, number>;
  readonly qosPriority: ReadonlyMap<string, number>;
  /** Place among the configured QOS. */
  readonly qosIndex: ReadonlyMap<string, number>;
  /** By partition index; the same array until the configuration changes. */
  readonly limits: readonly PartitionLimits[];
  /** Set of the one partition of a name, by that name. */
  readonly setOfName: Map<string, number>;
}

export function indexConfig(state: ClusterState): void {
  state.partitionMembers = state.partitions.map(({ spec }) => membersOf(spec.nodes));
  state.config = {
    // The first of a name counts, as wherever names are looked up in the list.
    partitionByName: new Map(
      state.partitions.map(({ spec, index }) => [spec.name, index] as const).reverse(),
    ),
    qosPriority: new Map(state.qos.map(({ name, priority }) => [name, priority] as const).reverse()),
    qosIndex: new Map(state.qos.map(({ name }, index) => [name, index] as const).reverse()),
    limits: partitionLimits(state),
    setOfName: new Map(),
  };
}

/** The interned list of partition indices for names that exist; unknown names are left out. */
export function partitionSetOf(state: ClusterState, names: readonly string[]): number {
  const { partitionByName, setOfName } = state.config;
  const only = names.length === 1 ? names[0] : undefined;
  const known = only === undefined ? undefined : setOfName.get(only);
  if (known !== undefined) return known;
  const indices = names.flatMap((name) => partitionByName.get(name) ?? []);
  const set = state.partitionSets.intern(indices.join(","));
  if (only !== undefined) setOfName.set(only, set);
  return set;
}

/** Partition indices of every interned set, in the order to try. The same array, which grows; never changed otherwise. */
export function partitionSetLists(state: ClusterState): readonly (readonly number[])[] {
  const { names } = state.partitionSets;
  const lists = state.partitionSetLists;
  for (let set = lists.length; set < names.length; set++) {
    const text = names[set]!;
    lists.push(text === "" ? [] : text.split(",").map(Number));
  }
  return lists;
}

/** Names of a partition's nodes; undefined for all of them. */
function membersOf(nodes: string): ReadonlySet<string> | undefined {
  if (nodes.toUpperCase() === "ALL") return undefined;
  const names = expandHostlist(nodes);
  return new Set(names.ok ? names.value : []);
}

function partitionLimits(state: ClusterState): readonly PartitionLimits[] {
  return state.partitions.map(({ spec }) => ({
    name: spec.name,
    maxTimeS: spec.maxTimeS || UNLIMITED_S,
    maxNodes: spec.maxNodes || MAX_NODES,
    minNodes: spec.minNodes,
    priorityJobFactor: spec.priorityJobFactor,
    priorityTier: spec.priorityTier,
    up: spec.state === "UP",
    ...(spec.billingWeights === undefined ? {} : { billing: weightsOf(state, spec) }),
  }));
}
