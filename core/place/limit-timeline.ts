/**
 * Limits of accounts, users and QOS over the time of a plan: how much of each counter is in use in every slot, by
 * running jobs until they end and by what the plan has given. The node planes say where a job fits; this says when it
 * may. One a pass, and only where a waiting job has limits. Pure.
 *
 * Limits on what is in use at a moment are exact in every slot, since ends are rounded up as they are for nodes. Limits
 * on usage and on the minutes that running jobs have left are looked at as they are now: a job over one of these has no
 * expected start.
 */
import { countsJobs, isOfMoment } from "../state/limit-sets.ts";
import { type LimitHit, LimitUse, type TresVector } from "../state/limit-use.ts";
import type { LimitTables, PassTables } from "../state/tables.ts";
import { NEVER_S, OVERDUE_S, slotsOfLimit } from "./slots.ts";

export class LimitTimeline {
  readonly #tables: PassTables;
  readonly #limits: LimitTables;
  readonly #borders: Int32Array;
  /** For limits that are looked at as they are now. */
  readonly #now: LimitUse;
  /** By counter: what is in use in each slot; made at its first use. */
  readonly #use: (Float64Array | undefined)[];
  /** What the last `firstSlot` ran into; undefined when it ran into nothing. */
  hit: LimitHit | undefined;

  constructor(tables: PassTables, limits: LimitTables, borders: Int32Array) {
    this.#tables = tables;
    this.#limits = limits;
    this.#borders = borders;
    this.#now = new LimitUse(tables.runningJobs, limits, tables.nowS);
    this.#use = new Array(limits.counters.length);
  }

  /**
   * First slot from `from` on in which a job with these constraints may start and run for `length` slots, counted from
   * slot 0; the number of slots when there is none. `timeLimitS` is what minutes are counted by.
   */
  firstSlot(
    constraintSet: number,
    amounts: TresVector,
    timeLimitS: number,
    from: number,
    length: number,
  ): number {
    this.hit = undefined;
    const slots = this.#borders.length;
    const set = this.#limits.constraintSets[constraintSet]!;
    for (const index of set) {
      if (isOfMoment(this.#limits.constraints[index]!.kind)) continue;
      this.hit = this.#now.overOne(index, amounts, timeLimitS);
      if (this.hit !== undefined) return slots;
    }
    let slot = from;
    for (let i = 0; i < set.length; ) {
      const next = this.#firstOf(set[i]!, amounts, slot, length);
      // A later slot must be looked at by all again.
      if (next > slot) {
        slot = next;
        i = 0;
      } else {
        i++;
      }
      if (slot >= slots) return slots;
    }
    return slot;
  }

  /** Counts a job that the plan starts or reserves. */
  take(subjectSet: number, amounts: TresVector, timeLimitS: number, slot: number, length: number): void {
    if (slot === 0) this.#now.take(subjectSet, amounts, timeLimitS);
    this.#add(subjectSet, amounts, slot, length, 1);
  }

  /** Gives back what `take` counted over the slots; what it counted as of now is the checkpoint's. */
  giveBack(subjectSet: number, amounts: TresVector, slot: number, length: number): void {
    this.#add(subjectSet, amounts, slot, length, -1);
  }

  /** What is in use as of now, for `restore`. */
  checkpoint(): Float64Array {
    return this.#now.checkpoint();
  }

  restore(use: Float64Array): void {
    this.#now.restore(use);
  }

  #add(subjectSet: number, amounts: TresVector, slot: number, length: number, by: 1 | -1): void {
    const end = endOf(this.#borders, slot, length);
    const subjects = this.#limits.subjectSets[subjectSet]!;
    this.#limits.counters.forEach(({ subject, kind, place }, counter) => {
      if (!isOfMoment(kind) || !subjects.includes(subject)) return;
      const use = this.#useOf(counter);
      const amount = countsJobs(kind) ? 1 : amounts[place]!;
      for (let at = slot; at < end; at++) use[at]! += by * amount;
    });
  }

  #firstOf(index: number, amounts: TresVector, from: number, length: number): number {
    const { counter, kind, place, value } = this.#limits.constraints[index]!;
    if (counter < 0 || !isOfMoment(kind)) return from;
    const use = this.#useOf(counter);
    const slots = this.#borders.length;
    const added = countsJobs(kind) ? 1 : amounts[place]!;
    let start = from;
    let end = endOf(this.#borders, start, length);
    for (let at = start; at < end; at++) {
      if (use[at]! + added <= value) continue;
      this.hit ??= { constraint: index, used: use[at]!, added };
      start = at + 1;
      if (start >= slots) return slots;
      end = endOf(this.#borders, start, length);
    }
    return start;
  }

  /** Use of a counter in every slot, of running jobs at first. */
  #useOf(counter: number): Float64Array {
    const known = this.#use[counter];
    if (known !== undefined) return known;
    const { subject, kind, place } = this.#limits.counters[counter]!;
    const slots = this.#borders.length;
    const use = new Float64Array(slots);
    const { columns } = this.#tables.runningJobs;
    let inUse = 0;
    const falls = new Float64Array(slots + 1);
    for (const row of this.#now.running(subject)) {
      const amount = countsJobs(kind) ? 1 : this.#now.amountOf(row, place);
      inUse += amount;
      falls[this.#endSlot(columns.endS[row]!)]! += amount;
    }
    for (let at = 0; at < slots; at++) {
      inUse -= falls[at]!;
      use[at] = inUse;
    }
    this.#use[counter] = use;
    return use;
  }

  /** First slot in which a job that ends then holds nothing any more. */
  #endSlot(endS: number): number {
    if (endS >= NEVER_S) return this.#borders.length;
    const leftS = endS > this.#tables.nowS ? endS - this.#tables.nowS : OVERDUE_S;
    const slot = slotsOfLimit(this.#borders, leftS);
    return slot;
  }
}

/** Slot before which a job of `length` slots ends when it starts with `slot`, as the kernel rounds it. */
function endOf(borders: Int32Array, slot: number, length: number): number {
  const slots = borders.length;
  if (length >= slots) return slots;
  if (slot === 0) return length;
  const endS = borders[slot]! + borders[length]!;
  let end = slot + 1;
  while (end < slots && borders[end]! < endS) end++;
  return end;
}
