/**
 * The first slot in which a job of a class fits, by the kernel and by the limits of its owner. Goes on looking where its
 * class left off, and teaches it. One a group of a pass. Pure but for the kernel, which is scratch memory.
 */
import type { ClassTable } from "./class-table.ts";
import type { PlanKernel } from "./kernel.ts";
import type { LimitGate } from "./limit-gate.ts";

export class SlotSearch {
  readonly #kernel: PlanKernel;
  readonly #classes: ClassTable;
  readonly #gate: LimitGate | undefined;

  constructor(kernel: PlanKernel, classes: ClassTable, gate: LimitGate | undefined) {
    this.#kernel = kernel;
    this.#classes = classes;
    this.#gate = gate;
  }

  /** First slot below `until` in which the row fits and its owner's limits let it run; -1 for none. */
  first(row: number, partition: number, classIndex: number, length: number, until: number): number {
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
    this.#classes.ready(classIndex);
    const slot = this.#kernel.search(
      classIndex,
      length,
      from,
      this.#classes.hintNode(classIndex, length),
      until,
    );
    this.#classes.raiseHint(classIndex, length, this.#kernel.foundSlot(), this.#kernel.foundNode());
    return slot;
  }

  /** The same from a slot on, before which there may be room: what is found is no hint to others. */
  #fittingFrom(classIndex: number, length: number, from: number, until: number, fromNode = 0): number {
    this.#classes.ready(classIndex);
    return this.#kernel.search(classIndex, length, from, fromNode, until);
  }
}
