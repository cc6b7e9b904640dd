/**
 * The devices that a job asks, out of five options and two grammars, as counts by GRES dimension. Pure.
 *
 * Here a typed demand counts twice: `gpu:tesla:2` is two of dimension `gpu:tesla` and two of dimension `gpu`, so that
 * each can be held against what nodes have. A request has it once, under its type; the planner adds the other.
 */
import type { PartDemand } from "../model/device-parts.ts";
import { type GresItem, parseGpuCount, parseGres } from "../model/gres.ts";
import { DEVICE_LANES } from "../model/ids.ts";
import type { JobSpec } from "../model/job-spec.ts";
import type { Parsed } from "../model/parse-result.ts";
import { isProfileName } from "../model/profile-tables.ts";
import type { Refusal, Result } from "../model/refusal.ts";
import { ok, refuse } from "../model/refusal.ts";
import type { GresDemand } from "../model/request.ts";
import { MAX_SHAPE_GRES } from "../state/tables.ts";
import type { AdmitCluster } from "./cluster.ts";
import { partAsked } from "./parts-asked.ts";

/** Each list is ascending by dimension, without zeros. */
export interface DeviceAsk {
  readonly perNode: readonly GresDemand[];
  readonly perTask: readonly GresDemand[];
  /** Of the whole job, to be spread evenly over its nodes. */
  readonly total: readonly GresDemand[];
  /** Parts of devices on each node; then there is nothing else. */
  readonly part?: PartDemand;
}

/** What the devices say about tasks and nodes when those were not asked. */
export interface DeviceShape {
  readonly devices: DeviceAsk;
  /** Nodes that `--gpus` with `--gpus-per-node` comes to. */
  readonly nodes?: number;
  /** Tasks that `--gpus` with `--gpus-per-task` comes to. */
  readonly tasks?: number;
  /** Tasks a node that `--gpus-per-node` with `--gpus-per-task` comes to. */
  readonly tasksPerNode?: number;
}

export const GPU_DIMENSION = 0;
/** GPUs that a job may ask in all: every lane of the largest cluster. */
const MAX_TOTAL = DEVICE_LANES * 65_536;

/** `gresOfTask` is what --tres-per-task says, in the grammar of --gres. */
export function devicesOf(spec: JobSpec, gresOfTask: string, cluster: AdmitCluster): Result<DeviceShape> {
  const part = partAsked(spec, gresOfTask, cluster);
  if (!part.ok) return part;
  if (part.value !== undefined) {
    return ok({ devices: { perNode: [], perTask: [], total: [], part: part.value } });
  }
  const gres = readDemands("gres", spec.gres, parseGres, cluster);
  if (!gres.ok) return gres;
  const gpusPerNode = readDemands("gpus-per-node", spec.gpusPerNode, parseGpuCount, cluster);
  if (!gpusPerNode.ok) return gpusPerNode;
  if (countOf(gres.value, GPU_DIMENSION) > 0 && countOf(gpusPerNode.value, GPU_DIMENSION) > 0) {
    return refuse(
      "INVALID_GRES",
      "GPUs of a node are given twice, by gres and by gpus-per-node: leave one out",
    );
  }
  const gpusPerSocket = perSocketOf(spec, addDemands(gres.value, gpusPerNode.value), cluster);
  if (!gpusPerSocket.ok) return gpusPerSocket;
  const gpusPerTask = readDemands("gpus-per-task", spec.gpusPerTask, parseGpuCount, cluster);
  if (!gpusPerTask.ok) return gpusPerTask;
  const tresPerTask = readDemands("tres-per-task", gresOfTask, parseGres, cluster);
  if (!tresPerTask.ok) return tresPerTask;
  if (countOf(gpusPerTask.value, GPU_DIMENSION) > 0 && countOf(tresPerTask.value, GPU_DIMENSION) > 0) {
    const message = "GPUs of a task are given twice, by tres-per-task and by gpus-per-task: leave one out";
    return refuse("INVALID_GRES", message);
  }
  const perTask = addDemands(gpusPerTask.value, tresPerTask.value);
  const total = readDemands("gpus", spec.gpus, parseGpuCount, cluster);
  if (!total.ok) return total;
  const perNode = addDemands(addDemands(gres.value, gpusPerNode.value), gpusPerSocket.value);
  const tooMany = checkCounts(addDemands(addDemands(perNode, perTask), total.value), total.value, cluster);
  if (tooMany !== undefined) return { ok: false, refusal: tooMany };
  return reconcile(perNode, perTask, total.value);
}

