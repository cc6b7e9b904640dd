/** Allocations for histories: free CPUs, memory and lanes of nodes that take jobs, as commit would give them. */
import { DEVICE_LANES, type NodeIndex, nodeIndex, WHOLE_DEVICE } from "../../core/model/ids.ts";
import type { Allocation, DeviceShare, Job, NodeAllocation } from "../../core/model/job.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { isNodeUsable } from "../../core/state/tables.ts";
import type { Chance } from "./chance.ts";

export interface Placed {
  readonly partition: string;
  readonly allocation: Allocation;
}

/** A place for the job now, or undefined where there is none. */
export function placeFor(chance: Chance, state: ClusterState, job: Job): Placed | undefined {
  for (const name of job.partitions) {
    const index = state.partitions.findIndex((p) => p.spec.name === name);
    if (index < 0) continue;
    const shares: NodeAllocation[] = [];
    for (const { index: node } of chance.shuffled(state.nodeRecords)) {
      if (((state.nodes.columns.partitionLo[node]! >>> index) & 1) === 0) continue;
      if (!isNodeUsable(state.nodes.columns.flags[node]!)) continue;
      const share = shareOf(chance, state, job, node);
      if (share !== undefined) shares.push(share);
      if (shares.length === job.request.minNodes) return { partition: name, allocation: { nodes: shares } };
    }
  }
  return undefined;
}

function shareOf(chance: Chance, state: ClusterState, job: Job, node: NodeIndex): NodeAllocation | undefined {
  const { columns } = state.nodes;
  const { request } = job;
  if (request.exclusive && columns.runningJobs[node]! > 0) return undefined;
  const cpus = request.exclusive ? columns.totalCpus[node]! : request.cpus;
  if (cpus > columns.freeCpus[node]! || request.memMib > columns.freeMemMib[node]!) return undefined;
  const devices = lanesFor(chance, state, job, node);
  if (devices === undefined) return undefined;
  return { node: nodeIndex(node), tasks: request.tasksPerNode, cpus, memMib: request.memMib, devices };
}

function lanesFor(
  chance: Chance,
  state: ClusterState,
  job: Job,
  node: NodeIndex,
): readonly DeviceShare[] | undefined {
  const { columns, capacity } = state.nodes;
  const devices = state.nodeRecords[node]!.spec.devices;
  const taken: DeviceShare[] = [];
  const free = (lane: number): number =>
    taken.some((share) => share.lane === lane) ? 0 : columns.laneFree[lane * capacity + node]!;
  for (const { dimension, count } of job.request.gres) {
    const wanted = state.dimensions.nameOf(dimension);
    const lanes = devices
      .map((device, lane) => ({ names: [device.name, `${device.name}:${device.type}`], lane }))
      .filter(({ names, lane }) => names.includes(wanted) && free(lane) === WHOLE_DEVICE)
      .map(({ lane }) => lane);
    if (lanes.length < count) return undefined;
    for (const lane of chance.some(lanes, count)) taken.push({ lane, thousandths: WHOLE_DEVICE });
  }
  if (job.request.gres.length === 0 && chance.odds(15)) {
    const lane = chance.below(DEVICE_LANES);
    const thousandths = chance.pick([250, 500]);
    if (lane < devices.length && free(lane) >= thousandths) taken.push({ lane, thousandths });
  }
  return taken.sort((a, b) => a.lane - b.lane);
}
