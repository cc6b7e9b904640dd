/**
 * Places in the planes that waiting jobs have by what the last plan promised them, so that nobody behind takes them: laid,
 * lifted while it is looked at whether their job can start now, and put back. For the group of jobs at hand. Pure but for
 * the kernel, which is scratch memory.
 *
 * This is conservative backfilling with promises that stay where they are (Mu'alem and Feitelson, IEEE TPDS 2001, plan
 * anew instead): a job ahead in the queue that finds its way earlier does not take it from those behind. What a job that
 * ends before its limit leaves is room for whoever fits, not for a queue that closes up.
 */
import type { PassTables } from "../state/tables.ts";
import type { Candidates } from "./candidates.ts";
import type { ClassTable } from "./class-table.ts";
import type { PlanKernel } from "./kernel.ts";
import type { LimitGate } from "./limit-gate.ts";
import type { NodeChooser } from "./node-chooser.ts";
import type { PromisedRows } from "./promised-rows.ts";
import type { SlotSearch } from "./slot-search.ts";
import { MAX_RESERVED_SLOTS, slotAtOrAfter, slotAtOrBefore, slotsOfLimit } from "./slots.ts";

/** A place in the planes that a waiting row has. */
export interface KeptPlace {
  readonly row: number;
  readonly partition: number;
  readonly classIndex: number;
  readonly slot: number;
  readonly length: number;
  /** Seconds that it holds its nodes for, exactly; 0 where its length in slots says so. */
  readonly spanS: number;
  /** Epoch seconds. */
  readonly startS: number;
  /** Where its nodes are in the pool of places, and how many. */
  readonly at: number;
  readonly count: number;
  readonly isUneven: boolean;
}

/** Searches whose end is remembered; a later one may take the cell of an earlier one. */
const REMEMBERED = 4_093;
/** Spans are told apart up to this, which is beyond every slot. */
const MAX_SPAN_KEY = 2 ** 26;
const SPAN_KEYS = 2 ** 27;

/** What it works on, of the pass and of its group. */
export interface KeptParts {
  readonly kernel: PlanKernel;
  readonly tables: PassTables;
  readonly borders: Int32Array;
  readonly chooser: NodeChooser;
  readonly gate: LimitGate | undefined;
  readonly classes: ClassTable;
  readonly candidates: Candidates;
  readonly search: SlotSearch;
}

export class KeptPlaces {
  readonly #of: KeptParts;
  readonly #promised: PromisedRows;
  readonly #placeOf: (KeptPlace | undefined)[];
  /** Of all places, one after the other: nodes, and of uneven jobs the tasks on each. */
  #nodes = new Int32Array(4_096);
  #tasks = new Int32Array(4_096);
  #used = 0;
  /** Class, length and slot of a search: no node before that one holds such a job from then on, while places are only laid. */
  readonly #searched = new Float64Array(REMEMBERED).fill(-1);
  readonly #fullTo = new Int32Array(REMEMBERED);

  constructor(of: KeptParts, promised: PromisedRows) {
    this.#of = of;
    this.#promised = promised;
    this.#placeOf = new Array<KeptPlace | undefined>(of.tables.pending.count).fill(undefined);
  }

  get(row: number): KeptPlace | undefined {
    return this.#placeOf[row];
  }

  /**
   * Lays the row, whose candidates are at hand, where it was promised, or as soon after that as there is room; false where
   * it has no promise, or none that can be kept.
   */
  lay(row: number): boolean {
    const { tables, borders } = this.#of;
    const promisedS = this.#promised.startS(row);
    if (promisedS === 0) return false;
    const from = slotAtOrBefore(borders, promisedS - tables.nowS);
    return this.#layWithin(row, from, borders.length, promisedS) !== undefined;
  }

  /** The place of the row, whose candidates are at hand, from now on: an earlier one where there is room. */
  moveUp(place: KeptPlace): KeptPlace {
    if (place.slot < 2) return place;
    this.lift(place);
    const moved = this.#layWithin(place.row, 1, place.slot, undefined);
    if (moved === undefined) this.putBack(place);
    return moved ?? place;
  }

