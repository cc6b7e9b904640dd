/**
 * The mode `planned` where a sum of CPUs decides: every waiting job has a start, to the second. What a job was promised
 * is kept for it against all behind it, and it starts as soon as it fits beside the promises of all others.
 *
 * Planned from nothing each time, a job ahead that finds its way earlier takes it from those behind it, pass after pass,
 * and the queue waits longer than under EASY. With promises that stay where they are, what a job leaves when it starts
 * early is room for whoever fits (on SDSC-SP2 a mean bounded slowdown of 64 instead of 102; EASY has 88). It differs
 * from conservative backfilling, which moves promises up in the order of the queue, in that it never does.
 *
 * A job that was not promised anything yet, and is ahead of others that were, is planned before them: it may take their
 * place, and they get another. So nobody waits for a job behind him. In the order of arrival this never happens.
 */
import type { Plan } from "../../model/plan.ts";
import type { Promises } from "../queue.ts";
import { NEVER_S } from "../slots.ts";
import type { CountedPass } from "./counted-pass.ts";
import { CountedEnds } from "./ends.ts";
import { Profile } from "./profile.ts";
import { PromiseOrder } from "./promise-order.ts";

export class CountedPlanned {
  readonly #pass: CountedPass;
  readonly #promised = new PromiseOrder();
  readonly #profile = new Profile();
  readonly #ends = new CountedEnds();
  /** By place in the queue: seconds from now at which the row has its place; -1 for none. */
  #placeS = new Float64Array(64);
  /** Job id of the first that waits; 0 for none yet. */
  #firstJob = 0;

  constructor(pass: CountedPass) {
    this.#pass = pass;
  }

  plan(promises: Promises): Plan {
    const pass = this.#pass;
    const { order } = pass.ranked;
    this.#firstJob = 0;
    this.#profile.begin(pass.tables, pass.free);
    this.#ends.begin(pass.tables);
    this.#promised.begin(pass.tables, pass.ranked, promises);
    if (this.#placeS.length < order.length) this.#placeS = new Float64Array(2 * order.length);
    const known = this.#lastPromised() + 1;
    for (let place = 0; place < known; place++) this.#layRow(place);
    for (let place = 0; place < known; place++) this.#startOrKeep(place);
    for (let place = known; place < order.length; place++) this.#planRow(place);
    return pass.finish();
  }

  #lastPromised(): number {
    const { startS, count } = this.#promised;
    let place = count === 0 ? -1 : this.#pass.ranked.order.length - 1;
    while (place >= 0 && startS[place] === 0) place--;
    return place;
  }

  /** Puts a promised row where it was promised, or as soon after that as there is room; plans one that was not. */
  #layRow(place: number): void {
    const pass = this.#pass;
    const row = pass.ranked.order[place]!;
    this.#placeS[place] = -1;
    if (this.#promised.startS[place] === 0 || pass.need[place]! > pass.total) {
      this.#planRow(place);
      return;
    }
    const need = pass.need[place]!;
    const limitS = pass.limitS[row]!;
    const promisedS = Math.max(0, this.#promised.startS[place]! - pass.tables.nowS);
    const leftS = this.#profile.earliestFrom(need, limitS, promisedS);
    if (leftS < 0) return;
    this.#profile.take(leftS, need, limitS);
    this.#placeS[place] = leftS;
  }

  /** The first task of a row that has its place starts now where it fits, else keeps it; then its other tasks. */
  #startOrKeep(place: number): void {
    const pass = this.#pass;
    const row = pass.ranked.order[place]!;
    if (this.#promised.startS[place] === 0 || pass.need[place]! > pass.total) return;
    const leftS = this.#placeS[place]!;
    if (leftS < 0) {
      this.#planRow(place);
      return;
    }
    const need = pass.need[place]!;
    const limitS = pass.limitS[row]!;
    pass.columns.decisions++;
    let isNow = leftS === 0;
    if (!isNow && need <= pass.free) {
      this.#profile.take(leftS, -need, limitS);
      isNow = this.#profile.fitsNow(need, limitS);
      this.#profile.take(isNow ? 0 : leftS, need, limitS);
    }
    if (isNow) this.#start(place, row);
    else this.#wait(place, row, leftS);
    if (this.#planTasks(place, row, pass.tasksOf(row) - 1) && pass.columns.reason[row] === 0)
      pass.finishRow(row);
  }

  /** A row without a promise. */
  #planRow(place: number): void {
    const pass = this.#pass;
    const row = pass.ranked.order[place]!;
    if (pass.need[place]! > pass.total) {
      pass.columns.decisions++;
      pass.killRow(row);
      return;
    }
    if (this.#planTasks(place, row, pass.tasksOf(row)) && pass.columns.reason[row] === 0) pass.finishRow(row);
  }

  /** Tasks that have no promise; false where one of them gets no start. */
  #planTasks(place: number, row: number, tasks: number): boolean {
    const pass = this.#pass;
    const need = pass.need[place]!;
    const limitS = pass.limitS[row]!;
    let change = 0;
    for (let task = 0; task < tasks; task++) {
      pass.columns.decisions++;
      // What an earlier task did not find, a later one does not either.
      if (!pass.isOverDecided) change = this.#profile.earliest(need, limitS, change);
      if (change < 0 || pass.isOverDecided) {
        this.#wait(place, row, -1);
        return false;
      }
      const leftS = this.#profile.at(change);
      this.#profile.take(leftS, need, limitS);
      if (change === 0) this.#start(place, row);
      else this.#wait(place, row, leftS);
    }
    return true;
  }

  #start(place: number, row: number): void {
    const pass = this.#pass;
    pass.start(place, row);
    if (this.#firstJob === 0) this.#ends.add(pass.limitS[row]!, pass.need[place]!, pass.jobId[row]!);
  }

  /** The job starts in `leftS` seconds, or at no time that is known where that is below 0. */
  #wait(place: number, row: number, leftS: number): void {
    const pass = this.#pass;
    if (pass.columns.reason[row] === 0) this.#explain(place, row);
    if (leftS >= 0) pass.expect(place, row, leftS);
  }

  /** The first that waits does so for resources, unless these are there and kept for a promise. */
  #explain(place: number, row: number): void {
    const pass = this.#pass;
    const job = pass.jobId[row]!;
    const isFirst = this.#firstJob === 0;
    if (isFirst) this.#firstJob = job;
    if (!isFirst || pass.need[place]! <= pass.free) {
      pass.waitBehind(row, isFirst ? 0 : this.#firstJob);
      return;
    }
    const isKnown = this.#ends.findShadow(pass.free, pass.need[place]!) < NEVER_S;
    pass.waitForResources(row, isKnown ? this.#ends.shadowJob : 0);
  }
}
