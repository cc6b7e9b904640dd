/**
 * What a pass knows of parts of devices: which shapes ask them, how the devices of each node may be given, and who has
 * what of them. Made only while a waiting or running job has to do with parts; elsewhere nobody asks and there are no such
 * tables. Reads the state, changes nothing.
 */
import { type DevicePart, isShareKind, type PartDemand, type PartedDevice } from "../model/device-parts.ts";
import { shapeId } from "../model/ids.ts";
import { type DeviceShare, isSuspended } from "../model/job.ts";
import type { DeviceSpec } from "../model/node.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { PartCount } from "./tres-amounts.ts";

/** A device of a node as passes see it. */
export interface PassDevice extends PartedDevice {
  /** GRES dimensions that it counts in. */
  readonly dimensions: readonly number[];
}

/** Something that a running job has of a device. */
export interface DeviceHold {
  /** Running row. */
  readonly row: number;
  readonly lane: number;
  /** Absent for the whole device. */
  readonly part?: DevicePart;
}

export interface PartTables {
  /** By shape. */
  readonly demands: ReadonlyMap<number, PartDemand>;
  /** By shape: what these count as. */
  readonly counts: ReadonlyMap<number, PartCount>;
  /** Devices of nodes that are alike, by lane. */
  readonly layouts: readonly (readonly PassDevice[])[];
  /** By node row: its layout. */
  readonly layoutOf: Int32Array;
  /** By node row: what is held there; absent where nothing is. */
  readonly holds: ReadonlyMap<number, readonly DeviceHold[]>;
}

/** undefined where nobody asks or has parts. */
export function partTables(state: ClusterState): PartTables | undefined {
  const { shapes } = state;
  if (shapes.withParts.size === 0) return undefined;
  const demands = new Map<number, PartDemand>();
  const counts = new Map<number, PartCount>();
  for (const shape of shapes.withParts) {
    const part = shapes.request(shapeId(shape)).part!;
    demands.set(shape, part);
    counts.set(shape, partCount(state, part));
  }
  return { demands, counts, ...layoutsOf(state), holds: holdsOf(state) };
}

/** Shares count one by one in their own GRES dimensions; any other part as one GPU. */
export function partCount(state: ClusterState, { kind, type, units, count }: PartDemand): PartCount {
  const isShare = isShareKind(kind);
  const name = isShare ? kind : "gpu";
  const names = type === "" ? [name] : [name, `${name}:${type}`];
  return {
    dimensions: names.flatMap((one) => state.dimensions.find(one) ?? []),
    count: isShare ? units : count,
  };
}

/** Devices of a node that its running jobs hold, those of jobs that stand still left out. */
export function heldOn(state: ClusterState, node: number): readonly DeviceShare[] {
  const held: DeviceShare[] = [];
  for (const id of state.nodeJobs[node] ?? []) {
    const job = state.jobs.get(id);
    if (job === undefined || isSuspended(job)) continue;
    const share = job.allocation?.nodes.find((one) => one.node === node);
    if (share !== undefined) held.push(...share.devices);
  }
  return held;
}

/** By what counts of a device only, so that nodes with like hardware have one layout. */
function layoutsOf(state: ClusterState): Pick<PartTables, "layouts" | "layoutOf"> {
  const layouts: (readonly PassDevice[])[] = [];
  const byClass = new Map<number, number>();
  const layoutOf = new Int32Array(state.nodes.count);
  const { hardwareClass } = state.nodes.columns;
  for (let node = 0; node < layoutOf.length; node++) {
    let layout = byClass.get(hardwareClass[node]!);
    if (layout === undefined) {
      const { devices } = state.nodeRecords[node]!.spec;
      layout =
        layouts.push(devices.map((device, lane) => passDevice(device, state.laneDimensions[node]![lane]!))) -
        1;
      byClass.set(hardwareClass[node]!, layout);
    }
    layoutOf[node] = layout;
  }
  return { layouts, layoutOf };
}

const passDevice = ({ name, type, parts }: DeviceSpec, dimensions: readonly number[]): PassDevice => ({
  name,
  type,
  dimensions,
  ...(parts === undefined ? {} : { parts }),
});

function holdsOf(state: ClusterState): PartTables["holds"] {
  const holds = new Map<number, DeviceHold[]>();
  for (const [id, rows] of state.runningRows) {
    const job = state.jobs.get(id);
    if (job === undefined || isSuspended(job)) continue;
    job.allocation?.nodes.forEach(({ node, devices }, i) => {
      for (const { lane, part } of devices) {
        const hold = { row: rows[i]!, lane, ...(part === undefined ? {} : { part }) };
        const here = holds.get(node);
        if (here === undefined) holds.set(node, [hold]);
        else here.push(hold);
      }
    });
  }
  return holds;
}
