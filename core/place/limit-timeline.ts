/**
 * Limits of accounts, users and QOS over the time of a plan: how much of each counter is in use in every slot, by
 * running jobs until they end and by what the plan has given. The node planes say where a job fits; this says when it
 * may. One a pass, and only where a waiting job has limits. Pure.
 *
 * What is in use is exact in every slot, since ends are rounded up as they are for nodes. The minutes that running jobs
 * have left shrink with time, and are taken as they are when a slot begins. What has been used decays, and of what will
 * have been used by then nothing: a job over such a limit may find its place somewhat too late, never too early.
 */
import type { LimitKind } from "../model/limit-reasons.ts";
import { countsJobs, isOfMoment } from "../state/limit-sets.ts";
import {
  amountFor,
  type LimitHit,
  LimitUse,
  minutesFactor,
  slackOf,
  type TresVector,
} from "../state/limit-use.ts";
import type { LimitTables, PassTables } from "../state/tables.ts";
import { NEVER_S, OVERDUE_S, slotsOfLimit } from "./slots.ts";

export class LimitTimeline {
  readonly #tables: PassTables;
  readonly #limits: LimitTables;
  readonly #borders: Int32Array;
  readonly #running: LimitUse;
  /** By counter: what is in use in each slot; made at its first use. */
  readonly #use: (Float64Array | undefined)[];
  /** As the kernel's: seconds for which jobs count in later slots, in place of their length; 0 for the length. */
  spanS = 0;
  /** What the last `firstSlot` ran into; undefined when it ran into nothing. */
  hit: LimitHit | undefined;

  constructor(tables: PassTables, limits: LimitTables, borders: Int32Array) {
    this.#tables = tables;
    this.#limits = limits;
    this.#borders = borders;
    this.#running = new LimitUse(tables, limits);
    this.#use = new Array(limits.counters.length);
  }

