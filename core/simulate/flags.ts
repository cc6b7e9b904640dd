/** The options of `rota simulate`, checked: what is to be simulated, before any file of jobs is opened. */
import { readFileSync } from "node:fs";
import { type ClusterConfig, parseConfig } from "../controller/config.ts";
import { BACKFILL_MODES, BACKFILL_ORDERS, type BackfillMode, type BackfillOrder } from "../model/backfill.ts";
import { DEVICE_LANES, MAX_NODES } from "../model/ids.ts";
import { parseMemoryMib } from "../model/memory.ts";
import { MAX_CPUS_PER_NODE } from "../model/node.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { type AlikeNodes, usualMemoryMib } from "./cluster.ts";
import { oneOf } from "./one-of.ts";
import { choiceOf, FIRST_FIT, type PolicyNames } from "./policies.ts";
import { ESTIMATES, type Estimates, EVENT_ORDERS, type EventOrder } from "./settings.ts";

/** As the command line gives them. */
export interface SimulateFlags {
  readonly cluster?: string;
  readonly nodes?: string;
  readonly cpusPerNode?: string;
  readonly gpusPerNode?: string;
  readonly gpuModel?: string;
  readonly memoryPerNode?: string;
  readonly order?: string;
  readonly backfill?: string;
  readonly backfillOrder?: string;
  readonly placement?: string;
  readonly topology?: string;
  readonly estimates?: string;
  readonly eventOrder?: string;
  readonly seed?: string;
  readonly json?: boolean;
  readonly jobs?: string;
  readonly report?: string;
  /** Of lists of pods, see pods/pod-flags.ts. */
  readonly nodesFile?: string;
  readonly arrivals?: string;
  readonly untilArrived?: string;
  readonly curve?: string;
}

export type ClusterAsked =
  | { readonly kind: "config"; readonly config: ClusterConfig; readonly path: string }
  | { readonly kind: "nodes"; readonly nodes: AlikeNodes }
  /** One node with the processors of the log. */
  | { readonly kind: "log" };

export interface SimulateSettings {
  readonly cluster: ClusterAsked;
  /** A run over each workload for each pair of the two. */
  readonly orders: readonly PolicyNames["order"][];
  readonly modes: readonly BackfillMode[];
  readonly backfillOrder: BackfillOrder;
  readonly placement: PolicyNames["placement"];
  readonly topology?: PolicyNames["topology"];
  readonly estimates: Estimates;
  readonly eventOrder: EventOrder;
  readonly seed: number;
}

const MAX_SEED = 4_294_967_295;
/** Values of one list. */
const MAX_LIST = 16;
const DEFAULT_ORDER = "fcfs";
const MODEL = /^[A-Za-z0-9_.-]{1,64}$/;

/** The settings, or what is wrong with the first option that cannot be, in one line. */
export function readFlags(flags: SimulateFlags): Result<SimulateSettings> {
  const cluster = readCluster(flags);
  if (!cluster.ok) return cluster;
  const site = cluster.value.kind === "config" ? cluster.value.config : undefined;
  const modes = listOf("backfill", flags.backfill ?? site?.scheduler.backfill ?? "planned");
  if (!modes.ok) return modes;
  for (const mode of modes.value) {
    const known = oneOf("backfill", mode, BACKFILL_MODES);
    if (!known.ok) return known;
  }
  const orders = listOf("order", flags.order ?? DEFAULT_ORDER);
  if (!orders.ok) return orders;
  const backfillOrder = oneOf("backfill-order", flags.backfillOrder ?? "queue", BACKFILL_ORDERS);
  if (!backfillOrder.ok) return backfillOrder;
  if (backfillOrder.value === "shortest" && !modes.value.includes("easy"))
    return refuse("INVALID_SPEC", "--backfill-order shortest is of easy alone; give --backfill easy with it");
  const estimates = oneOf("estimates", flags.estimates ?? "requested", ESTIMATES);
  if (!estimates.ok) return estimates;
  const eventOrder = oneOf("event-order", flags.eventOrder ?? "batch", EVENT_ORDERS);
  if (!eventOrder.ok) return eventOrder;
  const seed = whole("seed", flags.seed ?? "0", 0, MAX_SEED);
  if (!seed.ok) return seed;
  return ok({
    cluster: cluster.value,
    orders:
      flags.order === undefined && site !== undefined
        ? [site.policies.priority]
        : orders.value.map((module) => choiceOf("order", module)),
    modes: modes.value as readonly BackfillMode[],
    backfillOrder: backfillOrder.value,
    placement: placementOf(flags, cluster.value),
    topology: topologyOf(flags, site),
    estimates: estimates.value,
    eventOrder: eventOrder.value,
    seed: seed.value,
  });
}

