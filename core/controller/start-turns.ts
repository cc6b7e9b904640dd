/**
 * Ids of started jobs on their way to their batch hosts, a few in each turn of the event loop. Several slices of a plan
 * may reach the disk with one write; ordering all their starts at once would hold up everything else. First in, first
 * out; never drops one.
 */
import type { JobId } from "../model/ids.ts";

/** Orders made in one turn: a millisecond or two. */
export const MAX_ORDERS_A_TURN = 16;

export class StartTurns {
  private readonly order: (id: JobId) => void;
  private waiting: JobId[] = [];
  private from = 0;
  private isDue = false;

  constructor(order: (id: JobId) => void) {
    this.order = order;
  }

  /** Orders the first ones at once when nothing waits, so that a single start is not late. */
  add(ids: readonly JobId[]): void {
    for (const id of ids) this.waiting.push(id);
    if (!this.isDue) this.turn();
  }

  private turn(): void {
    const to = Math.min(this.waiting.length, this.from + MAX_ORDERS_A_TURN);
    while (this.from < to) this.order(this.waiting[this.from++]!);
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      if (this.from < this.waiting.length) this.turn();
      else this.clear();
    });
  }

  private clear(): void {
    this.waiting = [];
    this.from = 0;
  }
}
