/**
 * What of each device is taken in each slot, in a pass in which some job asks or has parts of devices: by running jobs, and
 * by what has been planned so far, parts and whole devices alike. The kernel's planes count the devices that nobody has
 * anything of; this says which those are, and corrects the planes where a device goes into parts or comes back from them.
 * Made anew for each pass; a pass without parts has none. Scratch memory.
 *
 * A job's whole devices may be others in later slots of a plan, as the planes have it: only parts stay on their device.
 */
import {
  addUse,
  couldHold,
  countOn,
  type DevicePart,
  FRACTION_KIND,
  hasPlace,
  isShareKind,
  isUnused,
  type LaneUse,
  type PartDemand,
  pickParts,
  slicesOf,
  unitsOf,
  unusedLane,
} from "../model/device-parts.ts";
import type { PartTables, PassDevice } from "../state/part-tables.ts";
import type { Demand, GresAmount } from "./demand.ts";
import { PART_ROOM, PartAnswers, type PartRoom } from "./part-answers.ts";
import { type Amounts, noAmounts, type PlaneCells } from "./plane-cells.ts";
import type { EndColumns } from "./running-ends.ts";

interface Hold {
  readonly number: number;
  readonly lane: number;
  /** Absent for the whole device. */
  readonly part: DevicePart | undefined;
  /** Of a profile. */
  readonly slices: number;
  readonly from: number;
  readonly to: number;
}

/** Of a device that nothing is taken of. */
const ON_WHOLE = -1;

/** What a take took, so that the like can be given back. */
interface Taking {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly end: number;
}

/** Of a class: what of devices it takes on each node. */
interface ClassDevices {
  readonly part: PartDemand | undefined;
  readonly checks: readonly GresAmount[];
}

export class PartPlanes {
  readonly #tables: PartTables;
  /** Plane of each GRES dimension, -1 for one without. */
  readonly #planeOf: (dimension: number) => number;
  readonly #slots: number;
  readonly #classes: ClassDevices[] = [];
  /** By node row, and by lane. */
  #holds = new Map<number, Hold[][]>();
  /** By node row: another number each time that its holds change. */
  #versions: Uint32Array;
  /** By demand and layout. */
  #rooms = new Map<PartDemand, Uint8Array[]>();
  #answers: PartAnswers;
  /** By node row, the last last. */
  #takings = new Map<number, Taking[]>();
  #cells: PlaneCells | undefined;
  readonly #amounts: Amounts;
  /** Holds that were ever made in the pass: the next one's number. */
  count = 0;

  constructor(tables: PartTables, dimensions: readonly number[], slots: number) {
    this.#tables = tables;
    this.#planeOf = (dimension) => dimensions.indexOf(dimension);
    this.#slots = slots;
    this.#versions = new Uint32Array(tables.layoutOf.length).fill(1);
    this.#answers = new PartAnswers(this.#versions.length);
    this.#amounts = noAmounts(dimensions.length);
  }

