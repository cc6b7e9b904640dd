/**
 * The mode `planned` where a sum of CPUs decides: every waiting job has a start, to the second. What a job was promised
 * is kept for it against all behind it, and it starts as soon as it fits beside the promises of all others.
 *
 * Planned from nothing each time, a job ahead that finds its way earlier takes it from those behind it, pass after pass,
 * and the queue waits longer than under EASY. With promises that stay where they are, what a job leaves when it starts
 * early is room for whoever fits (on SDSC-SP2, a pass for each event, a mean bounded slowdown of 58 instead of 102; EASY has 88). It differs
 * from conservative backfilling, which moves promises up in the order of the queue, in that it never does.
 *
 * A job that was not promised anything yet, and is ahead of others that were, is planned before them: it may take their
 * place, and they get another. So nobody waits for a job behind him. In the order of arrival this never happens.
 */
import type { Plan } from "../../model/plan.ts";
import type { Promises } from "../queue.ts";
import type { CountedPass } from "./counted-pass.ts";
import { CountedRows } from "./counted-rows.ts";
import type { Profile } from "./profile.ts";
import { PromiseOrder } from "./promise-order.ts";

export class CountedPlanned {
  readonly #pass: CountedPass;
  readonly #promised = new PromiseOrder();
  readonly #rows: CountedRows;
  readonly #profile: Profile;
  /** By place in the queue: seconds from now at which the row has its place; -1 for none. */
  #placeS = new Float64Array(64);

  constructor(pass: CountedPass) {
    this.#pass = pass;
    this.#rows = new CountedRows(pass);
    this.#profile = this.#rows.profile;
  }

  plan(promises: Promises): Plan {
    const pass = this.#pass;
    const { order } = pass.ranked;
    this.#rows.begin();
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
    if (isNow) this.#rows.start(place, row);
    else this.#rows.wait(place, row, leftS);
    this.#rows.planRow(place, pass.tasksOf(row) - 1);
  }

  /** A row without a promise, or without one that can be kept. */
  #planRow(place: number): void {
    if (!this.#rows.isTooLarge(place))
      this.#rows.planRow(place, this.#pass.tasksOf(this.#pass.ranked.order[place]!));
  }
}
