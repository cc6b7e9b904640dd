/**
 * When running jobs and those that the plan has started give their CPUs back, by count: the first second at which
 * enough are free. Reads the ends in the order that the state keeps, and merges the plan's own starts into it.
 */
import type { PassTables } from "../../state/tables.ts";
import { NEVER_S } from "../slots.ts";
import { sortKeys } from "./sort-keys.ts";

/** A job that is at its limit or has outrun it is about to end: in so many seconds. */
export const DUE_S = 1;
/** Starts that one plan may add: places are packed into the low bits of a key. */
const MAX_STARTS = 2 ** 20;

export class CountedEnds {
  #tables: PassTables | undefined;
  #started = 0;
  /** Seconds until the end × MAX_STARTS + place, of each start. */
  #key = new Float64Array(64);
  #cpus = new Int32Array(64);
  #job = new Int32Array(64);

  /** What the last `findShadow` found: CPUs free at that second, and the lowest job of those that end then. */
  freeAtShadow = 0;
  shadowJob = 0;

  begin(tables: PassTables): void {
    this.#tables = tables;
    this.#started = 0;
  }

  /** Notes a job that the plan has started. */
  add(limitS: number, cpus: number, job: number): void {
    const place = this.#started++;
    if (place === this.#key.length) this.#grow();
    this.#key[place] = limitS * MAX_STARTS + place;
    this.#cpus[place] = cpus;
    this.#job[place] = job;
  }

  /** Seconds until `cpus` are free, given that `free` are now; NEVER_S where they will not be by the known ends. */
  findShadow(free: number, cpus: number): number {
    const { nowS, endOrder, runningJobs } = this.#tables!;
    const { endS, cpus: runningCpus, jobId } = runningJobs.columns;
    const started = this.#started;
    sortKeys(this.#key, started);
    let sum = free;
    let shadowS = -1;
    /** Of the second at hand: the lowest job that ends in it. */
    let job = 0;
    let atS = 0;
    let at = 0;
    let place = 0;
    while (true) {
      const row = at < endOrder.length ? endOrder[at]! : -1;
      const end = row < 0 ? NEVER_S : endS[row]!;
      const runningLeftS = end >= NEVER_S ? NEVER_S : end > nowS ? end - nowS : DUE_S;
      const startedLeftS = place < started ? this.#leftOf(place) : NEVER_S;
      const leftS = Math.min(runningLeftS, startedLeftS);
      if (leftS >= NEVER_S || (shadowS >= 0 && leftS > shadowS)) break;
      let ended: number;
      if (runningLeftS <= startedLeftS) {
        sum += runningCpus[row]!;
        ended = jobId[row]!;
        at++;
      } else {
        const start = this.#key[place]! % MAX_STARTS;
        sum += this.#cpus[start]!;
        ended = this.#job[start]!;
        place++;
      }
      if (leftS > atS || ended < job) job = ended;
      atS = leftS;
      if (sum >= cpus) shadowS = leftS;
    }
    if (shadowS < 0) {
      this.freeAtShadow = 0;
      this.shadowJob = 0;
      return NEVER_S;
    }
    this.freeAtShadow = sum;
    this.shadowJob = job;
    return shadowS;
  }

  #leftOf(place: number): number {
    const leftS = Math.floor(this.#key[place]! / MAX_STARTS);
    return this.#tables!.nowS + leftS >= NEVER_S ? NEVER_S : leftS;
  }

  #grow(): void {
    const size = 2 * this.#key.length;
    if (size > MAX_STARTS) throw new Error(`a plan starts at most ${MAX_STARTS} jobs`);
    const key = new Float64Array(size);
    const cpus = new Int32Array(size);
    const job = new Int32Array(size);
    key.set(this.#key);
    cpus.set(this.#cpus);
    job.set(this.#job);
    this.#key = key;
    this.#cpus = cpus;
    this.#job = job;
  }
}
