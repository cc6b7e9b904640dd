/**
 * Rows of the queue where a sum of CPUs decides and every one has a start: the tasks that nobody promised anything, and
 * why a row waits. For the modes that keep promises, which lay these into the profile first. Pure.
 */
import { NEVER_S } from "../slots.ts";
import type { CountedPass } from "./counted-pass.ts";
import { CountedEnds } from "./ends.ts";
import { Profile } from "./profile.ts";

export class CountedRows {
  readonly #pass: CountedPass;
  readonly profile = new Profile();
  readonly #ends = new CountedEnds();
  /** Job id of the first that waits; 0 for none yet. */
  #firstJob = 0;

  constructor(pass: CountedPass) {
    this.#pass = pass;
  }

  begin(): void {
    const pass = this.#pass;
    this.#firstJob = 0;
    this.profile.begin(pass.tables, pass.free);
    this.#ends.begin(pass.tables);
  }

  /** Plans tasks of a row that nobody promised anything; then the row is done. */
  planRow(place: number, tasks: number): void {
    const pass = this.#pass;
    const row = pass.ranked.order[place]!;
    if (this.#planTasks(place, row, tasks) && pass.columns.reason[row] === 0) pass.finishRow(row);
  }

  /** Whether the row asks for more than there is, which is then its reason. */
  isTooLarge(place: number): boolean {
    const pass = this.#pass;
    if (pass.need[place]! <= pass.total) return false;
    pass.columns.decisions++;
    pass.killRow(pass.ranked.order[place]!);
    return true;
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
      if (!pass.isOverDecided) change = this.profile.earliest(need, limitS, change);
      if (change < 0 || pass.isOverDecided) {
        this.wait(place, row, -1);
        return false;
      }
      const leftS = this.profile.at(change);
      this.profile.take(leftS, need, limitS);
      if (change === 0) this.start(place, row);
      else this.wait(place, row, leftS);
    }
    return true;
  }

  start(place: number, row: number): void {
    const pass = this.#pass;
    pass.start(place, row);
    if (this.#firstJob === 0) this.#ends.add(pass.limitS[row]!, pass.need[place]!, pass.jobId[row]!);
  }

  /** The job starts in `leftS` seconds, or at no time that is known where that is below 0. */
  wait(place: number, row: number, leftS: number): void {
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
