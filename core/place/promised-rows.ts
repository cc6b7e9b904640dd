/** What the rows of a pass's queue were promised by the last plan. One a pass. Pure. */
import type { RankedQueue } from "../model/ranked.ts";
import type { PassTables } from "../state/tables.ts";
import { PromiseOrder } from "./exact/promise-order.ts";
import { keepsPromises, type PlanOptions, type Promises } from "./queue.ts";
import { MAX_PROMISES, type PromisedTime } from "./slots.ts";

export class PromisedRows {
  readonly #order = new PromiseOrder();
  readonly #rank: Int32Array;
  readonly #nowS: number;
  readonly #limitS: Int32Array;

  /** undefined where the mode keeps no promises, or was given none. */
  static of(
    tables: PassTables,
    ranked: RankedQueue,
    { mode, promises }: PlanOptions,
    rank: Int32Array,
  ): PromisedRows | undefined {
    if (promises === undefined || !keepsPromises(mode)) return undefined;
    return new PromisedRows(tables, ranked, promises, rank);
  }

  /** `rank` is the place of each pending row in the queue, -1 for none. */
  constructor(tables: PassTables, ranked: RankedQueue, promises: Promises, rank: Int32Array) {
    this.#rank = rank;
    this.#nowS = tables.nowS;
    this.#limitS = tables.pending.columns.timeLimitS;
    this.#order.begin(tables, ranked, promises);
  }

  /** Epoch seconds, 0 for none. */
  startS(row: number): number {
    const place = this.#rank[row]!;
    return place < 0 ? 0 : this.#order.startS[place]!;
  }

  /** The promises, not yet due, of the first rows with distinct ones: as many as may be borders. */
  first(rows: Int32Array): readonly PromisedTime[] {
    const first = new Map<number, PromisedTime>();
    if (this.#order.count === 0) return [];
    for (let i = 0; i < rows.length && first.size < MAX_PROMISES; i++) {
      const leftS = this.startS(rows[i]!) - this.#nowS;
      if (leftS > 0 && !first.has(leftS)) first.set(leftS, { leftS, limitS: this.#limitS[rows[i]!]! });
    }
    return [...first.values()];
  }

  /** The rows with a promise, the earliest first, equal ones as they are ranked. */
  byStart(rows: Int32Array): Int32Array {
    const promised = rows.filter((row) => this.startS(row) > 0);
    return promised.sort((a, b) => this.startS(a) - this.startS(b) || this.#rank[a]! - this.#rank[b]!);
  }

  /**
   * How many of the rows, in the order of the queue, are up to and with the last that was promised anything; where they are
   * a part of the queue, up to the last of the whole queue.
   */
  known(rows: Int32Array, isPart: boolean): number {
    let count = this.#order.count === 0 ? 0 : rows.length;
    if (isPart) while (count > 0 && this.#rank[rows[count - 1]!]! > this.#order.last) count--;
    else while (count > 0 && this.startS(rows[count - 1]!) === 0) count--;
    return count;
  }
}
