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
  isUnused,
  type LaneUse,
  type PartDemand,
  pickParts,
  unusedLane,
} from "../model/device-parts.ts";
import type { PartTables, PassDevice } from "../state/part-tables.ts";
import type { Demand, GresAmount } from "./demand.ts";
import { type Amounts, noAmounts, type PlaneCells } from "./plane-cells.ts";
import type { EndColumns } from "./running-ends.ts";

interface Hold {
  readonly number: number;
  readonly lane: number;
  /** Absent for the whole device. */
  readonly part: DevicePart | undefined;
  readonly from: number;
  readonly to: number;
}

/** What a take took, so that the like can be given back. */
interface Taking {
  readonly index: number;
  readonly node: number;
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
  /** By node row. */
  #holds = new Map<number, Hold[]>();
  #takings: Taking[] = [];
  #cells: PlaneCells | undefined;
  readonly #amounts: Amounts;
  /** Holds that were ever made in the pass: the next one's number. */
  count = 0;

  constructor(tables: PartTables, dimensions: readonly number[], slots: number) {
    this.#tables = tables;
    this.#planeOf = (dimension) => dimensions.indexOf(dimension);
    this.#slots = slots;
    this.#amounts = noAmounts(dimensions.length);
  }

  /** After the kernel's `fill`, from the same ends: devices in parts come back to the planes when their last part ends. */
  fill(ends: EndColumns, endSlotOf: (endS: number) => number, cells: PlaneCells): void {
    this.#holds = new Map();
    this.#takings = [];
    this.#cells = cells;
    for (const [node, held] of this.#tables.holds) {
      const here: Hold[] = [];
      const wholeFrom = new Map<number, number>();
      for (const { row, lane, part } of held) {
        const to = endSlotOf(ends.endS[row]!);
        here.push({ number: this.count++, lane, part, from: 0, to });
        if (part !== undefined) wholeFrom.set(lane, Math.max(wholeFrom.get(lane) ?? 0, to));
      }
      this.#holds.set(node, here);
      for (const [lane, from] of wholeFrom)
        for (let slot = from; slot < this.#slots; slot++) this.#shift(node, lane, slot, 1);
    }
  }

  /** Says what a class takes. */
  setClass(index: number, { part, checks }: Demand): void {
    this.#classes[index] = { part, checks };
  }

  /** Whether the node has such parts in all slots from one up to, and not with, another. */
  admits(node: number, demand: PartDemand, from: number, to: number): boolean {
    let count = 0;
    const devices = this.#devicesOf(node);
    for (let lane = 0; lane < devices.length && count < demand.count; lane++) {
      if (!couldHold(devices[lane]!, demand)) continue;
      count += countOn(devices[lane]!, demand, this.#useOf(node, lane, from, to));
    }
    return count >= demand.count;
  }

  /** After the kernel took the same. `tasks` are those of each node of an uneven class. */
  take(index: number, nodes: Int32Array, tasks: (i: number) => number, from: number, to: number): void {
    const { part, checks } = this.#classes[index]!;
    if (part === undefined && checks.length === 0) return;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      const first = this.count;
      if (part !== undefined) this.#takeParts(node, part, from, to);
      else for (const check of this.#narrowestFirst(checks)) this.#takeWhole(node, check, tasks(i), from, to);
      this.#takings.push({ index, node, from, to, first, end: this.count });
    }
  }

  /** Before or after the kernel gave the same back. */
  give(index: number, nodes: Int32Array, from: number, to: number): void {
    for (const node of nodes) {
      const at = this.#takings.findLastIndex(
        (taken) => taken.index === index && taken.node === node && taken.from === from && taken.to === to,
      );
      if (at < 0) continue;
      const [{ first, end }] = this.#takings.splice(at, 1) as [Taking];
      this.#drop(node, first, end, true);
    }
  }

  /** Forgets holds from this number on, that of a count before, up to another; the planes are the caller's to put right. */
  releaseFrom(first: number, end: number): void {
    const kept: Taking[] = [];
    for (const taken of this.#takings)
      if (taken.first >= first && taken.end <= end) this.#drop(taken.node, taken.first, taken.end, false);
      else kept.push(taken);
    this.#takings = kept;
  }

  #devicesOf(node: number): readonly PassDevice[] {
    return this.#tables.layouts[this.#tables.layoutOf[node] ?? -1] ?? NO_DEVICES;
  }

  /** Of all slots of a range the most that is taken at once; slices that are taken in any of them. */
  #useOf(node: number, lane: number, from: number, to: number): LaneUse {
    const use = unusedLane();
    const device = this.#devicesOf(node)[lane]!;
    const holds = this.#holds.get(node);
    if (holds === undefined) return use;
    const here: Hold[] = [];
    for (const hold of holds) {
      if (hold.lane !== lane || hold.to <= from || hold.from >= to) continue;
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
        if (best >= 0)
          this.#add(node, { number: this.count++, lane: best, part: undefined, from: slot, to: until });
        // Where the planes say that there is one, and there is none, another pass will know better.
        slot = Math.max(until, slot + 1);
      }
    }
  }

  /** First slot from one on in which something of the device is taken; `to` at most. */
  #freeUntil(node: number, lane: number, slot: number, to: number): number {
    let until = to;
    for (const hold of this.#holds.get(node) ?? [])
      if (hold.lane === lane && hold.to > slot) until = Math.min(until, Math.max(slot, hold.from));
    return until;
  }

  /** A part takes the device out of the planes in those slots in which nothing of it was taken. */
  #hold(node: number, lane: number, part: DevicePart, from: number, to: number): void {
    for (let slot = from; slot < to; slot++)
      if (isUnused(this.#useOf(node, lane, slot, slot + 1))) this.#shift(node, lane, slot, -1);
    this.#add(node, { number: this.count++, lane, part, from, to });
  }

  #add(node: number, hold: Hold): void {
    const here = this.#holds.get(node);
    if (here === undefined) this.#holds.set(node, [hold]);
    else here.push(hold);
  }

  #drop(node: number, first: number, end: number, isShown: boolean): void {
    const here = this.#holds.get(node) ?? [];
    const gone = here.filter(({ number }) => number >= first && number < end);
    this.#holds.set(
      node,
      here.filter((hold) => !gone.includes(hold)),
    );
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
