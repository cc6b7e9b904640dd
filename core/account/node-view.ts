/** A node as the outside sees it: what it has, what running jobs hold of it, and its state in Slurm's words. Pure. */
import { isShareKind, SHARE_KINDS, type ShareKind } from "../model/device-parts.ts";
import { type GresItem, type GresUse, printGres, printGresUsed } from "../model/gres.ts";
import { WHOLE_DEVICE } from "../model/ids.ts";
import type { DeviceSpec, NodeRecord } from "../model/node.ts";
import type { NodeView } from "../model/views.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { ownerOfNode } from "../state/owners.ts";
import { heldOn } from "../state/part-tables.ts";
import { NODE_FLAG } from "../state/tables.ts";

export interface NodeViewContext {
  /** What its agent said last; absent for a node that is not connected. */
  readonly load?: { readonly cpuLoad: number; readonly freeMemMib: number } | undefined;
  /** Whether a reservation keeps it at this moment. */
  readonly reserved?: NodeView["reserved"];
  /** Name of the user who gave the reason. */
  readonly userName: (uid: number) => string;
}

export function nodeView(state: ClusterState, record: NodeRecord, context: NodeViewContext): NodeView {
  const { spec, index } = record;
  const { columns, capacity } = state.nodes;
  const free = (lane: number): number => columns.laneFree[lane * capacity + index] ?? 0;
  const allocCpus = columns.totalCpus[index]! - columns.freeCpus[index]!;
  const runningJobs = columns.runningJobs[index]!;
  return {
    name: spec.name,
    index,
    hostname: spec.hostname,
    address: spec.address,
    arch: spec.arch,
    os: spec.os,
    version: spec.version,
    cpus: spec.cpus,
    allocCpus,
    sockets: spec.sockets,
    coresPerSocket: spec.coresPerSocket,
    threadsPerCore: spec.threadsPerCore,
    memoryMib: spec.memoryMib,
    allocMemMib: columns.totalMemMib[index]! - columns.freeMemMib[index]!,
    freeMemMib: context.load?.freeMemMib ?? 0,
    cpuLoad: context.load?.cpuLoad ?? 0,
    gres: printGres([...gresOf(spec.devices), ...sharesOf(spec.devices)]),
    gresUsed: printGresUsed([
      ...usesOf(spec.devices, (lane) => isWhollyUsed(state, record, lane, free(lane))),
      ...shareUses(state, record),
    ]),
    devices: spec.devices.map((device, lane) => ({
      lane,
      name: device.name,
      type: device.type,
      vendor: device.vendor,
      model: device.model,
      pci: device.pci,
      free: free(lane),
    })),
    features: spec.features.filter((feature) => feature !== ""),
    partitions: partitionNames(state, record),
    baseState:
      record.power?.state === "rebooting"
        ? "down"
        : baseState(columns.flags[index]!, spec.cpus, allocCpus, runningJobs),
    drain: record.drain,
    responding: record.responding,
    reason: record.reason,
    reasonUser: record.reason === "" ? "" : context.userName(record.reasonUid),
    reasonS: record.reason === "" ? 0 : record.reasonS,
    bootS: spec.bootS,
    agentStartS: spec.agentStartS,
    lastBusyS: record.lastBusyS,
    topologyLeaf: spec.topologyLeaf,
    runningJobs,
    ...ownerOf(state, index),
    ...(record.weight === undefined ? {} : { weight: record.weight }),
    ...powerOf(record),
    ...(context.reserved === undefined ? {} : { reserved: context.reserved }),
  };
}

function powerOf({ power }: NodeRecord): Pick<NodeView, "power" | "nextState"> {
  if (power === undefined) return {};
  return { power: power.state, ...(power.next === undefined ? {} : { nextState: power.next }) };
}

function ownerOf(state: ClusterState, node: number): Pick<NodeView, "owner"> {
  const owner = ownerOfNode(state, node);
  return owner === undefined ? {} : { owner: `${owner.user}(${owner.uid})` };
}

