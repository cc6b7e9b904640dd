/**
 * What the jobs of a queue were promised, and their order by it: the earliest promise first. Keeps nothing from one
 * queue to the next but memory.
 */
import type { RankedQueue } from "../../model/ranked.ts";
import type { PassTables } from "../../state/tables.ts";
import type { Promises } from "../queue.ts";
import { sortKeys } from "./sort-keys.ts";

const MAX_PLACES = 2 ** 21;
const MIX = 0x9e37_79b1;

export class PromiseOrder {
  /** By place in the queue: epoch seconds, 0 for none. */
  startS = new Float64Array(64);
  /** Number of jobs of the queue that have a promise. */
  count = 0;
  /** Place of the last of them, -1 for none. */
  last = -1;
  /** Promised start × MAX_PLACES + place in the queue, ascending. */
  #key = new Float64Array(64);
  /** Job ids and their promises, by hash; 0 where free. */
  #jobs = new Int32Array(256);
  #promises = new Float64Array(256);

  /** Place in the queue of the n-th job by promise; after `sort`. */
  placeOf(n: number): number {
    return this.#key[n]! % MAX_PLACES;
  }

  /** Looks up the promises of the queue's jobs. */
  begin(tables: PassTables, ranked: RankedQueue, promises: Promises | undefined): void {
    this.count = 0;
    this.last = -1;
    const { order } = ranked;
    if (this.startS.length < order.length)
      this.startS = new Float64Array(2 ** Math.ceil(Math.log2(order.length)));
    if (promises === undefined || promises.jobId.length === 0) {
      this.startS.fill(0, 0, order.length);
      return;
    }
    this.#file(promises);
    const { jobId } = tables.pending.columns;
    for (let place = 0; place < order.length; place++) {
      const startS = this.#promiseOf(jobId[order[place]!]!);
      this.startS[place] = startS;
      if (startS <= 0) continue;
      this.count++;
      this.last = place;
    }
  }

  /** Sorts the jobs that have a promise, equal ones as they are ranked. */
  sort(places: number): void {
    if (this.#key.length < places) this.#key = new Float64Array(2 ** Math.ceil(Math.log2(places)));
    const key = this.#key;
    let count = 0;
    for (let place = 0; place < places; place++)
      if (this.startS[place]! > 0) key[count++] = this.startS[place]! * MAX_PLACES + place;
    sortKeys(key, count);
  }

  #file(promises: Promises): void {
    const { jobId, startS } = promises;
    const size = 2 ** Math.ceil(Math.log2(2 * jobId.length + 2));
    if (this.#jobs.length < size) {
      this.#jobs = new Int32Array(size);
      this.#promises = new Float64Array(size);
    } else {
      this.#jobs.fill(0);
    }
    for (let i = 0; i < jobId.length; i++) {
      if (startS[i] === 0) continue;
      const at = this.#find(jobId[i]!);
      this.#jobs[at] = jobId[i]!;
      this.#promises[at] = startS[i]!;
    }
  }

  #promiseOf(job: number): number {
    const at = this.#find(job);
    return this.#jobs[at] === job ? this.#promises[at]! : 0;
  }

  /** Cell of a job, or the free one where it belongs. */
  #find(job: number): number {
    const mask = this.#jobs.length - 1;
    let at = (Math.imul(job, MIX) >>> 8) & mask;
    while (this.#jobs[at] !== 0 && this.#jobs[at] !== job) at = (at + 1) & mask;
    return at;
  }
}
