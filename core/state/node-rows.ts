/**
 * Rows of nodes: written when a node is listed or registers, when its flags change, and when the partitions do. What
 * running jobs hold is subtracted again whenever totals change, so free amounts are true after a node came back with
 * other hardware.
 */
import { isShareKind, SHARE_KINDS } from "../model/device-parts.ts";
import { DEVICE_LANES, type NodeIndex, nodeIndex, WHOLE_DEVICE } from "../model/ids.ts";
import { type DeviceShare, isSuspended, type NodeAllocation } from "../model/job.ts";
import type { DeviceSpec, NodeRecord, NodeSpec } from "../model/node.ts";
import { isLeaving } from "../model/node-power.ts";
import type { Request } from "../model/request.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { ClusterState } from "./cluster-state.ts";
import { plainFeatures } from "./constraint-tables.ts";
import { MAX_FEATURES, MAX_GRES_DIMENSIONS, NODE_FLAG } from "./tables.ts";

/** Adds the node, or takes over a new description of one that is known. */
export function writeNodeSpec(state: ClusterState, spec: NodeSpec): NodeRecord {
  const known = state.nodeByName.get(spec.name);
  const record = known === undefined ? addNode(state, spec) : state.nodeRecords[known]!;
  record.spec = spec;
  state.nodesVersion++;
  writeTotals(state, record);
  writeMembership(state, record);
  recomputeFree(state, record.index);
  return record;
}

/** Files what the devices of a node count in, by lane. */
export function indexLanes(state: ClusterState, record: NodeRecord): void {
  const { devices } = record.spec;
  state.laneDimensions[record.index] =
    devices.length === 0 ? NO_LANES : devices.map((device) => dimensionsOf(state, device));
}

/** Says to tables of running jobs which planes of GRES there are. */
export function useDimensions(state: ClusterState): void {
  state.running.usePlanes(state.dimensions.names.length);
  state.runningJobs.usePlanes(state.dimensions.names.length);
}

const NO_LANES: readonly (readonly number[])[] = [];

/** GRES dimensions that a device counts in: its name, and name and type together. Those of its shares are made known. */
function dimensionsOf(state: ClusterState, device: DeviceSpec): readonly number[] {
  const general = state.dimensions.intern(device.name);
  const typed = device.type === "" ? general : state.dimensions.intern(`${device.name}:${device.type}`);
  for (const kind of SHARE_KINDS) {
    if (device.parts?.[kind] === undefined) continue;
    state.dimensions.intern(kind);
    if (device.type !== "") state.dimensions.intern(`${kind}:${device.type}`);
  }
  return typed === general ? [general] : [general, typed];
}

/** GRES dimensions that something of a device counts in: shares in their own, all else as the device does. */
export function dimensionsOfShare(state: ClusterState, node: number, share: DeviceShare): readonly number[] {
  const { lane, part } = share;
  if (part === undefined || !isShareKind(part.kind)) return state.laneDimensions[node]?.[lane] ?? [];
  const type = state.nodeRecords[node]?.spec.devices[lane]?.type ?? "";
  return [part.kind, `${part.kind}:${type}`].flatMap((name) => state.dimensions.find(name) ?? []);
}

/** By GRES dimension: the untyped one that counts the same devices, or itself. */
export function gresParents(state: ClusterState): readonly number[] {
  return state.dimensions.names.map(
    (name, dimension) => state.dimensions.find(name.split(":")[0]!) ?? dimension,
  );
}

/** Sets the partition bits of one node from the partitions' members. */
export function writeMembership(state: ClusterState, record: NodeRecord): void {
  let lo = 0;
  let hi = 0;
  state.partitions.forEach((_, p) => {
    const members = state.partitionMembers[p];
    if (members !== undefined && !members.has(record.spec.name)) return;
    if (p < 32) lo |= 1 << p;
    else hi |= 1 << (p - 32);
  });
  state.nodes.columns.partitionLo[record.index] = lo >>> 0;
  state.nodes.columns.partitionHi[record.index] = hi >>> 0;
}

export function writeFlags(state: ClusterState, record: NodeRecord, registered: boolean): void {
  const flags =
    (registered ? NODE_FLAG.REGISTERED : 0) |
    (record.responding ? NODE_FLAG.RESPONDING : 0) |
    (record.down ? NODE_FLAG.DOWN : 0) |
    (record.drain ? NODE_FLAG.DRAIN : 0) |
    (isLeaving(record.power) ? NODE_FLAG.LEAVING : 0);
  if (state.nodes.columns.flags[record.index] === flags) return;
  state.nodes.columns.flags[record.index] = flags;
  state.nodesVersion++;
}

export const isRegistered = (state: ClusterState, node: NodeIndex): boolean =>
  (state.nodes.columns.flags[node]! & NODE_FLAG.REGISTERED) !== 0;

/** Adds (+1) or takes away (-1) what one job holds of a node; of one that is suspended that is its memory. */
export function applyShare(state: ClusterState, share: NodeAllocation, sign: 1 | -1, isStill = false): void {
  state.nodes.columns.freeMemMib[share.node]! += sign * share.memMib;
  if (!isStill) applyWork(state, share, sign);
}

