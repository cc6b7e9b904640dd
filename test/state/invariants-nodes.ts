/** Nodes against their descriptions and the jobs that run on them. */
import { expandHostlist } from "../../core/model/hostlist.ts";
import { DEVICE_LANES, WHOLE_DEVICE } from "../../core/model/ids.ts";
import { isSuspended, type NodeAllocation } from "../../core/model/job.ts";
import {
  DEFAULT_NODE_WEIGHT,
  type DeviceSpec,
  MAX_NODE_WEIGHT,
  type NodeRecord,
} from "../../core/model/node.ts";
import { isAsleep, isLeaving } from "../../core/model/node-power.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { MAX_GRES_DIMENSIONS, NODE_FLAG } from "../../core/state/tables.ts";
import { at, same } from "./same.ts";

interface Held {
  readonly jobId: number;
  /** It is suspended, and holds its memory alone. */
  readonly isStill: boolean;
  readonly share: NodeAllocation;
  readonly endS: number;
}

export function checkNodes(state: ClusterState): void {
  same("rows of nodes", state.nodes.count, state.nodeRecords.length);
  same("names of nodes", state.nodeByName.size, state.nodeRecords.length);
  const held = heldByNode(state);
  for (const record of state.nodeRecords) {
    same(at`index of ${record.spec.name}`, state.nodeByName.get(record.spec.name), record.index);
    checkAmounts(state, record, held.get(record.index) ?? []);
    checkDevices(state, record, held.get(record.index) ?? []);
    checkMarks(state, record);
  }
}

function heldByNode(state: ClusterState): ReadonlyMap<number, readonly Held[]> {
  const held = new Map<number, Held[]>();
  for (const job of state.jobs.values()) {
    if (job.state !== "RUNNING") continue;
    const row = state.runningRows.get(job.id)![0]!;
    for (const share of job.allocation!.nodes) {
      const list = held.get(share.node) ?? [];
      list.push({ jobId: job.id, isStill: isSuspended(job), share, endS: state.running.columns.endS[row]! });
      held.set(share.node, list);
    }
  }
  return held;
}

function checkAmounts(state: ClusterState, record: NodeRecord, held: readonly Held[]): void {
  const { columns } = state.nodes;
  const { index, spec } = record;
  const sum = (of: (share: NodeAllocation) => number): number =>
    held.reduce((total, { share }) => total + of(share), 0);
  const busy = held.filter(({ isStill }) => !isStill);
  const busySum = (of: (share: NodeAllocation) => number): number =>
    busy.reduce((total, { share }) => total + of(share), 0);
  same(at`CPUs of ${spec.name}`, columns.totalCpus[index], spec.cpus);
  same(at`memory of ${spec.name}`, columns.totalMemMib[index], spec.memoryMib);
  same(at`free CPUs of ${spec.name}`, columns.freeCpus[index], spec.cpus - busySum(({ cpus }) => cpus));
  same(
    at`free memory of ${spec.name}`,
    columns.freeMemMib[index],
    spec.memoryMib - sum(({ memMib }) => memMib),
  );
  same(at`running jobs of ${spec.name}`, columns.runningJobs[index], busy.length);
  same(
    at`time that ${spec.name} frees`,
    columns.freesAtS[index],
    Math.max(0, ...held.map(({ endS }) => endS)),
  );
  const ids = (state.nodeJobs[index] ?? []).join(",");
  const expected = held.map(({ jobId }) => jobId).sort((a, b) => a - b);
  same(at`jobs of ${spec.name}`, ids, expected.join(","));
}

