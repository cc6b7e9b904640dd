/**
 * The mode `conservative` where a sum of CPUs decides: every waiting job has a start, to the second, and keeps what it
 * was promised. All promises are laid into the profile; then each job in the order of the queue gives its own back and
 * takes the earliest start that is free, a new one beside the promises of all others.
 *
 * Why no promise is ever missed: after every step all starts fit side by side. They do when they were promised. Running
 * jobs end by their limits or earlier, which frees CPUs and takes none. When a job gives its promise back, its place is
 * free and stays so until it takes a start: the same or an earlier one. A new job takes only what all promises leave. So
 * at the promised time the CPUs are there, and the job starts then or before. What breaks a promise is a cluster that
 * shrinks, a limit that is raised, or a job that outruns its limit: then the promises do not fit side by side any more,
 * and jobs are planned anew, the earliest promise first.
 *
 * Of an array the first waiting task is promised.
 */
import type { Plan } from "../../model/plan.ts";
import type { Promises } from "../queue.ts";
import { NEVER_S } from "../slots.ts";
import type { CountedPass } from "./counted-pass.ts";
import { CountedEnds } from "./ends.ts";
import { Profile } from "./profile.ts";
import { PromiseOrder } from "./promise-order.ts";

export class CountedConservative {
  readonly #pass: CountedPass;
  readonly #promised = new PromiseOrder();
  readonly #profile = new Profile();
  readonly #ends = new CountedEnds();
  /** Job id of the first that waits; 0 for none yet. */
  #firstJob = 0;

  constructor(pass: CountedPass) {
    this.#pass = pass;
  }

  /** With `placesNewOnly`, jobs that have a promise keep it as it is. */
  plan(promises: Promises | undefined, placesNewOnly: boolean): Plan {
    const pass = this.#pass;
    const { tables, ranked } = pass;
    const { order } = ranked;
    this.#firstJob = 0;
    this.#profile.begin(tables, pass.free);
    this.#ends.begin(tables);
    this.#promised.begin(tables, ranked, promises);
    if (!this.#layPromises()) this.#planByPromise();
    for (let place = 0; place < order.length; place++) this.#planRow(place, placesNewOnly);
    return pass.finish();
  }

  /** Lays the promises into the profile; false, with none in it, where they do not fit side by side. */
  #layPromises(): boolean {
    const pass = this.#pass;
    const { order } = pass.ranked;
    const { startS, count } = this.#promised;
    for (let place = 0; place < order.length && count > 0; place++) {
      if (startS[place] === 0) continue;
      this.#profile.take(this.#leftOf(place), pass.need[place]!, pass.limitS[order[place]!]!);
    }
    if (!this.#profile.isShort) return true;
    this.#profile.begin(pass.tables, pass.free);
    return false;
  }

  /** Makes new promises for those that have one, the earliest first, and lays these into the profile. */
  #planByPromise(): void {
    const pass = this.#pass;
    const { order } = pass.ranked;
    const { startS, count } = this.#promised;
    this.#promised.sort(order.length);
    for (let n = 0; n < count; n++) {
      const place = this.#promised.placeOf(n);
      const need = pass.need[place]!;
      const limitS = pass.limitS[order[place]!]!;
      const change = this.#profile.earliest(need, limitS, 0);
      startS[place] = change < 0 ? 0 : pass.tables.nowS + this.#profile.at(change);
      if (change >= 0) this.#profile.take(this.#profile.at(change), need, limitS);
    }
  }

  #leftOf(place: number): number {
    return Math.max(0, this.#promised.startS[place]! - this.#pass.tables.nowS);
  }

  #planRow(place: number, placesNewOnly: boolean): void {
    const pass = this.#pass;
    const row = pass.ranked.order[place]!;
    if (pass.need[place]! > pass.total) {
      pass.columns.decisions++;
      pass.killRow(row);
      return;
    }
    const isPromised = this.#promised.startS[place]! > 0;
    if (isPromised) this.#planPromised(place, row, placesNewOnly);
    const isPlanned = this.#planTasks(place, row, pass.tasksOf(row) - (isPromised ? 1 : 0));
    if (isPlanned && pass.columns.reason[row] === 0) pass.finishRow(row);
  }

  /** The first task of the row, whose promise is in the profile. */
  #planPromised(place: number, row: number, placesNewOnly: boolean): void {
    const pass = this.#pass;
    const need = pass.need[place]!;
    const limitS = pass.limitS[row]!;
    let leftS = this.#leftOf(place);
    pass.columns.decisions++;
    if (!placesNewOnly && leftS > 0) {
      this.#profile.take(leftS, -need, limitS);
      leftS = this.#profile.at(this.#profile.earliest(need, limitS, 0));
      this.#profile.take(leftS, need, limitS);
    }
    if (leftS === 0) this.#start(place, row);
    else this.#wait(place, row, leftS);
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
