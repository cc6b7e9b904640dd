/** Nodes against their descriptions and the jobs that run on them. */
import { expandHostlist } from "../../core/model/hostlist.ts";
import { DEVICE_LANES, WHOLE_DEVICE } from "../../core/model/ids.ts";
import type { NodeAllocation } from "../../core/model/job.ts";
import type { DeviceSpec, NodeRecord } from "../../core/model/node.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { MAX_GRES_DIMENSIONS, NODE_FLAG } from "../../core/state/tables.ts";
import { same } from "./same.ts";

interface Held {
  readonly jobId: number;
  readonly share: NodeAllocation;
  readonly endS: number;
}

export function checkNodes(state: ClusterState): void {
  same("rows of nodes", state.nodes.count, state.nodeRecords.length);
  same("names of nodes", state.nodeByName.size, state.nodeRecords.length);
  const held = heldByNode(state);
  for (const record of state.nodeRecords) {
    same(`index of ${record.spec.name}`, state.nodeByName.get(record.spec.name), record.index);
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
      list.push({ jobId: job.id, share, endS: state.running.columns.endS[row]! });
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
  same(`CPUs of ${spec.name}`, columns.totalCpus[index], spec.cpus);
  same(`memory of ${spec.name}`, columns.totalMemMib[index], spec.memoryMib);
  same(`free CPUs of ${spec.name}`, columns.freeCpus[index], spec.cpus - sum(({ cpus }) => cpus));
  same(
    `free memory of ${spec.name}`,
    columns.freeMemMib[index],
    spec.memoryMib - sum(({ memMib }) => memMib),
  );
  same(`running jobs of ${spec.name}`, columns.runningJobs[index], held.length);
  same(
    `time that ${spec.name} frees`,
    columns.freesAtS[index],
    Math.max(0, ...held.map(({ endS }) => endS)),
  );
  const ids = [...state.nodeJobs[index]!].sort((a, b) => a - b).join(",");
  const expected = held.map(({ jobId }) => jobId).sort((a, b) => a - b);
  same(`jobs of ${spec.name}`, ids, expected.join(","));
}

function checkDevices(state: ClusterState, record: NodeRecord, held: readonly Held[]): void {
  const { columns, capacity } = state.nodes;
  const { index, spec } = record;
  const laneFree: number[] = [];
  for (let lane = 0; lane < DEVICE_LANES; lane++) {
    let free = lane < spec.devices.length ? WHOLE_DEVICE : 0;
    for (const { share } of held) {
      for (const device of share.devices) if (device.lane === lane) free -= device.thousandths;
    }
    laneFree.push(free);
    same(`lane ${lane} of ${spec.name}`, columns.laneFree[lane * capacity + index], free);
  }
  for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) {
    const dimension = state.dimensions.names[d];
    const lanes = [...spec.devices.keys()].filter((lane) => countsIn(spec.devices[lane]!, dimension));
    const free = lanes.filter((lane) => laneFree[lane] === WHOLE_DEVICE);
    same(`${dimension} of ${spec.name}`, columns.totalGres[d * capacity + index], lanes.length);
    same(`free ${dimension} of ${spec.name}`, columns.freeGres[d * capacity + index], free.length);
  }
}

const countsIn = (device: DeviceSpec, dimension: string | undefined): boolean =>
  dimension === device.name || (device.type !== "" && dimension === `${device.name}:${device.type}`);

function checkMarks(state: ClusterState, record: NodeRecord): void {
  const { columns } = state.nodes;
  const { index, spec } = record;
  const flags = columns.flags[index]!;
  // A listed node whose agent never came has no registration time.
  same(`registration of ${spec.name}`, (flags & NODE_FLAG.REGISTERED) !== 0, record.registeredS !== 0);
  same(`answering of ${spec.name}`, (flags & NODE_FLAG.RESPONDING) !== 0, record.responding);
  same(`down of ${spec.name}`, (flags & NODE_FLAG.DOWN) !== 0, record.down);
  same(`drain of ${spec.name}`, (flags & NODE_FLAG.DRAIN) !== 0, record.drain);
  state.partitions.forEach(({ spec: partition, index: bit }, i) => {
    same(`index of partition ${partition.name}`, bit, i);
    const isMember = partition.nodes === "ALL" || hostsOf(partition.nodes).has(spec.name);
    same(`${spec.name} in ${partition.name}`, ((columns.partitionLo[index]! >>> i) & 1) === 1, isMember);
  });
  same(`${spec.name} in no other`, columns.partitionLo[index]! >>> state.partitions.length, 0);
  const leaf = columns.topologyLeaf[index]!;
  same(`leaf of ${spec.name}`, leaf < 0 ? "" : state.leaves.nameOf(leaf), spec.topologyLeaf);
  state.features.names.forEach((feature, bit) => {
    const isSet = ((columns.featureLo[index]! >>> bit) & 1) === 1;
    same(`feature ${feature} of ${spec.name}`, isSet, spec.features.includes(feature));
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