function checkDevices(state: ClusterState, record: NodeRecord, held: readonly Held[]): void {
  const { columns, capacity } = state.nodes;
  const { index, spec } = record;
  const laneFree = new Array<number>(DEVICE_LANES).fill(0).fill(WHOLE_DEVICE, 0, spec.devices.length);
  for (const { share, isStill } of held)
    for (const { lane, thousandths } of isStill ? [] : share.devices) laneFree[lane]! -= thousandths;
  const total = new Array<number>(MAX_GRES_DIMENSIONS).fill(0);
  const free = new Array<number>(MAX_GRES_DIMENSIONS).fill(0);
  spec.devices.forEach((device, lane) => {
    for (const dimension of dimensionsOf(state, device)) {
      total[dimension]!++;
      if (laneFree[lane] === WHOLE_DEVICE) free[dimension]!++;
    }
  });
  laneFree.forEach((expected, lane) => {
    const actual = columns.laneFree[lane * capacity + index];
    if (actual !== expected) same(at`lane ${lane} of ${spec.name}`, actual, expected);
  });
  for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) {
    const cell = d * capacity + index;
    const isRight = columns.totalGres[cell] === total[d] && columns.freeGres[cell] === free[d];
    if (isRight) continue;
    same(at`dimension ${d} of ${spec.name}`, columns.totalGres[cell], total[d]);
    same(at`free in dimension ${d} of ${spec.name}`, columns.freeGres[cell], free[d]);
  }
}

/** Dimensions that a device counts in, found by name. */
export const dimensionsOf = (state: ClusterState, device: DeviceSpec): readonly number[] =>
  [device.name, ...(device.type === "" ? [] : [`${device.name}:${device.type}`])].map((name) =>
    state.dimensions.names.indexOf(name),
  );

function checkMarks(state: ClusterState, record: NodeRecord): void {
  const { columns } = state.nodes;
  const { index, spec } = record;
  const flags = columns.flags[index]!;
  // A listed node whose agent never came has no registration time.
  same(at`registration of ${spec.name}`, (flags & NODE_FLAG.REGISTERED) !== 0, record.registeredS !== 0);
  same(at`answering of ${spec.name}`, (flags & NODE_FLAG.RESPONDING) !== 0, record.responding);
  same(at`down of ${spec.name}`, (flags & NODE_FLAG.DOWN) !== 0, record.down);
  same(at`drain of ${spec.name}`, (flags & NODE_FLAG.DRAIN) !== 0, record.drain);
  same(at`leaving of ${spec.name}`, (flags & NODE_FLAG.LEAVING) !== 0, isLeaving(record.power));
  const asleep = state.nodeRecords.filter(({ power }) => isAsleep(power)).length;
  same(at`nodes asleep`, state.nodeCosts.asleep, asleep);
  const costs = state.nodeCosts.now(state.nodeRecords.length);
  const weight = record.weight ?? DEFAULT_NODE_WEIGHT;
  const cost = isAsleep(record.power) ? weight + MAX_NODE_WEIGHT + 1 : weight;
  same(at`cost of ${spec.name}`, costs?.[index] ?? DEFAULT_NODE_WEIGHT, cost);
  state.partitions.forEach(({ spec: partition, index: bit }, i) => {
    same(at`index of partition ${partition.name}`, bit, i);
    const isMember = partition.nodes === "ALL" || hostsOf(partition.nodes).has(spec.name);
    same(at`${spec.name} in ${partition.name}`, ((columns.partitionLo[index]! >>> i) & 1) === 1, isMember);
  });
  same(at`${spec.name} in no other`, columns.partitionLo[index]! >>> state.partitions.length, 0);
  const leaf = columns.topologyLeaf[index]!;
  same(at`leaf of ${spec.name}`, leaf < 0 ? "" : state.leaves.nameOf(leaf), spec.topologyLeaf);
  state.features.names.forEach((feature, bit) => {
    const isSet = ((columns.featureLo[index]! >>> bit) & 1) === 1;
    same(at`feature ${feature} of ${spec.name}`, isSet, spec.features.includes(feature));
  });
}

const hosts = new Map<string, ReadonlySet<string>>();
function hostsOf(list: string): ReadonlySet<string> {
  const known = hosts.get(list);
  if (known !== undefined) return known;
  const expanded = expandHostlist(list);
  if (!expanded.ok) throw new Error(expanded.message);
  const names = new Set(expanded.value);
  hosts.set(list, names);
  return names;
}