  /**
   * First slot from `from` on in which a job with these constraints may start and run for `length` slots, counted from
   * slot 0; the number of slots when there is none. `timeLimitS` is what minutes are counted by, `qos` the place of its
   * QOS.
   */
  firstSlot(
    constraintSet: number,
    amounts: TresVector,
    timeLimitS: number,
    from: number,
    length: number,
    qos = -1,
  ): number {
    this.hit = undefined;
    const slots = this.#borders.length;
    const set = this.#limits.constraintSets[constraintSet]!;
    for (const index of set) {
      if (this.#limits.constraints[index]!.counter >= 0) continue;
      this.hit = this.#running.overOne(index, amounts, timeLimitS, qos);
      if (this.hit !== undefined) return slots;
    }
    let slot = from;
    for (let i = 0; i < set.length; ) {
      const next = this.#firstOf(set[i]!, amounts, timeLimitS, qos, slot, length);
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

  /** Counts (+1) a job that the plan starts or reserves, or gives back (-1) what was counted of it. */
  count(
    subjectSet: number,
    amounts: TresVector,
    timeLimitS: number,
    slot: number,
    length: number,
    by: 1 | -1 = 1,
    qos = -1,
  ): void {
    const subjects = this.#limits.subjectSets[subjectSet]!;
    const { counters } = this.#limits;
    const { qosRules } = this.#tables;
    // A job without a limit counts, so that it can be taken off again, as if it had the longest there is.
    const limitS = Math.min(timeLimitS, NEVER_S - 1);
    for (let counter = 0; counter < counters.length; counter++) {
      const { subject, kind, place } = counters[counter]!;
      if (!subjects.includes(subject)) continue;
      const use = this.#useOf(counter);
      const end = this.#endOf(kind, slot, length);
      const factor = minutesFactor(qosRules, kind, qos);
      if (kind !== "grpTresRunMins") {
        const amount = by * amountFor(kind, amounts[place]!, limitS, factor);
        for (let at = slot; at < end; at++) use[at]! += amount;
        continue;
      }
      for (let at = slot; at < end; at++)
        use[at]! += by * amountFor(kind, amounts[place]!, this.#leftS(limitS, slot, at), factor);
    }
  }

  #firstOf(
    index: number,
    amounts: TresVector,
    timeLimitS: number,
    qos: number,
    from: number,
    length: number,
  ): number {
    const { counter, kind, place, value } = this.#limits.constraints[index]!;
    if (counter < 0) return from;
    const use = this.#useOf(counter);
    const slots = this.#borders.length;
    const factor = minutesFactor(this.#tables.qosRules, kind, qos);
    const most = value + slackOf(kind);
    const runsOff = kind === "grpTresRunMins";
    let added = amountFor(kind, amounts[place]!, timeLimitS, factor);
    let start = from;
    let end = this.#endOf(kind, start, length);
    for (let at = start; at < end; at++) {
      if (runsOff) added = amountFor(kind, amounts[place]!, this.#leftS(timeLimitS, start, at), factor);
      if (use[at]! + added <= most) continue;
      this.hit ??= { constraint: index, used: use[at]!, added };
      // One that starts in between is over the limit in this slot as well.
      start = at + 1;
      if (start >= slots) return slots;
      end = this.#endOf(kind, start, length);
    }
    return start;
  }

  /** Use of a counter in every slot, of running jobs at first. */
  #useOf(counter: number): Float64Array {
    const known = this.#use[counter];
    if (known !== undefined) return known;
    const { kind } = this.#limits.counters[counter]!;
    const use = isOfMoment(kind) ? this.#heldOf(counter) : this.#minutesOf(counter);
    this.#use[counter] = use;
    return use;
  }

  #heldOf(counter: number): Float64Array {
    const { subject, kind, place } = this.#limits.counters[counter]!;
    const slots = this.#borders.length;
    const use = new Float64Array(slots);
    const { columns } = this.#tables.runningJobs;
    let inUse = 0;
    const falls = new Float64Array(slots + 1);
    for (const row of this.#running.running(subject)) {
      const amount = countsJobs(kind) ? 1 : this.#running.amountOf(row, place);
      inUse += amount;
      falls[this.#endSlot(columns.endS[row]!)]! += amount;
    }
    for (let at = 0; at < slots; at++) {
      inUse -= falls[at]!;
      use[at] = inUse;
    }
    return use;
  }

  /** Minutes: what has been used and decays, and what running jobs have left now or, of kind grpTresRunMins, by then. */
  #minutesOf(counter: number): Float64Array {
    const { subject, kind, place } = this.#limits.counters[counter]!;
    const { qos } = this.#tables.runningJobs.columns;
    const { qosRules } = this.#tables;
    const halfLifeS = this.#limits.halfLifeS[counter]!;
    const used = this.#limits.usage[counter]!;
    const use = Float64Array.from(this.#borders, (borderS) =>
      halfLifeS > 0 ? used * 2 ** (-borderS / halfLifeS) : used,
    );
    for (const row of this.#running.running(subject)) {
      const amount = this.#running.amountOf(row, place);
      const factor = minutesFactor(qosRules, kind, qos[row]!);
      const leftS = Math.min(this.#running.leftS(row), NEVER_S - 1);
      // One that is suspended goes on nobody knows when.
      const runsOff = kind === "grpTresRunMins" && this.#limits.stillLeftS?.has(row) !== true;
      for (let at = 0; at < use.length; at++) {
        const left = runsOff ? Math.max(0, leftS - this.#borders[at]!) : leftS;
        use[at]! += amountFor(kind, amount, left, factor);
      }
    }
    return use;
  }

  /** Seconds that a job which starts with slot `start` has left when slot `at` begins. */
  #leftS(timeLimitS: number, start: number, at: number): number {
    if (timeLimitS >= NEVER_S) return timeLimitS;
    return Math.max(0, timeLimitS + this.#borders[start]! - this.#borders[at]!);
  }

  /** Slot before which a job counts no more; what it will have used counts for ever. */
  #endOf(kind: LimitKind, slot: number, length: number): number {
    const counts = isOfMoment(kind) || kind === "grpTresRunMins";
    return counts ? endOf(this.#borders, slot, length, this.spanS) : this.#borders.length;
  }

  /** First slot in which a job that ends then holds nothing any more. */
  #endSlot(endS: number): number {
    if (endS >= NEVER_S) return this.#borders.length;
    const leftS = endS > this.#tables.nowS ? endS - this.#tables.nowS : OVERDUE_S;
    return slotsOfLimit(this.#borders, leftS);
  }
}

/** Slot before which a job of `length` slots ends when it starts with `slot`, as the kernel rounds it. */
function endOf(borders: Int32Array, slot: number, length: number, spanS: number): number {
  const slots = borders.length;
  if (length >= slots) return slots;
  if (slot === 0) return length;
  const endS = borders[slot]! + (spanS > 0 ? spanS : borders[length]!);
  let end = slot + 1;
  while (end < slots && borders[end]! < endS) end++;
  return end;
}
