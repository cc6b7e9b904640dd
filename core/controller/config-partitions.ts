/** The `partitions:` and `qos:` lists of rota.yaml. Reads a document; pure. */
import { expandHostlist } from "../model/hostlist.ts";
import { MAX_NODES, MAX_PARTITIONS } from "../model/ids.ts";
import type { PartitionSpec, QosSpec } from "../model/partition.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { ExpectedNode } from "../state/events.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";

const KEYS = [
  "name",
  "nodes",
  "default",
  "max_time",
  "default_time",
  "max_nodes",
  "min_nodes",
  "def_mem_per_cpu",
  "def_mem_per_node",
  "priority_job_factor",
  "priority_tier",
  "state",
] as const;
const MAX_QOS = 1024;
const MAX_FACTOR = 65_535;
const MAX_PRIORITY = 4_294_967_295;
const NAME = {
  pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/,
  words: "a name of at most 64 letters, digits and _ . -, not beginning with . or -",
};

/**
 * MiB that a job gets for each CPU when neither it nor the partition says: little enough that such jobs share any
 * node, a laptop's included. Slurm would give a job all of a node's memory; `def_mem_per_cpu: 0` asks for that.
 */
export const DEFAULT_MEM_PER_CPU_MIB = 256;

/** What a partition is where rota.yaml does not say. */
export const PARTITION_DEFAULTS: PartitionSpec = {
  name: "debug",
  nodes: "ALL",
  isDefault: true,
  maxTimeS: UNLIMITED_S,
  defaultTimeS: 0,
  maxNodes: MAX_NODES,
  minNodes: 1,
  defMemPerCpuMib: DEFAULT_MEM_PER_CPU_MIB,
  defMemPerNodeMib: 0,
  priorityJobFactor: 1,
  priorityTier: 1,
  state: "UP",
};

/** Partitions in the order of the file, one of them the default: the one so marked, else the first. */
export function readPartitions(
  document: ConfigDocument,
  spot: Spot | undefined,
  nodes: readonly ExpectedNode[],
): readonly PartitionSpec[] {
  if (spot === undefined) return [PARTITION_DEFAULTS];
  const items = document.items(spot, "a partition", 1, MAX_PARTITIONS);
  const listed = nodes.length > 0 ? new Set(nodes.map((node) => node.name)) : undefined;
  const seen = new Set<string>();
  let marked: string | undefined;
  const partitions = items.map((item) => {
    const fields = document.fields(item, KEYS);
    const partition = readPartition(document, fields, item, listed);
    const { name } = partition;
    if (name !== "" && seen.has(name))
      document.fault(
        fields.get("name")!.offset,
        `partition ${name} is listed twice; list each partition once`,
      );
    if (partition.isDefault && marked !== undefined) {
      const at = fields.get("default")!.offset;
      document.fault(at, `${marked} is the default partition already; mark one partition only`);
    }
    if (partition.isDefault) marked ??= name;
    seen.add(name);
    return partition;
  });
  if (partitions.length === 0) return [PARTITION_DEFAULTS];
  return marked === undefined ? partitions.map((one, i) => ({ ...one, isDefault: i === 0 })) : partitions;
}

/** QOS in the order of the file; none where the file has none. */
export function readQos(document: ConfigDocument, spot: Spot | undefined): readonly QosSpec[] {
  const seen = new Set<string>();
  return document.items(spot, "a QOS", 0, MAX_QOS).map((item) => {
    const fields = document.fields(item, ["name", "priority"]);
    const name = readName(document, fields, item, "QOS");
    if (name !== "" && seen.has(name))
      document.fault(fields.get("name")!.offset, `QOS ${name} is listed twice; list each QOS once`);
    seen.add(name);
    return { name, priority: document.integer(fields.get("priority"), 0, MAX_PRIORITY) ?? 0 };
  });
}

type Fields = ReadonlyMap<string, Spot>;

function readPartition(
  document: ConfigDocument,
  fields: Fields,
  item: Spot,
  listed: ReadonlySet<string> | undefined,
): PartitionSpec {
  const defaults = PARTITION_DEFAULTS;
  const perNode = document.memoryMib(fields.get("def_mem_per_node"), 0) ?? 0;
  const perCpu = document.memoryMib(fields.get("def_mem_per_cpu"), 0);
  if (perNode > 0 && (perCpu ?? 0) > 0) {
    const at = fields.get("def_mem_per_node")!.offset;
    document.fault(at, "both def_mem_per_cpu and def_mem_per_node are given; keep one of them");
  }
  const partition: PartitionSpec = {
    name: readName(document, fields, item, "partition"),
    nodes: readMembers(document, fields.get("nodes"), listed),
    isDefault: document.boolean(fields.get("default")) ?? false,
    maxTimeS: document.durationS(fields.get("max_time"), 1, true) ?? defaults.maxTimeS,
    defaultTimeS: document.durationS(fields.get("default_time"), 1, true) ?? defaults.defaultTimeS,
    maxNodes: readMaxNodes(document, fields.get("max_nodes")) ?? defaults.maxNodes,
    minNodes: document.integer(fields.get("min_nodes"), 1, MAX_NODES) ?? defaults.minNodes,
    defMemPerCpuMib: perCpu ?? (perNode > 0 ? 0 : defaults.defMemPerCpuMib),
    defMemPerNodeMib: perNode,
    priorityJobFactor:
      document.integer(fields.get("priority_job_factor"), 0, MAX_FACTOR) ?? defaults.priorityJobFactor,
    priorityTier: document.integer(fields.get("priority_tier"), 0, MAX_FACTOR) ?? defaults.priorityTier,
    state: document.oneOf(fields.get("state"), ["UP", "DOWN", "DRAIN", "INACTIVE"]) ?? defaults.state,
  };
  if (partition.defaultTimeS > partition.maxTimeS) {
    const at = fields.get("default_time")!.offset;
    document.fault(at, "default_time is longer than max_time; lower it, or raise max_time");
  }
  if (partition.minNodes > partition.maxNodes) {
    const at = (fields.get("min_nodes") ?? fields.get("max_nodes"))!.offset;
    document.fault(
      at,
      `min_nodes is ${partition.minNodes} and max_nodes ${partition.maxNodes}; swap or change them`,
    );
  }
  return partition;
}

function readName(document: ConfigDocument, fields: Fields, item: Spot, what: string): string {
  const spot = fields.get("name");
  if (spot !== undefined) return document.text(spot, 64, NAME) ?? "";
  document.fault(item.offset, `the ${what} has no name; add name: ${what === "QOS" ? "high" : "debug"}`);
  return "";
}

function readMembers(
  document: ConfigDocument,
  spot: Spot | undefined,
  listed: ReadonlySet<string> | undefined,
): string {
  const text = document.text(spot, 65_536);
  if (spot === undefined || text === undefined || text.toUpperCase() === "ALL") return "ALL";
  const names = expandHostlist(text);
  if (!names.ok) {
    document.fault(spot.offset, `nodes: ${names.message}; or ALL`);
    return text;
  }
  const missing = listed === undefined ? undefined : names.value.find((name) => !listed.has(name));
  if (missing !== undefined)
    document.fault(
      spot.offset,
      `node ${missing} is not listed under nodes; list it there, or leave it out here`,
    );
  return text;
}

function readMaxNodes(document: ConfigDocument, spot: Spot | undefined): number | undefined {
  if (spot === undefined) return undefined;
  if (document.word(spot)?.toLowerCase() === "unlimited") return MAX_NODES;
  return document.integer(spot, 1, MAX_NODES);
}