  /** After the kernel's `fill`, from the same ends: devices in parts come back to the planes when their last part ends. */
  fill(ends: EndColumns, endSlotOf: (endS: number) => number, cells: PlaneCells): void {
    this.#holds = new Map();
    this.#answers = new PartAnswers(this.#versions.length);
    this.#takings = new Map();
    this.#cells = cells;
    for (const [node, held] of this.#tables.holds) {
      const wholeFrom = new Map<number, number>();
      for (const { row, lane, part } of held) {
        // A node may have come back with fewer devices than its jobs have.
        if (this.#devicesOf(node)[lane] === undefined) continue;
        const to = endSlotOf(ends.endS[row]!);
        this.#add(node, lane, part, 0, to);
        if (part !== undefined) wholeFrom.set(lane, Math.max(wholeFrom.get(lane) ?? 0, to));
      }
      for (const [lane, from] of wholeFrom)
        for (let slot = from; slot < this.#slots; slot++) this.#shift(node, lane, slot, 1);
    }
  }

  /** Says what a class takes. */
  setClass(index: number, { part, checks }: Demand): void {
    this.#classes[index] = { part, checks: this.#narrowestFirst(checks) };
  }

  /** Whether the node has such parts in all slots from one up to, and not with, another; and on what devices. */
  roomOn(node: number, demand: PartDemand, from: number, to: number): PartRoom {
    const answers = this.#answers.of(demand, from, to);
    if (answers === undefined) return this.#look(node, demand, from, to);
    if (answers.versions[node] !== this.#versions[node]) {
      answers.versions[node] = this.#versions[node]!;
      answers.rooms[node] = this.#look(node, demand, from, to);
    }
    return answers.rooms[node] as PartRoom;
  }

  #look(node: number, demand: PartDemand, from: number, to: number): PartRoom {
    let onWhole = 0;
    let besideParts = 0;
    const rooms = this.#roomsOf(node, demand);
    const lanes = this.#holds.get(node);
    for (let lane = 0; lane < rooms.length && besideParts < demand.count; lane++) {
      const room = rooms[lane]!;
      if (room === 0) continue;
      const holds = lanes?.[lane];
      const beside = holds === undefined ? ON_WHOLE : this.#roomBeside(node, lane, demand, holds, from, to);
      if (beside === ON_WHOLE) onWhole += room;
      else besideParts += beside;
    }
    if (besideParts >= demand.count) return PART_ROOM.BESIDE_PARTS;
    return besideParts + onWhole >= demand.count ? PART_ROOM.ON_WHOLE : PART_ROOM.NONE;
  }

  /** By lane, parts of the demand that the device holds while it is empty. */
  #roomsOf(node: number, demand: PartDemand): Uint8Array {
    const layout = this.#tables.layoutOf[node] ?? -1;
    let byLayout = this.#rooms.get(demand);
    if (byLayout === undefined) {
      byLayout = [];
      this.#rooms.set(demand, byLayout);
    }
    let rooms = byLayout[layout];
    if (rooms === undefined) {
      const roomOf = (device: PassDevice): number =>
        couldHold(device, demand) ? countOn(device, demand, unusedLane()) : 0;
      rooms = Uint8Array.from(this.#devicesOf(node), roomOf);
      byLayout[layout] = rooms;
    }
    return rooms;
  }

  /** The same beside what is taken of it in these slots, ON_WHOLE where nothing is; most lanes are out of question at the first hold. */
  #roomBeside(
    node: number,
    lane: number,
    demand: PartDemand,
    holds: readonly Hold[],
    from: number,
    to: number,
  ): number {
    const device = this.#devicesOf(node)[lane]!;
    const isByUnits = isShareKind(demand.kind) || demand.kind === FRACTION_KIND;
    let units = 0;
    let slices = 0;
    for (let i = 0; i < holds.length; i++) {
      const hold = holds[i]!;
      if (hold.to <= from || hold.from >= to) continue;
      const { part } = hold;
      if (part === undefined || (part.start === undefined) !== isByUnits) return 0;
      if (isByUnits && part.kind !== demand.kind) return 0;
      units += part.units;
      slices |= hold.slices;
    }
    if (units === 0) return ON_WHOLE;
    // What has no place is not looked at further: nearly all are full.
    if (!isByUnits && !hasPlace(device, demand.kind, slices)) return 0;
    if (isByUnits && units + demand.units <= unitsOf(device, demand.kind)) return 1;
    return countOn(device, demand, this.#useOf(node, lane, from, to));
  }

  /** After the kernel took the same. `tasks` are those of each node of an uneven class. */
  take(index: number, nodes: Int32Array, tasks: (i: number) => number, from: number, to: number): void {
    const { part, checks } = this.#classes[index]!;
    if (part === undefined && checks.length === 0) return;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      const first = this.count;
      if (part !== undefined) this.#takeParts(node, part, from, to);
      else for (const check of checks) this.#takeWhole(node, check, tasks(i), from, to);
      const taking = { index, from, to, first, end: this.count };
      const here = this.#takings.get(node);
      if (here === undefined) this.#takings.set(node, [taking]);
      else here.push(taking);
    }
  }

  /** Before or after the kernel gave the same back. */
  give(index: number, nodes: Int32Array, from: number, to: number): void {
    for (const node of nodes) {
      const here = this.#takings.get(node) ?? [];
      const at = here.findLastIndex(
        (taken) => taken.index === index && taken.from === from && taken.to === to,
      );
      if (at < 0) continue;
      const [{ first, end }] = here.splice(at, 1) as [Taking];
      this.#drop(node, first, end, true);
    }
  }

