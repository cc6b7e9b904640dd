/**
 * The first slot in which a job of a class fits, by the kernel and by the limits of its owner. Goes on looking where its
 * class left off, and teaches it. One a group of a pass. Pure but for the kernel, which is scratch memory.
 */
import type { Candidates } from "./candidates.ts";
import type { ClassTable } from "./class-table.ts";
import type { LimitGate } from "./limit-gate.ts";
import { slotAtOrAfter } from "./slots.ts";

export class SlotSearch {
  readonly #borders: Int32Array;
  readonly #classes: ClassTable;
  readonly #gate: LimitGate | undefined;
  /** What `earliest` found. */
  slot = -1;

  constructor(borders: Int32Array, classes: ClassTable, gate: LimitGate | undefined) {
    this.#borders = borders;
    this.#classes = classes;
    this.#gate = gate;
  }

  /** The first of the row's candidates with the earliest slot, whose nodes are then the kernel's picks; -1 for none. */
  earliest(row: number, candidates: Candidates, length: number): number {
    let best = -1;
    this.slot = this.#borders.length;
    for (let i = 0; i < candidates.count; i++) {
      const slot = this.#of(row, candidates, i, length, this.slot);
      if (slot < 0) continue;
      best = i;
      this.slot = slot;
    }
    // A later candidate's search has written over the picks.
    if (best >= 0 && best < candidates.count - 1)
      this.#of(row, candidates, best, length, this.#borders.length);
    return best;
  }

  #of(row: number, candidates: Candidates, i: number, length: number, until: number): number {
    const partition = candidates.partitions[i]!;
    const classIndex = candidates.classes[i]!;
    const fromS = candidates.fromS(i);
    if (fromS === 0) return this.#first(row, partition, classIndex, length, until);
    const from = Math.max(slotAtOrAfter(this.#borders, fromS), this.#classes.hintSlot(classIndex, length));
    return this.firstFrom(row, partition, classIndex, length, from, until);
  }

  /** First slot below `until` in which the row fits and its owner's limits let it run; -1 for none. */
  #first(row: number, partition: number, classIndex: number, length: number, until: number): number {
    if (this.#gate === undefined) return this.#fitting(classIndex, length, until);
    this.#classes.learn(classIndex, length);
    let from = this.#classes.hintSlot(classIndex, length);
    // Each turn looks further on, so there are at most as many as slots.
    while (from < until) {
      const allowed = this.#gate.firstSlot(row, partition, from, length);
      if (allowed >= until) return -1;
      const fitting =
        allowed === this.#classes.hintSlot(classIndex, length)
          ? this.#fitting(classIndex, length, until)
          : this.#fittingFrom(classIndex, length, allowed, until);
      if (fitting < 0 || this.#gate.firstSlot(row, partition, fitting, length) === fitting) return fitting;
      from = fitting;
    }
    return -1;
  }

  /**
   * The same from a slot on, which teaches the class nothing: before it there may be room. Of `fromNode` the caller knows
   * that no node before it holds the class in that slot.
   */
  firstFrom(
    row: number,
    partition: number,
    classIndex: number,
    length: number,
    from: number,
    until: number,
    fromNode = 0,
  ): number {
    let slot = from;
    // Each turn looks further on, so there are at most as many as slots.
    while (slot < until) {
      const allowed = this.#gate?.firstSlot(row, partition, slot, length) ?? slot;
      if (allowed >= until) return -1;
      const fitting = this.#fittingFrom(classIndex, length, allowed, until, allowed === from ? fromNode : 0);
      if (fitting < 0 || (this.#gate?.firstSlot(row, partition, fitting, length) ?? fitting) === fitting)
        return fitting;
      slot = fitting;
    }
    return -1;
  }

  #fitting(classIndex: number, length: number, until: number): number {
    this.#classes.learn(classIndex, length);
    const from = this.#classes.hintSlot(classIndex, length);
    if (from >= until) return -1;
    const node = this.#classes.hintNode(classIndex, length);
    const slot = this.#classes.search(classIndex, length, from, node, until);
    this.#classes.raiseHint(classIndex, length, this.#classes.foundSlot, this.#classes.foundNode);
    return slot;
  }

  /** The same from a slot on, before which there may be room: what is found is no hint to others. */
  #fittingFrom(classIndex: number, length: number, from: number, until: number, fromNode = 0): number {
    return this.#classes.search(classIndex, length, from, fromNode, until);
  }
}
