/**
 * What sinfo can say of a group of nodes: the letters of -o, in the order that `%all` has, and the names of -O. Sizes
 * that differ in a group are shown by the smallest and a plus, figures that vary as a range. Pure.
 */
import { compareHostNames, compressSorted } from "../../model/hostlist.ts";
import { MAX_NODES } from "../../model/ids.ts";
import { printDurationSinfo } from "../../model/time.ts";
import type { NodeView, PartitionView } from "../../model/views.ts";
import type { Field } from "../columns.ts";
import {
  compactNodeState,
  fullNodeState,
  gresUsed,
  isAllocated,
  isUsable,
  longNodeState,
  nodeStateNumber,
} from "../node-states.ts";
import type { TimePrinter } from "../time-format.ts";
import type { NodeGroup } from "./node-groups.ts";

export interface NodeFieldContext {
  readonly time: TimePrinter;
  /** Place of a node's name in natural order. */
  readonly rankOfNode: ReadonlyMap<string, number>;
  /** uid of a user who gave a reason; undefined where it is not known. */
  readonly uidOf: (user: string) => number | undefined;
}

type GroupField = Field<NodeGroup>;

const field = (
  letter: string,
  names: string,
  header: string,
  value: GroupField["value"],
  order?: GroupField["order"],
): GroupField => ({
  ...(letter === "" ? {} : { letter }),
  names: names.split(" "),
  header,
  value,
  ...(order === undefined ? {} : { order }),
});

export const nodeFields = ({ time, rankOfNode, uidOf }: NodeFieldContext): readonly GroupField[] => [
  field(
    "a",
    "available",
    "AVAIL",
    ofPartition((partition) => AVAILABLE[partition.state]),
  ),
  field("b", "featuresact", "ACTIVE_FEATURES", featuresText),
  field(
    "c",
    "cpus",
    "CPUS",
    (group) => least(group, (node) => node.cpus),
    smallest((node) => node.cpus),
  ),
  field("d", "disk", "TMP_DISK", () => "0"),
  field("e", "freemem", "FREE_MEM", (group) => range(group, (node) => node.freeMemMib, String)),
  field("f", "features", "AVAIL_FEATURES", featuresText),
  field("g", "groups", "GROUPS", () => "all"),
  field(
    "h",
    "oversubscribe share",
    "OVERSUBSCRIBE",
    ofPartition(({ turnJobs }) => (turnJobs === undefined ? "NO" : `FORCE:${turnJobs}`)),
  ),
  field(
    "l",
    "time",
    "TIMELIMIT",
    ofPartition((partition) => printDurationSinfo(partition.maxTimeS)),
    timeOrder,
  ),
  field(
    "m",
    "memory",
    "MEMORY",
    (group) => least(group, (node) => node.memoryMib),
    smallest((node) => node.memoryMib),
  ),
  field("n", "nodehost", "HOSTNAMES", (group) =>
    compressSorted([...new Set(group.nodes.map((node) => node.hostname))]),
  ),
  field("o", "nodeaddr", "NODE_ADDR", (group) =>
    compressSorted([...new Set(group.nodes.map((node) => node.address))]),
  ),
  field(
    "p",
    "prioritytier",
    "PRIO_TIER",
    ofPartition((partition) => String(partition.priorityTier)),
  ),
  field("r", "root", "ROOT", () => "no"),
  field("s", "size", "JOB_SIZE", ofPartition(jobSize)),
  field("t", "statecompact", "STATE", (group) => ofFirst(group, compactNodeState, "n/a"), stateOrder),
  field("u", "user", "USER", (group) => ofFirst(group, (node) => node.reasonUser || "Unknown", "Unknown")),
  field("v", "version", "VERSION", (group) => ofFirst(group, (node) => node.version, "N/A")),
  field(
    "w",
    "weight",
    "WEIGHT",
    (group) => (group.nodes.length === 0 ? "0" : least(group, weightOf)),
    smallest(weightOf),
  ),
  field("z", "socketcorethread", "S:C:T", (group) =>
    ["sockets", "coresPerSocket", "threadsPerCore"]
      .map((key) => least(group, (node) => node[key as "sockets"]))
      .join(":"),
  ),
  field("A", "nodeai", "NODES(A/I)", (group) => nodeCounts(group).slice(0, 2).join("/")),
  field("B", "maxcpuspernode", "MAX_CPUS_PER_NODE", () => "UNLIMITED"),
  field("C", "cpusstate", "CPUS(A/I/O/T)", (group) => cpuCounts(group).join("/")),
  field(
    "D",
    "nodes",
    "NODES",
    (group) => String(group.nodes.length),
    (group) => group.nodes.length,
  ),
  field("E", "reason", "REASON", (group) => ofFirst(group, (node) => node.reason || "none", "none")),
  field("F", "nodeaiot", "NODES(A/I/O/T)", (group) => nodeCounts(group).join("/")),
  field("G", "gres", "GRES", (group) => ofFirst(group, (node) => node.gres || "(null)", "(null)")),
  field("H", "timestamp", "TIMESTAMP", (group) =>
    ofFirst(group, (node) => (node.reasonS === 0 ? "Unknown" : time(node.reasonS)), "Unknown"),
  ),
  field(
    "I",
    "priorityjobfactor",
    "PRIO_JOB_FACTOR",
    ofPartition((partition) => String(partition.priorityJobFactor)),
  ),
  field(
    "L",
    "defaulttime",
    "DEFAULTTIME",
    ofPartition((partition) =>
      partition.defaultTimeS === 0 ? "n/a" : printDurationSinfo(partition.defaultTimeS),
    ),
  ),
  field(
    "M",
    "preemptmode",
    "PREEMPT_MODE",
    ofPartition((partition) => (partition.preemptMode ?? "off").toUpperCase()),
  ),
  field(
    "N",
    "nodelist",
    "NODELIST",
    (group) => compressSorted(group.nodes.map((node) => node.name)),
    (group) => rankOfNode.get(group.nodes[0]?.name ?? "") ?? 0,
  ),
  field("O", "cpusload", "CPU_LOAD", (group) =>
    range(
      group,
      (node) => node.cpuLoad,
      (load) => (load / 100).toFixed(2),
    ),
  ),
  field(
    "P",
    "partition",
    "PARTITION",
    ofPartition((partition) => (partition.isDefault ? `${partition.name}*` : partition.name)),
  ),
  field(
    "R",
    "partitionname",
    "PARTITION",
    ofPartition((partition) => partition.name),
  ),
  field("S", "allocnodes", "ALLOCNODES", () => "all"),
  field("T", "statelong", "STATE", (group) => ofFirst(group, longNodeState, "n/a"), stateOrder),
  field("U", "userlong", "USER", (group) => ofFirst(group, (node) => longUser(node, uidOf), "Unknown")),
  field("V", "cluster", "CLUSTER", () => "N/A"),
  field("X", "sockets", "SOCKETS", (group) => least(group, (node) => node.sockets)),
  field("Y", "cores", "CORES", (group) => least(group, (node) => node.coresPerSocket)),
  field("Z", "threads", "THREADS", (group) => least(group, (node) => node.threadsPerCore)),
  field("", "allocmem", "ALLOCMEM", (group) => ofFirst(group, (node) => String(node.allocMemMib), "0")),
  field("", "comment", "COMMENT", () => "(null)"),
  field("", "extra", "EXTRA", () => "(null)"),
  field("", "gresused", "GRES_USED", (group) => ofFirst(group, gresUsed, "(null)")),
  field("", "port", "PORT", () => "0"),
  field("", "statecomplete", "STATECOMPLETE", (group) =>
    ofFirst(group, (node) => fullNodeState(node).toLowerCase(), "n/a"),
  ),
];

