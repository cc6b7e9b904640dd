/** The first start that each waiting job was promised by a plan, to be held against what came of it. */
import type { Plan } from "../model/plan.ts";
import type { PendingTable } from "../state/tables.ts";

export class PromiseBook {
  /** By job, on the cluster's clock; 0 for none. */
  readonly #first: Float64Array;

  constructor(jobs: number) {
    this.#first = new Float64Array(jobs);
  }

  /** `pending` is the table that the plan was made of, not changed since. Jobs that start at once were promised nothing. */
  take(plan: Plan, pending: PendingTable): void {
    const { expectedStartS, nowS, pendingCount } = plan;
    const { jobId } = pending.columns;
    for (let row = 0; row < pendingCount; row++) {
      if (expectedStartS[row]! <= nowS) continue;
      const job = jobId[row]! - 1;
      if (this.#first[job] === 0) this.#first[job] = expectedStartS[row]!;
    }
  }

  /** By job, on the log's clock, which shows `originS` when the cluster's shows 0; -1 for none. */
  firstS(originS: number): Float64Array {
    return this.#first.map((atS) => (atS === 0 ? -1 : atS + originS));
  }
}
