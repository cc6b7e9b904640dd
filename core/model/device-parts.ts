/**
 * Parts of devices: shares that a site gives each device (`shard`, `mps`), thousandths of a GPU (`gpu:0.5`), and profiles
 * that a vendor cuts devices into (`gpu:1g.10gb`). Says what a device can be given in, and whether and where one part more
 * fits beside those that are given. A device is whole, or in parts of one kind; the one rule of planner and commit. Pure.
 */
import { WHOLE_DEVICE } from "./ids.ts";
import { type DeviceProfile, type ProfileTable, profileOf, profileTable } from "./profile-tables.ts";

/** What a device can be given in beside whole and, of a GPU, in thousandths. */
export interface DeviceParts {
  /** Shares of it, 1 .. MAX_SHARES; absent for none. */
  readonly shard?: number;
  readonly mps?: number;
  /** Name of a table of PROFILE_TABLES. */
  readonly profiles?: string;
}

/** What of a device says how it may be given. */
export interface PartedDevice {
  readonly name: string;
  readonly type: string;
  readonly parts?: DeviceParts;
}

/** A part of one device that a job has. */
export interface DevicePart {
  /** `shard`, `mps`, `gpu` for thousandths, or the name of a profile. */
  readonly kind: string;
  /** Shares or thousandths; 1 of a profile. */
  readonly units: number;
  /** First slice of a profile. */
  readonly start?: number;
}

/** What a job asks of parts on each of its nodes. */
export interface PartDemand {
  readonly kind: string;
  /** GRES type of the device; "" for any. */
  readonly type: string;
  /** Of each part. */
  readonly units: number;
  /** Parts, >= 1; of shares and thousandths one, which is on one device. */
  readonly count: number;
}

export const SHARE_KINDS = ["shard", "mps"] as const;
export type ShareKind = (typeof SHARE_KINDS)[number];
/** Kind of a part that is counted in thousandths. */
export const FRACTION_KIND = "gpu";
/** Each share is a thousandth at least. */
export const MAX_SHARES = WHOLE_DEVICE;
/** Parts of one kind that a job may have of a node: more than devices have places. */
export const MAX_PARTS_OF_NODE = 256;

export const isShareKind = (kind: string): kind is ShareKind => kind === "shard" || kind === "mps";

/** Slices that a part covers, as bits; 0 of what is no profile. */
export function slicesOf(device: PartedDevice, { kind, start }: DevicePart): number {
  const profile = start === undefined ? undefined : profileOfKind(device, kind);
  return profile === undefined ? 0 : bitsOf(profile, start!);
}

/** Whether a profile, of which the device may have several beside others, has a place beside those slices. */
export function hasPlace({ parts }: PartedDevice, kind: string, slices: number): boolean {
  const table = tableOf(parts);
  const profile = table === undefined ? undefined : profileOf(table, kind);
  return profile?.starts.some((start) => (slices & bitsOf(profile, start)) === 0) === true;
}

/** What a device has given out, at a moment or over a time. */
export interface LaneUse {
  isWhole: boolean;
  /** Of the parts; "" where there are none. */
  kind: string;
  /** Shares or thousandths. */
  units: number;
  /** Slices, as bits. */
  slices: number;
  /** One of the profiles has the media engines. */
  hasMedia: boolean;
  /** Parts are of several kinds, which nothing may join: what an earlier configuration allowed. */
  isMixed: boolean;
}

export const unusedLane = (): LaneUse => ({
  isWhole: false,
  kind: "",
  units: 0,
  slices: 0,
  hasMedia: false,
  isMixed: false,
});

/** Whether nothing of it is given. */
export const isUnused = ({ isWhole, kind }: LaneUse): boolean => !isWhole && kind === "";

/** Units of a kind that the device has: shares, thousandths, or 1 for a profile that it can be cut into; 0 for none. */
export function unitsOf({ name, parts }: PartedDevice, kind: string): number {
  if (isShareKind(kind)) return parts?.[kind] ?? 0;
  if (kind === FRACTION_KIND) return name === FRACTION_KIND ? WHOLE_DEVICE : 0;
  const table = tableOf(parts);
  return table !== undefined && profileOf(table, kind) !== undefined ? 1 : 0;
}

/** Whether the device could hold one such part while it is empty. */
export const couldHold = (device: PartedDevice, { kind, type, units }: PartDemand): boolean =>
  (type === "" || device.type === type) && unitsOf(device, kind) >= units;

/** Adds a part to a use, or the whole device where there is none. */
export function addUse(use: LaneUse, device: PartedDevice, part: DevicePart | undefined): void {
  if (part === undefined) {
    use.isWhole = true;
    return;
  }
  const profile = profileOfKind(device, part.kind);
  if (use.kind !== "" && !areTogether(device, use.kind, part.kind)) use.isMixed = true;
  use.kind = part.kind;
  if (profile === undefined) use.units += part.units;
  else {
    use.slices |= bitsOf(profile, part.start ?? 0);
    use.hasMedia ||= profile.hasMedia === true;
  }
}

/** Where one part more goes, and what that costs. */
export interface PartFit {
  /** Of a profile. */
  readonly start?: number;
  /**
   * The least is the best: below 2 on a device that is in parts already, the fuller the better; 2 and more on one that was
   * whole.
   */
  readonly cost: number;
}