  /**
   * Lays the row in the first slot within [from, until) that has room; `promisedS` is the start that one in slot `from` was
   * promised, undefined where it is not the promise that is laid. From a border on it holds its nodes for its limit to the
   * second, so that what was promised to those after it has room whatever the borders are by now.
   */
  #layWithin(row: number, from: number, until: number, promisedS: number | undefined): KeptPlace | undefined {
    const { tables, borders } = this.#of;
    const limitS = tables.pending.columns.timeLimitS[row]!;
    const isExact = promisedS === undefined || tables.nowS + borders[from]! === promisedS;
    const length = slotsOfLimit(borders, limitS);
    const spanS = isExact && borders[length] !== limitS ? limitS : 0;
    if (spanS === 0) return this.#laySpan(row, from, until, promisedS, length, 0);
    this.#setSpan(spanS);
    const place = this.#laySpan(row, from, until, promisedS, length, spanS);
    this.#setSpan(0);
    return place;
  }

  #laySpan(
    row: number,
    from: number,
    until: number,
    promisedS: number | undefined,
    length: number,
    spanS: number,
  ): KeptPlace | undefined {
    const { tables, borders, candidates, gate, chooser, kernel } = this.#of;
    const isPromise = promisedS !== undefined;
    let best = -1;
    let slot = until;
    for (let i = 0; i < candidates.count; i++) {
      const found = this.#find(row, i, length, spanS, from, slot, isPromise);
      if (found < 0) continue;
      best = i;
      slot = found;
    }
    if (best < 0) return undefined;
    // A later partition's search has written over the picks.
    if (best < candidates.count - 1) this.#find(row, best, length, spanS, from, until, isPromise);
    const partition = candidates.partitions[best]!;
    const classIndex = candidates.classes[best]!;
    const count = kernel.pickCount();
    if (gate !== undefined && !gate.letsStart(row, partition, slot, length)) return undefined;
    const isUneven = this.#of.classes.demand[classIndex]!.uneven;
    // Rounding to slots is no reason to promise less.
    const startS = slot === from && isPromise ? promisedS : tables.nowS + borders[slot]!;
    const at = this.#keepPicks(count, isUneven);
    kernel.take(classIndex, slot, length);
    gate?.take(row, partition, slot, length);
    if (slot === 0) chooser.update(count);
    const place = { row, partition, classIndex, slot, length, spanS, startS, at, count, isUneven };
    this.#placeOf[row] = place;
    return place;
  }

  /** Makes its nodes, and their tasks where these are uneven, the kernel's picks. */
  usePicks({ at, count, isUneven }: KeptPlace): void {
    this.#of.kernel.usePicks(this.#nodes, isUneven ? this.#tasks : undefined, at, count);
  }

  /** Gives the row's place back, for the time in which it is looked at whether it can start now. */
  lift(place: KeptPlace): void {
    this.#shift(place, -1);
  }

  /** Takes a place that was lifted again; nothing may have been taken meanwhile. Its nodes are the kernel's picks. */
  putBack(place: KeptPlace): void {
    this.#shift(place, 1);
  }

  #setSpan(seconds: number): void {
    this.#of.kernel.setSpan(seconds);
    this.#of.gate?.setSpan(seconds);
  }

  #shift(place: KeptPlace, by: 1 | -1): void {
    const { row, partition, classIndex, slot, length, spanS, count } = place;
    const { kernel, gate, chooser } = this.#of;
    this.usePicks(place);
    if (spanS > 0) this.#setSpan(spanS);
    if (by > 0) kernel.take(classIndex, slot, length);
    else kernel.give(classIndex, slot, length);
    if (by > 0) gate?.take(row, partition, slot, length);
    else gate?.giveBack(row, partition, slot, length);
    if (spanS > 0) this.#setSpan(0);
    if (slot === 0) chooser.update(count);
  }

  /** Whether there may be room now at all: most rows of a full cluster are left at that. Candidates are the row's. */
  mayStart({ slot }: KeptPlace): boolean {
    if (slot === 0) return true;
    const { classes, candidates, kernel } = this.#of;
    for (let i = 0; i < candidates.nowCount; i++) {
      const classIndex = candidates.classes[i]!;
      if (classes.demand[classIndex]!.uneven) return true;
      if (classes.hintSlot(classIndex, 1) > 0) continue;
      classes.ready(classIndex);
      const want = classes.want[classIndex]!;
      if (kernel.countNow(classIndex, want) >= want) return true;
      // What is free in the first slot only shrinks: places that are lifted from it are laid or started on again.
      classes.raiseHint(classIndex, 1, 1, 0);
    }
    return false;
  }

  #find(
    row: number,
    i: number,
    length: number,
    spanS: number,
    first: number,
    until: number,
    isPromise: boolean,
  ): number {
    const { candidates, classes, search } = this.#of;
    const from = this.#slotFrom(candidates.fromS(i), first, row, isPromise);
    const classIndex = candidates.classes[i]!;
    const partition = candidates.partitions[i]!;
    const { uneven, required, rule } = classes.demand[classIndex]!;
    // While places are moved up, what was full may have room again.
    const isRemembered = isPromise && !uneven && required.length === 0 && rule === undefined;
    const lengthKey = spanS > 0 ? Math.min(spanS, MAX_SPAN_KEY) + MAX_RESERVED_SLOTS : length;
    const key = (classIndex * SPAN_KEYS + lengthKey) * MAX_RESERVED_SLOTS + from;
    const cell = key % REMEMBERED;
    const fromNode = isRemembered && this.#searched[cell] === key ? this.#fullTo[cell]! : 0;
    const slot = search.firstFrom(row, partition, classIndex, length, from, until, fromNode);
    if (isRemembered && slot === from) {
      this.#searched[cell] = key;
      this.#fullTo[cell] = classes.foundNode;
    }
    return slot;
  }

  /**
   * Where a candidate that may start from so many seconds on is looked for: not before the first slot, and not at once.
   * A promise of that time or a later one may lie in a slot that begins before it.
   */
  #slotFrom(fromS: number, first: number, row: number, isPromise: boolean): number {
    if (fromS === 0) return first;
    const isPromised = isPromise && this.#promised.startS(row) >= this.#of.tables.nowS + fromS;
    return Math.max(first, isPromised ? 1 : slotAtOrAfter(this.#of.borders, fromS));
  }

  /** Puts the kernel's picks into the pool; gives where they are. */
  #keepPicks(count: number, isUneven: boolean): number {
    const at = this.#used;
    const end = at + count;
    if (end > this.#nodes.length) {
      this.#nodes = longer(this.#nodes, end);
      this.#tasks = longer(this.#tasks, end);
    }
    const { picks, pickTasks } = this.#of.kernel;
    for (let i = 0; i < count; i++) this.#nodes[at + i] = picks[i]!;
    if (isUneven) for (let i = 0; i < count; i++) this.#tasks[at + i] = pickTasks[i]!;
    this.#used = end;
    return at;
  }
}

function longer(column: Int32Array, atLeast: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(atLeast, 2 * column.length));
  larger.set(column);
  return larger;
}