const NO_SOCKETS = "--gpus-per-socket option requires --sockets-per-node specification";

/** GPUs of a node that those of its sockets come to; none where a number for the node is given, which they must suit. */
function perSocketOf(
  spec: JobSpec,
  perNode: readonly GresDemand[],
  cluster: AdmitCluster,
): Result<readonly GresDemand[]> {
  const asked = readDemands("gpus-per-socket", spec.gpusPerSocket, parseGpuCount, cluster);
  if (!asked.ok || asked.value.length === 0) return asked;
  if (spec.socketsPerNode === undefined) return refuse("INVALID_GRES", NO_SOCKETS, { slurmLine: NO_SOCKETS });
  const { socketsPerNode } = spec;
  const whole = scaleDemands(asked.value, (count) => count * socketsPerNode);
  const given = countOf(perNode, GPU_DIMENSION);
  if (given === 0) return ok(whole);
  const each = countOf(asked.value, GPU_DIMENSION);
  if (given % each === 0 && given <= countOf(whole, GPU_DIMENSION)) return ok([]);
  const message = `${given} GPUs of a node are not those of 1 to ${socketsPerNode} sockets with ${each} each`;
  return refuse("INVALID_GRES", message, { asked: given, each, sockets: socketsPerNode });
}

/** Count of a dimension in a list of demands, 0 when it has none. */
export const countOf = (demands: readonly GresDemand[], dimension: number): number =>
  demands.find((demand) => demand.dimension === dimension)?.count ?? 0;

/** The sum of two lists, ascending by dimension. */
export const addDemands = (a: readonly GresDemand[], b: readonly GresDemand[]): readonly GresDemand[] => {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  const counts = new Map<number, number>();
  for (const { dimension, count } of [...a, ...b]) {
    counts.set(dimension, (counts.get(dimension) ?? 0) + count);
  }
  return sorted(counts);
};

/** The list with each count changed by `change`. */
export const scaleDemands = (
  demands: readonly GresDemand[],
  change: (count: number) => number,
): readonly GresDemand[] => demands.map(({ dimension, count }) => ({ dimension, count: change(count) }));

/** As a request has them: what is asked of a type is taken out of the count of its name. */
export function countedOnce(demands: readonly GresDemand[], cluster: AdmitCluster): readonly GresDemand[] {
  const counts = new Map(demands.map(({ dimension, count }) => [dimension, count]));
  for (const { dimension, count } of demands) {
    const [name = "", type] = cluster.dimensionName(dimension).split(":");
    const general = type === undefined ? undefined : cluster.dimensionOf(name, "");
    if (general !== undefined) counts.set(general, (counts.get(general) ?? 0) - count);
  }
  return sorted(counts);
}

function readDemands(
  option: string,
  text: string | undefined,
  parse: (text: string) => Parsed<GresItem[]>,
  cluster: AdmitCluster,
): Result<readonly GresDemand[]> {
  if (text === undefined || text === "") return ok([]);
  const items = parse(text);
  if (!items.ok) return refuse(items.code, `--${option}: ${items.message}`);
  const counts = new Map<number, number>();
  for (const item of items.value) {
    const type = item.type ?? "";
    const general = cluster.dimensionOf(item.name, "");
    const typed =
      type === "" ? general : (cluster.dimensionOf(item.name, type) ?? instancesOf(item.name, type, cluster));
    if (general === undefined || typed === undefined) {
      const name = type === "" ? item.name : `${item.name}:${type}`;
      return refuse("INVALID_GRES", `no node has a GRES ${name}`, { option, gres: name, asked: item.count });
    }
    counts.set(general, (counts.get(general) ?? 0) + item.count);
    if (typed !== general) counts.set(typed, (counts.get(typed) ?? 0) + item.count);
  }
  return ok(sorted(counts));
}