  /** Forgets holds from this number on, that of a count before, up to another; the planes are the caller's to put right. */
  releaseFrom(first: number, end: number): void {
    for (const [node, here] of this.#takings) {
      const isGone = (taken: Taking): boolean => taken.first >= first && taken.end <= end;
      for (const taken of here) if (isGone(taken)) this.#drop(node, taken.first, taken.end, false);
      this.#takings.set(
        node,
        here.filter((taken) => !isGone(taken)),
      );
    }
  }

  #devicesOf(node: number): readonly PassDevice[] {
    return this.#tables.layouts[this.#tables.layoutOf[node] ?? -1] ?? NO_DEVICES;
  }

  /** Of all slots of a range the most that is taken at once; slices that are taken in any of them. */
  #useOf(node: number, lane: number, from: number, to: number): LaneUse {
    const use = unusedLane();
    const device = this.#devicesOf(node)[lane]!;
    const holds = this.#holds.get(node)?.[lane];
    if (holds === undefined) return use;
    const here: Hold[] = [];
    for (const hold of holds) {
      if (hold.to <= from || hold.from >= to) continue;
      here.push(hold);
      addUse(use, device, hold.part);
    }
    if (here.length > 1 && use.units > 0) use.units = mostAtOnce(here, from);
    return use;
  }

  #takeParts(node: number, demand: PartDemand, from: number, to: number): void {
    const devices = this.#devicesOf(node);
    const picked = pickParts(devices, demand, (lane) => this.#useOf(node, lane, from, to)) ?? [];
    for (const { lane, part } of picked) this.#hold(node, lane, part, from, to);
  }

  /** Whole devices in each slot, the same for as long as they are to be had. */
  #takeWhole(
    node: number,
    { dimension, flat, perTask }: GresAmount,
    tasks: number,
    from: number,
    to: number,
  ): void {
    const devices = this.#devicesOf(node);
    for (let left = flat + perTask * tasks; left > 0; left--) {
      for (let slot = from; slot < to; ) {
        let best = -1;
        let until = slot;
        for (let lane = 0; lane < devices.length; lane++) {
          if (!devices[lane]!.dimensions.includes(dimension)) continue;
          const free = this.#freeUntil(node, lane, slot, to);
          if (free > until) [best, until] = [lane, free];
        }
        if (best >= 0) this.#add(node, best, undefined, slot, until);
        // Where the planes say that there is one, and there is none, another pass will know better.
        slot = Math.max(until, slot + 1);
      }
    }
  }

  /** First slot from one on in which something of the device is taken; `to` at most. */
  #freeUntil(node: number, lane: number, slot: number, to: number): number {
    let until = to;
    for (const hold of this.#holds.get(node)?.[lane] ?? [])
      if (hold.to > slot) until = Math.min(until, Math.max(slot, hold.from));
    return until;
  }

  /** A part takes the device out of the planes in those slots in which nothing of it was taken. */
  #hold(node: number, lane: number, part: DevicePart, from: number, to: number): void {
    for (let slot = from; slot < to; slot++)
      if (isUnused(this.#useOf(node, lane, slot, slot + 1))) this.#shift(node, lane, slot, -1);
    this.#add(node, lane, part, from, to);
  }

  #add(node: number, lane: number, part: DevicePart | undefined, from: number, to: number): void {
    const slices = part === undefined ? 0 : slicesOf(this.#devicesOf(node)[lane]!, part);
    const hold: Hold = { number: this.count++, lane, part, slices, from, to };
    let lanes = this.#holds.get(node);
    if (lanes === undefined) {
      lanes = [];
      this.#holds.set(node, lanes);
    }
    lanes[hold.lane] ??= [];
    lanes[hold.lane]!.push(hold);
    this.#versions[node]!++;
  }

  #drop(node: number, first: number, end: number, isShown: boolean): void {
    const isGone = ({ number }: Hold): boolean => number >= first && number < end;
    const lanes = this.#holds.get(node) ?? [];
    const gone = lanes.flatMap((holds) => holds.filter(isGone));
    this.#holds.set(
      node,
      lanes.map((holds) => holds.filter((hold) => !isGone(hold))),
    );
    this.#versions[node]!++;
    if (!isShown) return;
    const isFree = (lane: number, slot: number): boolean => isUnused(this.#useOf(node, lane, slot, slot + 1));
    const shown = new Set<string>();
    for (const { lane, part, from, to } of gone) {
      // Whole devices are the kernel's to give back.
      if (part === undefined) continue;
      for (let slot = from; slot < to; slot++) {
        if (shown.has(`${lane} ${slot}`) || !isFree(lane, slot)) continue;
        shown.add(`${lane} ${slot}`);
        this.#shift(node, lane, slot, 1);
      }
    }
  }

  /** One whole device more, or less, in all planes that it counts in. */
  #shift(node: number, lane: number, slot: number, sign: 1 | -1): void {
    const { gres } = this.#amounts;
    gres.fill(0);
    for (const dimension of this.#devicesOf(node)[lane]?.dimensions ?? []) {
      const plane = this.#planeOf(dimension);
      if (plane >= 0) gres[plane] = 1;
    }
    this.#cells!.add(slot, node, this.#amounts, sign);
  }

  /** A typed device counts in its untyped dimension as well: only what that asks beyond the types is taken there. */
  #narrowestFirst(checks: readonly GresAmount[]): readonly GresAmount[] {
    if (checks.length < 2) return checks;
    const devices = this.#tables.layouts.flat();
    const isWithin = (one: number, other: number): boolean =>
      one !== other && devices.some(({ dimensions }) => dimensions[0] === other && dimensions.includes(one));
    return [...checks]
      .map((check) => {
        const types = checks.filter(({ dimension }) => isWithin(dimension, check.dimension));
        const typed = (of: "flat" | "perTask"): number => types.reduce((sum, type) => sum + type[of], 0);
        return {
          ...check,
          flat: check.flat - typed("flat"),
          perTask: check.perTask - typed("perTask"),
          types,
        };
      })
      .sort((a, b) => a.types.length - b.types.length);
  }
}

const NO_DEVICES: readonly PassDevice[] = [];

/** Most units of these at once in any slot: that is where one of them begins, or where the range does. */
function mostAtOnce(holds: readonly Hold[], from: number): number {
  let most = 0;
  for (const { from: began } of holds) {
    const slot = Math.max(began, from);
    let units = 0;
    for (const hold of holds) if (hold.from <= slot && hold.to > slot) units += hold.part?.units ?? 0;
    most = Math.max(most, units);
  }
  return most;
}
