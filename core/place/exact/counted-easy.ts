/**
 * The modes `none` and `easy` where a sum of CPUs decides. Jobs start in order while they fit; in `easy` the first that
 * does not holds a reservation at the second when enough will be free (the shadow time), and jobs behind it start if
 * they end by then or use only what it leaves over. Nothing is rounded.
 */
import type { Plan } from "../../model/plan.ts";
import type { CountedPass } from "./counted-pass.ts";
import { CountedEnds } from "./ends.ts";
import { MAX_INSERTION, sortKeys } from "./sort-keys.ts";

const MAX_PLACES = 2 ** 21;
/** Jobs that are picked out of a long list before it is sorted after all. */
const MAX_PICKS = 16;

export class CountedEasy {
  readonly #pass: CountedPass;
  readonly #ends = new CountedEnds();
  /** Time limit × MAX_PLACES + place, of the jobs behind the head that could start. */
  #candidates = new Float64Array(64);

  constructor(pass: CountedPass) {
    this.#pass = pass;
  }

  /** Strict order: nothing passes the first job that does not fit. */
  planStrict(): Plan {
    const pass = this.#pass;
    const { order } = pass.ranked;
    const head = this.#startInOrder(false);
    if (head < order.length) {
      const row = order[head]!;
      if (pass.isOverDecided) pass.waitBehind(row, 0);
      else pass.waitForResources(row, 0);
      pass.leaveFrom(head + 1, pass.jobId[row]!);
    }
    return pass.finish();
  }

  /** With `isShortest`, jobs behind the head are looked at by time limit. */
  plan(isShortest: boolean): Plan {
    const pass = this.#pass;
    const { order } = pass.ranked;
    this.#ends.begin(pass.tables);
    const head = this.#startInOrder(true);
    if (head < order.length) {
      if (pass.isOverDecided) pass.leaveFrom(head, 0);
      else this.#backfill(head, isShortest);
    }
    return pass.finish();
  }

  /** Starts jobs while they fit; gives the place of the first that does not, which is the head. */
  #startInOrder(notesEnds: boolean): number {
    const pass = this.#pass;
    const { order } = pass.ranked;
    const { columns, need } = pass;
    let place = 0;
    for (; place < order.length; place++) {
      const row = order[place]!;
      if (need[place]! > pass.total) {
        columns.decisions++;
        pass.killRow(row);
        continue;
      }
      const tasks = pass.tasksOf(row);
      for (let task = 0; task < tasks; task++) {
        columns.decisions++;
        if (need[place]! > pass.free || pass.isOverDecided) return place;
        pass.start(place, row);
        if (notesEnds) this.#ends.add(pass.limitS[row]!, need[place]!, pass.jobId[row]!);
      }
      pass.finishRow(row);
    }
    return place;
  }

  #backfill(head: number, isShortest: boolean): void {
    const pass = this.#pass;
    const { order } = pass.ranked;
    const { need, limitS } = pass;
    const headRow = order[head]!;
    const headJob = pass.jobId[headRow]!;
    const shadowS = this.#ends.findShadow(pass.free, need[head]!);
    let spare = this.#ends.freeAtShadow - need[head]!;
    // All wait behind the head but those that start below.
    pass.leaveFrom(head + 1, headJob);
    pass.waitForResources(headRow, this.#ends.shadowJob);
    if (this.#ends.shadowJob !== 0) pass.expect(head, headRow, shadowS);

    let candidates = 0;
    let { free } = pass;
    for (let place = head + 1; place < order.length && free > 0; place++) {
      if (need[place]! > free) continue;
      const limit = limitS[order[place]!]!;
      if (limit > shadowS && need[place]! > spare) continue;
      if (isShortest) {
        this.#addCandidate(candidates++, limit, place);
      } else {
        spare = this.#startSome(place, headJob, limit <= shadowS, spare);
        free = pass.free;
      }
    }
    if (isShortest) this.#startShortest(candidates, headJob, shadowS, spare);
  }

  /** Starts the candidates in order of time limit: most often few start, so they are picked one by one before all are sorted. */
  #startShortest(candidates: number, headJob: number, shadowS: number, spareCpus: number): void {
    const pass = this.#pass;
    const key = this.#candidates;
    let count = candidates;
    let spare = spareCpus;
    const start = (candidate: number): void => {
      const place = candidate % MAX_PLACES;
      spare = this.#startSome(place, headJob, pass.limitS[pass.ranked.order[place]!]! <= shadowS, spare);
    };
    for (let round = 0; round < MAX_PICKS && count > MAX_INSERTION; round++) {
      let least = 0;
      for (let i = 1; i < count; i++) if (key[i]! < key[least]!) least = i;
      const picked = key[least]!;
      key[least] = key[--count]!;
      start(picked);
      count = this.#dropUnfit(count, shadowS, spare);
    }
    sortKeys(key, count);
    for (let i = 0; i < count && pass.free > 0; i++) start(key[i]!);
  }

  /** Keeps the candidates that still fit; gives how many. */
  #dropUnfit(count: number, shadowS: number, spare: number): number {
    const { need, free, limitS, ranked } = this.#pass;
    const key = this.#candidates;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const place = key[i]! % MAX_PLACES;
      const fits =
        need[place]! <= free && (need[place]! <= spare || limitS[ranked.order[place]!]! <= shadowS);
      if (fits) key[kept++] = key[i]!;
    }
    return kept;
  }

  /** Starts what fits of the row beside the head's reservation; gives what is spare then. */
  #startSome(place: number, headJob: number, isShort: boolean, spare: number): number {
    const pass = this.#pass;
    const row = pass.ranked.order[place]!;
    const need = pass.need[place]!;
    const tasks = pass.tasksOf(row);
    let left = spare;
    pass.columns.decisions += tasks - 1;
    for (let task = 0; task < tasks; task++) {
      if (need > pass.free || (!isShort && need > left) || pass.isOverDecided) {
        pass.waitBehind(row, headJob);
        return left;
      }
      pass.start(place, row);
      if (!isShort) left -= need;
    }
    pass.columns.reason[row] = 0;
    pass.columns.behindJob[row] = 0;
    pass.finishRow(row);
    return left;
  }

  #addCandidate(at: number, limitS: number, place: number): void {
    if (at === this.#candidates.length) {
      const larger = new Float64Array(2 * at);
      larger.set(this.#candidates);
      this.#candidates = larger;
    }
    this.#candidates[at] = limitS * MAX_PLACES + place;
  }
}
