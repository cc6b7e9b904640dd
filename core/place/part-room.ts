/** Whether a node holds parts of devices at this moment, or while it is empty: for masks, reasons and `explain`. Pure. */
import {
  addUse,
  couldHold,
  countOn,
  isShareKind,
  type LaneUse,
  type PartDemand,
  unitsOf,
  unusedLane,
} from "../model/device-parts.ts";
import type { PassDevice } from "../state/part-tables.ts";
import type { PassTables } from "../state/tables.ts";

export function holdsParts(tables: PassTables, demand: PartDemand, node: number, isEmpty: boolean): boolean {
  return partsHeld(tables, demand, node, isEmpty) >= demand.count;
}

/** Parts of the demand that the node holds, no more than it asks. */
function partsHeld(tables: PassTables, demand: PartDemand, node: number, isEmpty: boolean): number {
  const devices = devicesOf(tables, node);
  let count = 0;
  for (let lane = 0; lane < devices.length && count < demand.count; lane++) {
    const device = devices[lane]!;
    if (!couldHold(device, demand)) continue;
    count += countOn(device, demand, isEmpty ? unusedLane() : useNow(tables, node, lane));
  }
  return Math.min(count, demand.count);
}

/** Most shares or thousandths that one device of the node has free and could give; for a profile, places of it. */
export function mostFree(tables: PassTables, demand: PartDemand, node: number): number {
  const { kind } = demand;
  const isCounted = isShareKind(kind) || kind === "gpu";
  if (!isCounted) return partsHeld(tables, { ...demand, count: 255 }, node, false);
  let most = 0;
  devicesOf(tables, node).forEach((device, lane) => {
    const use = useNow(tables, node, lane);
    const isOpen = !use.isWhole && !use.isMixed && (use.kind === "" || use.kind === kind);
    const isType = demand.type === "" || device.type === demand.type;
    if (isOpen && isType) most = Math.max(most, unitsOf(device, kind) - use.units);
  });
  return most;
}

const NO_DEVICES: readonly PassDevice[] = [];

const devicesOf = ({ parts }: PassTables, node: number): readonly PassDevice[] =>
  parts?.layouts[parts.layoutOf[node] ?? -1] ?? NO_DEVICES;

function useNow(tables: PassTables, node: number, lane: number): LaneUse {
  const use = unusedLane();
  const device = devicesOf(tables, node)[lane]!;
  for (const hold of tables.parts?.holds.get(node) ?? [])
    if (hold.lane === lane) addUse(use, device, hold.part);
  return use;
}
