/** The `partitions:` and `qos:` lists of rota.yaml. Reads a document; pure. */
import { expandHostlist } from "../model/hostlist.ts";
import { MAX_NODES, MAX_PARTITIONS } from "../model/ids.ts";
import { type PartitionSpec, QOS_FLAGS, type QosSpec } from "../model/partition.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { ExpectedNode } from "../state/events.ts";
import { type KnownNames, readAccess } from "./config-access.ts";
import type { ConfigDocument, Spot } from "./config-document.ts";
import { readLimits } from "./config-limits.ts";
import { readGraceTime, readOversubscribe, readPreemptMode } from "./config-preemption.ts";

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
  "exclusive_user",
  "tres_billing_weights",
  "allow_accounts",
  "deny_accounts",
  "allow_qos",
  "deny_qos",
  "allow_groups",
  "qos",
  "preempt_mode",
  "grace_time",
  "oversubscribe",
] as const;
const QOS_KEYS = [
  "name",
  "priority",
  "usage_factor",
  "usage_threshold",
  "limit_factor",
  "min_prio_threshold",
  "flags",
  "limits",
  "preempt",
  "preempt_mode",
  "grace_time",
] as const;
const MAX_QOS = 1024;
const MAX_FACTOR = 65_535;
const MAX_FLAGS = 16;
const MAX_PRIORITY = 4_294_967_295;
const MAX_USAGE_FACTOR = 1_000_000;
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
  names: KnownNames = { accounts: [], qos: [], hasTurns: false },
): readonly PartitionSpec[] {
  if (spot === undefined) return [PARTITION_DEFAULTS];
  const items = document.items(spot, "a partition", 1, MAX_PARTITIONS);
  const listed = nodes.length > 0 ? new Set(nodes.map((node) => node.name)) : undefined;
  const seen = new Set<string>();
  let marked: string | undefined;
  const partitions = items.map((item) => {
    const fields = document.fields(item, KEYS);
    const partition = readPartition(document, fields, item, listed, names);
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
  const items = document.items(spot, "a QOS", 0, MAX_QOS);
  const listed = items.map((item) => {
    const fields = document.fields(item, QOS_KEYS);
    const name = readName(document, fields, item, "QOS");
    if (name !== "" && seen.has(name))
      document.fault(fields.get("name")!.offset, `QOS ${name} is listed twice; list each QOS once`);
    seen.add(name);
    return { fields, qos: readOneQos(document, fields, name) };
  });
  for (const { fields, qos } of listed) {
    const missing = qos.preempt?.find((name) => !seen.has(name));
    if (missing === undefined) continue;
    const at = fields.get("preempt")!.offset;
    document.fault(
      at,
      `QOS ${qos.name} may preempt ${missing}, which is not listed; list it under qos as well`,
    );
  }
  return listed.map(({ qos }) => qos);
}

function readOneQos(document: ConfigDocument, fields: Fields, name: string): QosSpec {
  const factor = readAmount(document, fields, "usage_factor", MAX_USAGE_FACTOR);
  const threshold = readAmount(document, fields, "usage_threshold", 1);
  const limitFactor = readAmount(document, fields, "limit_factor", MAX_USAGE_FACTOR);
  const leastPriority = document.integer(fields.get("min_prio_threshold"), 0, MAX_PRIORITY);
  const flags = document
    .items(fields.get("flags"), "a flag", 0, MAX_FLAGS)
    .flatMap((item) => document.oneOf(item, QOS_FLAGS) ?? []);
  const limits = fields.get("limits");
  const preempt = fields.get("preempt");
  const preemptMode = readPreemptMode(document, fields.get("preempt_mode"));
  const graceTimeS = readGraceTime(document, fields.get("grace_time"));
  return {
    name,
    priority: document.integer(fields.get("priority"), 0, MAX_PRIORITY) ?? 0,
    ...(factor === undefined ? {} : { usageFactor: factor }),
    ...(threshold === undefined ? {} : { usageThreshold: threshold }),
    ...(limitFactor === undefined ? {} : { limitFactor }),
    ...(leastPriority === undefined ? {} : { minPrioThreshold: leastPriority }),
    ...(flags.length === 0 ? {} : { flags }),
    ...(limits === undefined ? {} : { limits: readLimits(document, limits, "qos") }),
    ...(preempt === undefined
      ? {}
      : {
          preempt: document
            .items(preempt, "a QOS", 0, MAX_QOS)
            .flatMap((item) => document.text(item, 64, NAME) ?? []),
        }),
    ...(preemptMode === undefined ? {} : { preemptMode }),
    ...(graceTimeS === undefined ? {} : { graceTimeS }),
  };
}

/** A number from 0 to `most`, with a fraction or without. */
function readAmount(document: ConfigDocument, fields: Fields, key: string, most: number): number | undefined {
  const amount = document.number(fields.get(key), "a number from 0 on");
  if (amount !== undefined && (amount < 0 || amount > most))
    document.fault(fields.get(key)!.offset, `${key} is ${amount}; write a number from 0 to ${most}`);
  return amount;
}

type Fields = ReadonlyMap<string, Spot>;

function readPartition(
  document: ConfigDocument,
  fields: Fields,
  item: Spot,
  listed: ReadonlySet<string> | undefined,
  names: KnownNames,
): PartitionSpec {
  const defaults = PARTITION_DEFAULTS;
  const perNode = document.memoryMib(fields.get("def_mem_per_node"), 0) ?? 0;
  const perCpu = document.memoryMib(fields.get("def_mem_per_cpu"), 0);
  const preemptMode = readPreemptMode(document, fields.get("preempt_mode"));
  const graceTimeS = readGraceTime(document, fields.get("grace_time"));
  const turnJobs = readOversubscribe(document, fields.get("oversubscribe"), names.hasTurns);
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
    ...(document.boolean(fields.get("exclusive_user")) === true ? { exclusiveUser: true } : {}),
    ...readAccess(document, fields, names),
    ...(preemptMode === undefined ? {} : { preemptMode }),
    ...(graceTimeS === undefined ? {} : { graceTimeS }),
    ...(turnJobs === undefined ? {} : { turnJobs }),
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