/** With GPUs the fullest nodes first, so that whole ones stay whole; nodes of CPUs alone are all alike. */
function placementOf({ placement }: SimulateFlags, cluster: ClusterAsked): PolicyNames["placement"] {
  if (placement !== undefined) return choiceOf("placement", placement);
  if (cluster.kind === "config") return cluster.config.policies.placement;
  return choiceOf("placement", cluster.kind === "nodes" && cluster.nodes.gpus > 0 ? "pack" : FIRST_FIT);
}

function topologyOf({ topology }: SimulateFlags, site: ClusterConfig | undefined): PolicyNames["topology"] {
  if (topology === undefined) return site?.policies.topology;
  return topology === "none" ? undefined : choiceOf("topology", topology);
}

const NODE_FLAGS = ["nodes", "cpusPerNode", "gpusPerNode", "gpuModel", "memoryPerNode"] as const;
const wordOf = (flag: string): string =>
  `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function readCluster(flags: SimulateFlags): Result<ClusterAsked> {
  const given = NODE_FLAGS.filter((flag) => flags[flag] !== undefined);
  const { cluster: path, nodes, cpusPerNode, gpusPerNode, gpuModel } = flags;
  if (path !== undefined) {
    const other = given[0];
    if (other !== undefined)
      return refuse(
        "INVALID_SPEC",
        `--cluster and ${wordOf(other)} both say what the nodes are; give one of them`,
      );
    const config = readConfig(path);
    return config.ok ? ok({ kind: "config", config: config.value, path }) : config;
  }
  if (given.length === 0) return ok({ kind: "log" });
  if (nodes === undefined || cpusPerNode === undefined)
    return refuse(
      "INVALID_SPEC",
      `${wordOf(given[0]!)} is not all; give --nodes and --cpus-per-node together`,
    );
  const count = whole("nodes", nodes, 1, MAX_NODES);
  if (!count.ok) return count;
  const cpus = whole("cpus-per-node", cpusPerNode, 1, MAX_CPUS_PER_NODE);
  if (!cpus.ok) return cpus;
  const gpus = whole("gpus-per-node", gpusPerNode ?? "0", 0, DEVICE_LANES);
  if (!gpus.ok) return gpus;
  if (gpuModel !== undefined && gpus.value === 0)
    return refuse("INVALID_SPEC", "--gpu-model says what the GPUs are; give --gpus-per-node with it");
  if (gpuModel !== undefined && !MODEL.test(gpuModel))
    return refuse("INVALID_SPEC", `--gpu-model is "${gpuModel}"; give letters, digits and _ . -, at most 64`);
  const memory = memoryOf(flags.memoryPerNode, cpus.value);
  if (!memory.ok) return memory;
  return ok({
    kind: "nodes",
    nodes: {
      count: count.value,
      cpus: cpus.value,
      gpus: gpus.value,
      gpuModel: gpuModel ?? "",
      memoryMib: memory.value,
    },
  });
}

function memoryOf(text: string | undefined, cpus: number): Result<number> {
  if (text === undefined) return ok(usualMemoryMib(cpus));
  const mib = parseMemoryMib(text);
  if (mib.ok && mib.value >= 1) return ok(mib.value);
  const why = mib.ok ? "a node has at least 1M" : mib.message;
  return refuse("INVALID_SPEC", `--memory-per-node is "${text}"; give it as 4000M or 512G: ${why}`);
}

function readConfig(path: string): Result<ClusterConfig> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return refuse("CONFIG_UNREADABLE", `--cluster ${path}: ${(error as Error).message}`);
  }
  return parseConfig(text, path);
}

function listOf(option: string, text: string): Result<readonly string[]> {
  const values = [...new Set(text.split(","))];
  if (values.length <= MAX_LIST && !values.includes("")) return ok(values);
  return refuse(
    "INVALID_SPEC",
    `--${option} is "${text}"; give up to ${MAX_LIST} names with a comma between them`,
  );
}

function whole(option: string, text: string, least: number, most: number): Result<number> {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return ok(value);
  return refuse("INVALID_SPEC", `--${option} is "${text}"; give a whole number from ${least} to ${most}`);
}