/** The same of what a job gives up while it is suspended. */
export function applyWork(state: ClusterState, share: NodeAllocation, sign: 1 | -1): void {
  const { columns, capacity } = state.nodes;
  const node = share.node;
  columns.freeCpus[node]! += sign * share.cpus;
  columns.runningJobs[node]! -= sign;
  if (share.devices.length === 0) return;
  const lanes = state.laneDimensions[node]!;
  for (const { lane, thousandths } of share.devices) {
    const before = columns.laneFree[lane * capacity + node]!;
    const after = before + sign * thousandths;
    columns.laneFree[lane * capacity + node] = after;
    const dimensions = lanes[lane];
    if (dimensions === undefined) continue;
    const whole = Number(after === WHOLE_DEVICE) - Number(before === WHOLE_DEVICE);
    if (whole === 0) continue;
    for (const d of dimensions) columns.freeGres[d * capacity + node]! += whole;
  }
}

/** When the last of the node's running jobs ends by its limit, which is `atMost` or before; 0 when none runs. */
export function writeFreesAt(state: ClusterState, node: NodeIndex, atMost = UNLIMITED_S): void {
  let latest = 0;
  const { endS } = state.runningJobs.columns;
  for (const id of state.nodeJobs[node] ?? []) {
    latest = Math.max(latest, endS[state.runningJobRow.get(id)!]!);
    if (latest === atMost) break;
  }
  state.nodes.columns.freesAtS[node] = latest;
}

function addNode(state: ClusterState, spec: NodeSpec): NodeRecord {
  const index = nodeIndex(state.nodes.addRow());
  const record: NodeRecord = {
    index,
    spec,
    responding: false,
    down: false,
    drain: false,
    reason: "",
    reasonUid: 0,
    reasonS: 0,
    registeredS: 0,
    lastBusyS: 0,
  };
  state.nodeRecords[index] = record;
  state.nodeByName.set(spec.name, index);
  state.nodeJobs[index] = undefined;
  return record;
}

function writeTotals(state: ClusterState, record: NodeRecord): void {
  const { columns, capacity } = state.nodes;
  const { spec, index } = record;
  indexLanes(state, record);
  useDimensions(state);
  columns.totalCpus[index] = spec.cpus;
  columns.totalMemMib[index] = spec.memoryMib;
  columns.threadsPerCore[index] = spec.threadsPerCore;
  columns.topologyLeaf[index] = spec.topologyLeaf === "" ? -1 : state.leaves.intern(spec.topologyLeaf);
  columns.hardwareClass[index] = state.hardwareClasses.intern(hardwareKey(spec));
  const [lo, hi] = featureBits(state, spec.features);
  columns.featureLo[index] = lo;
  columns.featureHi[index] = hi;
  for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) columns.totalGres[d * capacity + index] = 0;
  for (const dimensions of state.laneDimensions[index]!.slice(0, DEVICE_LANES)) {
    for (const d of dimensions) {
      if (d < MAX_GRES_DIMENSIONS) columns.totalGres[d * capacity + index]!++;
    }
  }
}

/** A request's features as bits. */
export const requestBits = (state: ClusterState, request: Request): readonly [number, number] =>
  featureBits(state, plainFeatures(request));

/** Features as two words of bits; features past MAX_FEATURES of the cluster have no bit and match nothing. */
function featureBits(state: ClusterState, features: readonly string[]): readonly [number, number] {
  let lo = 0;
  let hi = 0;
  for (const feature of features) {
    if (feature === "") continue;
    const bit = state.features.intern(feature);
    if (bit >= MAX_FEATURES) continue;
    if (bit < 32) lo |= 1 << bit;
    else hi |= 1 << (bit - 32);
  }
  return [lo >>> 0, hi >>> 0];
}

const hardwareKey = (spec: NodeSpec): string =>
  [
    spec.cpus,
    spec.threadsPerCore,
    spec.memoryMib,
    spec.devices.map((d) => `${d.name}:${d.type}${partsKey(d)}`).join("+"),
    [...spec.features].sort().join("+"),
  ].join("/");

const partsKey = ({ parts }: DeviceSpec): string =>
  parts === undefined ? "" : `(${parts.shard ?? 0},${parts.mps ?? 0},${parts.profiles ?? ""})`;

function recomputeFree(state: ClusterState, node: NodeIndex): void {
  const { columns, capacity } = state.nodes;
  columns.freeCpus[node] = columns.totalCpus[node]!;
  columns.freeMemMib[node] = columns.totalMemMib[node]!;
  columns.runningJobs[node] = 0;
  for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) {
    columns.freeGres[d * capacity + node] = columns.totalGres[d * capacity + node]!;
  }
  const lanes = state.nodeRecords[node]!.spec.devices.length;
  for (let l = 0; l < DEVICE_LANES; l++) columns.laneFree[l * capacity + node] = l < lanes ? WHOLE_DEVICE : 0;
  for (const id of state.nodeJobs[node] ?? []) {
    const job = state.jobs.get(id);
    const share = job?.allocation?.nodes.find((s) => s.node === node);
    if (job !== undefined && share !== undefined) applyShare(state, share, -1, isSuspended(job));
  }
}
