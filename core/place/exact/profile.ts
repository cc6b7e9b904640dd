/**
 * How many CPUs are free from now on, second by second, as a list of the times at which that changes. Exact: times are
 * not rounded. Begins with what running jobs give back; each planned job then takes its part.
 */
import type { PassTables } from "../../state/tables.ts";
import { NEVER_S } from "../slots.ts";
import { DUE_S } from "./ends.ts";

export class Profile {
  #count = 0;
  /** More was taken at some time than there is. */
  isShort = false;
  /** Seconds from now, ascending, the first 0. */
  #atS = new Float64Array(256);
  /** CPUs free from that time until the next. */
  #free = new Int32Array(256);

  /** Makes the profile of the running jobs' ends, given what is free now. Jobs that never end hold theirs for ever. */
  begin(tables: PassTables, free: number): void {
    const { nowS, endOrder, runningJobs } = tables;
    const { endS, cpus } = runningJobs.columns;
    this.#reserve(endOrder.length + 1);
    this.#atS[0] = 0;
    this.#free[0] = free;
    let last = 0;
    for (let i = 0; i < endOrder.length; i++) {
      const row = endOrder[i]!;
      const end = endS[row]!;
      if (end >= NEVER_S) break;
      const leftS = end > nowS ? end - nowS : DUE_S;
      if (leftS !== this.#atS[last]) {
        last++;
        this.#atS[last] = leftS;
        this.#free[last] = this.#free[last - 1]!;
      }
      this.#free[last]! += cpus[row]!;
    }
    this.#count = last + 1;
    this.isShort = false;
  }

  /** Seconds from now of the change with this number. */
  at(change: number): number {
    return this.#atS[change]!;
  }

  /** The first change from which on so many CPUs are free for `limitS` seconds, looking from `from` on; -1 for none. */
  earliest(cpus: number, limitS: number, from: number): number {
    const at = this.#atS;
    const free = this.#free;
    const count = this.#count;
    let start = from;
    while (start < count) {
      if (free[start]! < cpus) {
        start++;
        continue;
      }
      const end = endOf(at[start]!, limitS);
      let next = start + 1;
      while (next < count && at[next]! < end && free[next]! >= cpus) next++;
      if (next === count || at[next]! >= end) return start;
      start = next + 1;
    }
    return -1;
  }

  /**
   * Takes CPUs from `startS` seconds from now on for `limitS` seconds, or gives them back where `cpus` is below 0. What
   * is taken may not be there; see isShort.
   */
  take(startS: number, cpus: number, limitS: number): void {
    const endS = endOf(startS, limitS);
    const from = this.#cut(startS);
    const until = endS < NEVER_S ? this.#cut(endS) : this.#count;
    const free = this.#free;
    for (let i = from; i < until; i++) {
      free[i]! -= cpus;
      if (free[i]! < 0) this.isShort = true;
    }
  }

  /** Seconds from now, at or after `fromS`, from which on so many CPUs are free for `limitS` seconds; -1 for none. */
  earliestFrom(cpus: number, limitS: number, fromS: number): number {
    const change = this.earliest(cpus, limitS, this.#cut(fromS));
    return change < 0 ? -1 : this.#atS[change]!;
  }

  /** Whether so many CPUs are free from now on for `limitS` seconds. */
  fitsNow(cpus: number, limitS: number): boolean {
    const endS = endOf(0, limitS);
    for (let i = 0; i < this.#count && (i === 0 || this.#atS[i]! < endS); i++)
      if (this.#free[i]! < cpus) return false;
    return true;
  }

  /** The change at this time, which is made where there is none. */
  #cut(atS: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#atS[middle]! < atS) low = middle + 1;
      else high = middle;
    }
    if (low < this.#count && this.#atS[low] === atS) return low;
    this.#reserve(this.#count + 1);
    this.#atS.copyWithin(low + 1, low, this.#count);
    this.#free.copyWithin(low + 1, low, this.#count);
    this.#atS[low] = atS;
    this.#free[low] = this.#free[low - 1]!;
    this.#count++;
    return low;
  }

  #reserve(count: number): void {
    if (count <= this.#atS.length) return;
    const size = 2 ** Math.ceil(Math.log2(count));
    const atS = new Float64Array(size);
    const free = new Int32Array(size);
    atS.set(this.#atS);
    free.set(this.#free);
    this.#atS = atS;
    this.#free = free;
  }
}

/** A job without a limit never ends, whenever it begins. */
const endOf = (startS: number, limitS: number): number =>
  limitS >= NEVER_S ? Number.POSITIVE_INFINITY : startS + limitS;