/** Partitions in the order of the configuration: `#P` of --sort. */
export const RANK_FIELD: GroupField = {
  letter: "#P",
  names: [],
  header: "",
  value: () => "",
  order: ({ rank }) => rank,
};

/** Places of the nodes' names in natural order. */
export const rankNodes = (nodes: readonly NodeView[]): ReadonlyMap<string, number> => {
  const names = nodes.map(({ name }) => name).sort(compareHostNames);
  return new Map(names.map((name, rank) => [name, rank]));
};

const AVAILABLE = { UP: "up", DOWN: "down", DRAIN: "drain", INACTIVE: "inact" } as const;

const ofPartition =
  (say: (partition: PartitionView) => string): GroupField["value"] =>
  ({ partition }) =>
    partition === undefined ? "n/a" : say(partition);

const ofFirst = ({ nodes }: NodeGroup, say: (node: NodeView) => string, none: string): string =>
  nodes[0] === undefined ? none : say(nodes[0]);

const featuresText: GroupField["value"] = (group) =>
  ofFirst(group, (node) => node.features.join(",") || "(null)", "(null)");

const weightOf = (node: NodeView): number => node.weight ?? 1;

const jobSize = ({ minNodes, maxNodes }: PartitionView): string => {
  const least = Math.max(1, minNodes);
  if (maxNodes >= MAX_NODES) return `${least}-infinite`;
  return least === maxNodes ? String(least) : `${least}-${maxNodes}`;
};

const smallest =
  (of: (node: NodeView) => number): GroupField["order"] & {} =>
  ({ nodes }) =>
    nodes.reduce((min, node) => Math.min(min, of(node)), Number.POSITIVE_INFINITY);

const extent = ({ nodes }: NodeGroup, of: (node: NodeView) => number): readonly [number, number] => {
  if (nodes.length === 0) return [0, 0];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const node of nodes) {
    const value = of(node);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
};

/** `4`, `4+` where some have more. */
const least = (group: NodeGroup, of: (node: NodeView) => number): string => {
  const [low, high] = extent(group, of);
  return low === high ? String(low) : `${low}+`;
};

/** `0.05`, `0.05-0.49`. */
const range = (group: NodeGroup, of: (node: NodeView) => number, say: (value: number) => string): string => {
  const [low, high] = extent(group, of);
  return low === high ? say(low) : `${say(low)}-${say(high)}`;
};

const stateOrder = ({ nodes }: NodeGroup): number =>
  nodes[0] === undefined ? -1 : nodeStateNumber(nodes[0]);
const timeOrder = ({ partition }: NodeGroup): number => partition?.maxTimeS ?? 0;

/** Nodes that run jobs, that could, that cannot, and all. */
const nodeCounts = ({ nodes }: NodeGroup): readonly number[] => {
  let allocated = 0;
  let idle = 0;
  for (const node of nodes) {
    if (isAllocated(node)) allocated++;
    else if (isUsable(node)) idle++;
  }
  return [allocated, idle, nodes.length - allocated - idle, nodes.length];
};

/** CPUs in use, free, out of use, and all. */
const cpuCounts = ({ nodes }: NodeGroup): readonly number[] => {
  let allocated = 0;
  let idle = 0;
  let total = 0;
  for (const node of nodes) {
    total += node.cpus;
    allocated += node.allocCpus;
    if (isUsable(node)) idle += node.cpus - node.allocCpus;
  }
  return [allocated, idle, total - allocated - idle, total];
};

const longUser = (node: NodeView, uidOf: NodeFieldContext["uidOf"]): string => {
  if (node.reasonUser === "") return "Unknown";
  const uid = uidOf(node.reasonUser);
  return uid === undefined ? node.reasonUser : `${node.reasonUser}(${uid})`;
};
