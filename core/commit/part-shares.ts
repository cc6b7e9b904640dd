/**
 * Parts of devices for a starting job, beside what running jobs hold and what the commit has given before it. Made for a
 * commit in which a job asks parts; nothing of it is looked at for any other job. Reads the live state through its lookup.
 */
import {
  addUse,
  type LaneUse,
  type PartDemand,
  type PartedDevice,
  pickParts,
  thousandthsOf,
  unusedLane,
} from "../model/device-parts.ts";
import type { DeviceShare } from "../model/job.ts";

/** What of devices the columns do not hold. */
export interface PartLookup {
  /** By lane. */
  devices(node: number): readonly PartedDevice[];
  /** What running jobs have of them. */
  held(node: number): readonly DeviceShare[];
}

/** The parts that a node gives, or undefined where it has too few; `given` are devices that this commit has given there. */
export function partsOn(
  { devices, held }: PartLookup,
  demand: PartDemand,
  node: number,
  given: readonly DeviceShare[],
): readonly DeviceShare[] | undefined {
  const lanes = devices(node);
  const uses = new Map<number, LaneUse>();
  for (const { lane, part } of [...held(node), ...given]) {
    const device = lanes[lane];
    if (device === undefined) continue;
    const use = uses.get(lane) ?? unusedLane();
    addUse(use, device, part);
    uses.set(lane, use);
  }
  const picked = pickParts(lanes, demand, (lane) => uses.get(lane) ?? unusedLane());
  return picked
    ?.map(({ lane, part }) => ({ lane, thousandths: thousandthsOf(lanes[lane]!, part), part }))
    .sort((a, b) => a.lane - b.lane || (a.part.start ?? 0) - (b.part.start ?? 0));
}
