/** What the rows of a pass's queue were promised by the last plan. One a pass. Pure. */
import type { RankedQueue } from "../model/ranked.ts";
import type { PassTables } from "../state/tables.ts";
import { PromiseOrder } from "./exact/promise-order.ts";
import type { Promises } from "./queue.ts";

export class PromisedRows {
  readonly #order = new PromiseOrder();
  readonly #rank: Int32Array;

  /** `rank` is the place of each pending row in the queue, -1 for none. */
  constructor(tables: PassTables, ranked: RankedQueue, promises: Promises, rank: Int32Array) {
    this.#rank = rank;
    this.#order.begin(tables, ranked, promises);
  }

  /** Epoch seconds, 0 for none. */
  startS(row: number): number {
    const place = this.#rank[row]!;
    return place < 0 ? 0 : this.#order.startS[place]!;
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