function baseState(
  flags: number,
  cpus: number,
  allocCpus: number,
  runningJobs: number,
): NodeView["baseState"] {
  if ((flags & NODE_FLAG.DOWN) !== 0) return "down";
  if ((flags & NODE_FLAG.REGISTERED) === 0) return "unknown";
  if (cpus > 0 && allocCpus >= cpus) return "allocated";
  return runningJobs > 0 || allocCpus > 0 ? "mixed" : "idle";
}

/** One item a name and type, in the order of their first lane. */
const gresOf = (devices: readonly DeviceSpec[]): GresItem[] =>
  kindsOf(devices).map(({ name, type, lanes }) => item(name, type, lanes.length));

/** Devices of which a job has shares count as shares only, as in Slurm. */
function isWhollyUsed(state: ClusterState, { index, spec }: NodeRecord, lane: number, free: number): boolean {
  if (free === WHOLE_DEVICE) return false;
  if (spec.devices[lane]?.parts === undefined) return true;
  return heldOn(state, index).some(
    (held) => held.lane === lane && (held.part === undefined || !isShareKind(held.part.kind)),
  );
}

/** Shares that its devices have, one item a kind and type. */
const sharesOf = (devices: readonly DeviceSpec[]): GresItem[] =>
  SHARE_KINDS.flatMap((kind) =>
    typesWith(devices, kind).map((type) =>
      item(
        kind,
        type,
        devices.reduce((sum, device) => (device.type === type ? sum + (device.parts?.[kind] ?? 0) : sum), 0),
      ),
    ),
  );

function shareUses(state: ClusterState, { index, spec: { devices } }: NodeRecord): GresUse[] {
  if (devices.every(({ parts }) => parts === undefined)) return [];
  const held = heldOn(state, index);
  return SHARE_KINDS.flatMap((kind) =>
    typesWith(devices, kind).map((type) => {
      const shares = devices.flatMap((device, lane) => {
        const of = device.type === type ? device.parts?.[kind] : undefined;
        const here = held.filter((one) => one.lane === lane && one.part?.kind === kind);
        return of === undefined ? [] : [{ used: here.reduce((sum, { part }) => sum + part!.units, 0), of }];
      });
      const used = shares.reduce((sum, one) => sum + one.used, 0);
      return { ...item(kind, type, used), indices: [], shares };
    }),
  );
}

const typesWith = (devices: readonly DeviceSpec[], kind: ShareKind): readonly string[] => [
  ...new Set(devices.flatMap(({ type, parts }) => (parts?.[kind] === undefined ? [] : [type]))),
];

/** What of it is in use, whole or in part. The numbers count the devices of a name from 0. */
const usesOf = (devices: readonly DeviceSpec[], isUsed: (lane: number) => boolean): GresUse[] =>
  kindsOf(devices).map(({ name, type, lanes }) => {
    const used = lanes.filter(({ lane }) => isUsed(lane));
    return { ...item(name, type, used.length), indices: used.map(({ index }) => index) };
  });

const item = (name: string, type: string, count: number): GresItem =>
  type === "" ? { name, count } : { name, type, count };

interface Kind {
  readonly name: string;
  readonly type: string;
  /** Lanes, and the number of each among the devices of the name. */
  readonly lanes: { readonly lane: number; readonly index: number }[];
}

function kindsOf(devices: readonly DeviceSpec[]): Kind[] {
  const kinds: Kind[] = [];
  const counts = new Map<string, number>();
  devices.forEach(({ name, type }, lane) => {
    const index = counts.get(name) ?? 0;
    counts.set(name, index + 1);
    let kind = kinds.find((known) => known.name === name && known.type === type);
    if (kind === undefined) {
      kind = { name, type, lanes: [] };
      kinds.push(kind);
    }
    kind.lanes.push({ lane, index });
  });
  return kinds;
}

function partitionNames(state: ClusterState, record: NodeRecord): string[] {
  const lo = state.nodes.columns.partitionLo[record.index]!;
  const hi = state.nodes.columns.partitionHi[record.index]!;
  return state.partitions
    .filter(({ index }) => (((index < 32 ? lo : hi) >>> (index % 32)) & 1) === 1)
    .map(({ spec }) => spec.name);
}
