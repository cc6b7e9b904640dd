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
import { slotAtOrBefore, slotsOfLimit } from "./slots.ts";

/** A place in the planes that a waiting row has. */
export interface KeptPlace {
  readonly row: number;
  readonly partition: number;
  readonly classIndex: number;
  readonly slot: number;
  readonly length: number;
  /** Epoch seconds. */
  readonly startS: number;
  readonly nodes: Int32Array;
  /** Of an uneven job, on each of its nodes. */
  readonly tasks: Int32Array | undefined;
}

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
  readonly #placeOf = new Map<number, KeptPlace>();
  /** By class, length and slot: no node before this one holds such a job from then on, while places are only laid. */
  readonly #fullTo = new Map<number, number>();

  constructor(of: KeptParts, promised: PromisedRows) {
    this.#of = of;
    this.#promised = promised;
  }

  get(row: number): KeptPlace | undefined {
    return this.#placeOf.get(row);
  }

  /**
   * Lays the row, whose candidates are at hand, where it was promised, or as soon after that as there is room; false where
   * it has no promise, or none that can be kept.
   */
  lay(row: number): boolean {
    const { tables, borders, candidates, gate, chooser, kernel } = this.#of;
    const promisedS = this.#promised.startS(row);
    if (promisedS === 0) return false;
    const length = slotsOfLimit(borders, tables.pending.columns.timeLimitS[row]!);
    const from = slotAtOrBefore(borders, promisedS - tables.nowS);
    let best = -1;
    let slot = borders.length;
    for (let i = 0; i < candidates.count; i++) {
      const found = this.#find(row, i, length, from, slot);
      if (found < 0) continue;
      best = i;
      slot = found;
    }
    if (best < 0) return false;
    // A later partition's search has written over the picks.
    if (best < candidates.count - 1) this.#find(row, best, length, from, borders.length);
    const partition = candidates.partitions[best]!;
    const classIndex = candidates.classes[best]!;
    const count = kernel.pickCount();
    const tasks = this.#tasksOf(classIndex, count);
    if (gate !== undefined && !gate.letsStart(row, partition, slot, length)) return false;
    // Rounding to slots is no reason to promise less.
    const startS = slot === from ? promisedS : tables.nowS + borders[slot]!;
    const nodes = kernel.picks.slice(0, count);
    kernel.take(classIndex, slot, length);
    gate?.take(row, partition, slot, length);
    if (slot === 0) chooser.update(count);
    this.#placeOf.set(row, { row, partition, classIndex, slot, length, startS, nodes, tasks });
    return true;
  }

  /** Gives the row's place back, for the time in which it is looked at whether it can start now. */
  lift({ row, partition, classIndex, slot, length, nodes, tasks }: KeptPlace): void {
    const { kernel, gate, chooser } = this.#of;
    kernel.usePicks(nodes, tasks);
    kernel.give(classIndex, slot, length);
    gate?.giveBack(row, partition, slot, length);
    if (slot === 0) chooser.update(nodes.length);
  }

  /** Takes a place that was lifted again; nothing may have been taken meanwhile. Its nodes are the kernel's picks. */
  putBack({ row, partition, classIndex, slot, length, nodes, tasks }: KeptPlace): void {
    const { kernel, gate, chooser } = this.#of;
    kernel.usePicks(nodes, tasks);
    kernel.take(classIndex, slot, length);
    gate?.take(row, partition, slot, length);
    if (slot === 0) chooser.update(nodes.length);
  }

  /** Whether there may be room now at all: most rows of a full cluster are left at that. Candidates are the row's. */
  mayStart({ slot }: KeptPlace): boolean {
    if (slot === 0) return true;
    const { classes, candidates, kernel } = this.#of;
    for (let i = 0; i < candidates.count; i++) {
      const classIndex = candidates.classes[i]!;
      if (classes.demand[classIndex]!.uneven) return true;
      if (classes.hintSlot(classIndex, 1) > 0) continue;
      classes.ready(classIndex);
      if (kernel.countNow(classIndex) >= classes.want[classIndex]!) return true;
      // What is free in the first slot only shrinks: places that are lifted from it are laid or started on again.
      classes.raiseHint(classIndex, 1, 1, 0);
    }
    return false;
  }

  #find(row: number, i: number, length: number, from: number, until: number): number {
    const { candidates, classes, kernel, search, borders } = this.#of;
    const classIndex = candidates.classes[i]!;
    const partition = candidates.partitions[i]!;
    const key = (classIndex * (borders.length + 1) + length) * (borders.length + 1) + from;
    const isPlain = !classes.demand[classIndex]!.uneven && classes.demand[classIndex]!.required.length === 0;
    const fromNode = isPlain ? (this.#fullTo.get(key) ?? 0) : 0;
    const slot = search.firstFrom(row, partition, classIndex, length, from, until, fromNode);
    if (isPlain && slot === from) this.#fullTo.set(key, kernel.foundNode());
    return slot;
  }

  #tasksOf(classIndex: number, count: number): Int32Array | undefined {
    const { classes, kernel } = this.#of;
    return classes.demand[classIndex]!.uneven ? kernel.pickTasks.slice(0, count) : undefined;
  }
}
