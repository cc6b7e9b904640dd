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
import type { CountedPass } from "./counted-pass.ts";
import { CountedRows } from "./counted-rows.ts";
import type { Profile } from "./profile.ts";
import { PromiseOrder } from "./promise-order.ts";

export class CountedConservative {
  readonly #pass: CountedPass;
  readonly #promised = new PromiseOrder();
  readonly #rows: CountedRows;
  readonly #profile: Profile;

  constructor(pass: CountedPass) {
    this.#pass = pass;
    this.#rows = new CountedRows(pass);
    this.#profile = this.#rows.profile;
  }

  /** With `placesNewOnly`, jobs that have a promise keep it as it is. */
  plan(promises: Promises | undefined, placesNewOnly: boolean): Plan {
    const pass = this.#pass;
    const { tables, ranked } = pass;
    const { order } = ranked;
    this.#rows.begin();
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
    if (this.#rows.isTooLarge(place)) return;
    const row = this.#pass.ranked.order[place]!;
    const isPromised = this.#promised.startS[place]! > 0;
    if (isPromised) this.#planPromised(place, row, placesNewOnly);
    this.#rows.planRow(place, this.#pass.tasksOf(row) - (isPromised ? 1 : 0));
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
    if (leftS === 0) this.#rows.start(place, row);
    else this.#rows.wait(place, row, leftS);
  }
}