/**
 * Instances that exist are devices of a type like `a100_1g.10gb`; asked by their profile alone they are those of the one
 * model that has them. undefined where none or several have.
 */
function instancesOf(name: string, profile: string, cluster: AdmitCluster): number | undefined {
  if (!isProfileName(profile)) return undefined;
  const types = new Set<string>();
  for (const { devices = [] } of cluster.classes)
    for (const device of devices)
      if (device.name === name && device.type.endsWith(`_${profile}`)) types.add(device.type);
  const [type] = types;
  return type === undefined || types.size > 1 ? undefined : cluster.dimensionOf(name, type);
}

function checkCounts(
  all: readonly GresDemand[],
  total: readonly GresDemand[],
  cluster: AdmitCluster,
): Refusal | undefined {
  const kinds = countedOnce(all, cluster).length;
  if (kinds > MAX_SHAPE_GRES) {
    const message = `at most ${MAX_SHAPE_GRES} kinds of GRES can be asked at once`;
    return { code: "INVALID_GRES", message, details: { asked: kinds, most: MAX_SHAPE_GRES } };
  }
  const large = total.find((demand) => demand.count > MAX_TOTAL);
  if (large === undefined) return undefined;
  const details = { asked: large.count, most: MAX_TOTAL };
  return { code: "NODE_CONFIG_UNAVAILABLE", message: `at most ${MAX_TOTAL} GPUs can be asked`, details };
}

/** Two ways of counting GPUs at once say how many nodes, or tasks, there are; one of them is then all that is left. */
function reconcile(
  perNode: readonly GresDemand[],
  perTask: readonly GresDemand[],
  total: readonly GresDemand[],
): Result<DeviceShape> {
  const gpus = {
    node: countOf(perNode, GPU_DIMENSION),
    task: countOf(perTask, GPU_DIMENSION),
    total: countOf(total, GPU_DIMENSION),
  };
  const shape: { devices: DeviceAsk; nodes?: number; tasks?: number; tasksPerNode?: number } = {
    devices: { perNode, perTask, total },
  };
  if (gpus.total > 0 && gpus.node > 0) {
    if (gpus.total % gpus.node !== 0) return uneven("gpus", gpus.total, "gpus-per-node", gpus.node);
    shape.nodes = gpus.total / gpus.node;
  }
  if (gpus.total > 0 && gpus.task > 0) {
    if (gpus.total % gpus.task !== 0) return uneven("gpus", gpus.total, "gpus-per-task", gpus.task);
    shape.tasks = gpus.total / gpus.task;
  }
  if (gpus.node > 0 && gpus.task > 0) {
    if (gpus.node % gpus.task !== 0) return uneven("gpus-per-node", gpus.node, "gpus-per-task", gpus.task);
    shape.tasksPerNode = gpus.node / gpus.task;
  }
  const hasNode = gpus.node > 0;
  const dropped = hasNode ? [...perTask, ...total] : gpus.task > 0 ? total : [];
  const kept = hasNode ? perNode : perTask;
  if (dropped.some(({ dimension }) => countOf(kept, dimension) === 0)) {
    return refuse("INVALID_GRES", "GPUs are counted in two ways with different types: name the type in both");
  }
  shape.devices = {
    perNode,
    perTask: hasNode ? [] : perTask,
    total: hasNode || gpus.task > 0 ? [] : total,
  };
  return ok(shape);
}

const uneven = (whole: string, count: number, part: string, each: number): Result<DeviceShape> =>
  refuse("INVALID_GRES", `--${whole} ${count} is not a multiple of --${part} ${each}`, {
    asked: count,
    each,
  });

const sorted = (counts: ReadonlyMap<number, number>): readonly GresDemand[] =>
  [...counts]
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => a - b)
    .map(([dimension, count]) => ({ dimension, count }));