/** undefined where the device cannot hold it beside that use. */
export function fitOn(device: PartedDevice, demand: PartDemand, use: LaneUse): PartFit | undefined {
  if (use.isWhole || use.isMixed || !couldHold(device, demand)) return undefined;
  const { kind, units } = demand;
  if (use.kind !== "" && !areTogether(device, use.kind, kind)) return undefined;
  const opened = use.kind === "" ? WHOLE_COST : 0;
  const profile = profileOfKind(device, kind);
  if (profile !== undefined) return fitProfile(tableOf(device.parts)!, profile, use, opened);
  const capacity = unitsOf(device, kind);
  const left = capacity - use.units - units;
  return left < 0 ? undefined : { cost: opened + left / capacity };
}

const WHOLE_COST = 2;

/** Parts of the demand that the device holds beside that use, no more than it asks. */
export function countOn(device: PartedDevice, demand: PartDemand, use: LaneUse): number {
  const now = { ...use };
  let count = 0;
  for (; count < demand.count; count++) {
    const fit = fitOn(device, demand, now);
    if (fit === undefined) break;
    addUse(now, device, partOf(demand, fit));
  }
  return count;
}

export const partOf = ({ kind, units }: PartDemand, { start }: PartFit): DevicePart =>
  start === undefined ? { kind, units } : { kind, units, start };

/** Thousandths of the device that a part counts as, 1 .. 1000: of all parts that fit together at most all. */
export function thousandthsOf(device: PartedDevice, { kind, units }: DevicePart): number {
  const profile = profileOfKind(device, kind);
  const table = tableOf(device.parts);
  const share =
    profile !== undefined && table !== undefined
      ? profile.size / table.slices
      : units / Math.max(1, unitsOf(device, kind));
  return Math.min(WHOLE_DEVICE, Math.max(1, Math.floor(WHOLE_DEVICE * share)));
}

/** Which lanes get the parts of a demand, the cheapest first; undefined where they do not hold them. */
export function pickParts(
  devices: readonly PartedDevice[],
  demand: PartDemand,
  useOf: (lane: number) => LaneUse,
): { readonly lane: number; readonly part: DevicePart }[] | undefined {
  const picked: { lane: number; part: DevicePart }[] = [];
  const uses = new Map<number, LaneUse>();
  while (picked.length < demand.count) {
    let best: { lane: number; fit: PartFit } | undefined;
    for (let lane = 0; lane < devices.length; lane++) {
      const device = devices[lane]!;
      if (!couldHold(device, demand)) continue;
      const use = uses.get(lane) ?? useOf(lane);
      const fit = fitOn(device, demand, use);
      if (fit === undefined || (best !== undefined && fit.cost >= best.fit.cost)) continue;
      best = { lane, fit };
      uses.set(lane, use);
    }
    if (best === undefined) return undefined;
    const part = partOf(demand, best.fit);
    addUse(uses.get(best.lane)!, devices[best.lane]!, part);
    picked.push({ lane: best.lane, part });
  }
  return picked;
}

/** `shard:2`, `gpu:0.5`, `gpu:1g.10gb:2`, as it is asked. */
export function printPart({ kind, type, units, count }: PartDemand): string {
  const typed = type === "" ? "" : `${type}:`;
  if (isShareKind(kind)) return `${kind}:${typed}${units}`;
  return kind === FRACTION_KIND ? `gpu:${typed}${printFraction(units)}` : `gpu:${typed}${kind}:${count}`;
}

/** `0.5` of 500 thousandths. */
export const printFraction = (thousandths: number): string => String(thousandths / WHOLE_DEVICE);

const tableOf = (parts: DeviceParts | undefined): ProfileTable | undefined =>
  parts?.profiles === undefined ? undefined : profileTable(parts.profiles);

function profileOfKind({ parts }: PartedDevice, kind: string): DeviceProfile | undefined {
  const table = tableOf(parts);
  return table === undefined ? undefined : profileOf(table, kind);
}

/** Profiles go together, but of a device that has one mode for all; shares go with their like. */
function areTogether(device: PartedDevice, one: string, other: string): boolean {
  if (one === other) return true;
  if (tableOf(device.parts)?.isOneMode !== false) return false;
  return profileOfKind(device, one) !== undefined && profileOfKind(device, other) !== undefined;
}

/**
 * The start after which most is left to place: of every profile the starts that are free, weighted by its size. Of equal
 * ones the last, since large profiles begin at the front.
 */
function fitProfile(
  table: ProfileTable,
  profile: DeviceProfile,
  use: LaneUse,
  opened: number,
): PartFit | undefined {
  if (profile.hasMedia === true && use.hasMedia) return undefined;
  let best: { start: number; left: number } | undefined;
  for (const start of profile.starts) {
    const bits = bitsOf(profile, start);
    if ((use.slices & bits) !== 0) continue;
    const left = placesLeft(table, use.slices | bits);
    if (best === undefined || left >= best.left) best = { start, left };
  }
  if (best === undefined) return undefined;
  return { start: best.start, cost: opened + best.left / placesLeft(table, 0) };
}

/** By table, and by the slices that are taken. */
const PLACES = new Map<ProfileTable, Int32Array>();

function placesLeft(table: ProfileTable, slices: number): number {
  let places = PLACES.get(table);
  if (places === undefined) {
    places = Int32Array.from({ length: 1 << table.slices }, (_, taken) => countPlaces(table, taken));
    PLACES.set(table, places);
  }
  return places[slices]!;
}

function countPlaces(table: ProfileTable, slices: number): number {
  let left = 0;
  for (const profile of table.profiles)
    for (const start of profile.starts) if ((slices & bitsOf(profile, start)) === 0) left += profile.size;
  return left;
}

const bitsOf = ({ size }: DeviceProfile, start: number): number => ((1 << size) - 1) << start;
