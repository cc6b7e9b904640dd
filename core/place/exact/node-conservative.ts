/**
 * The mode `conservative` node by node: each job through the kernel's slots as in `planned`, in the order of the
 * promises. Times are rounded up to slots, so a promise may move by the width of one.
 */
import type { Plan } from "../../model/plan.ts";
import type { RankedQueue } from "../../model/ranked.ts";
import type { PassTables } from "../../state/tables.ts";
import type { PlanKernel } from "../kernel.ts";
import { plan } from "../plan.ts";
import type { PlanOptions, PlanPolicies } from "../queue.ts";
import { PromiseOrder } from "./promise-order.ts";

export function planConservative(
  kernel: PlanKernel,
  tables: PassTables,
  ranked: RankedQueue,
  options: PlanOptions,
  policies: PlanPolicies,
): Plan {
  const promised = new PromiseOrder();
  promised.begin(tables, ranked, options.promises);
  const { order } = ranked;
  promised.sort(order.length);
  const isPromised = new Uint8Array(order.length);
  const byPromise = new Int32Array(order.length);
  let count = 0;
  for (; count < promised.count; count++) {
    const place = promised.placeOf(count);
    isPromised[place] = 1;
    byPromise[count] = order[place]!;
  }
  for (let place = 0; place < order.length; place++)
    if (isPromised[place] === 0) byPromise[count++] = order[place]!;
  const made = plan(kernel, tables, { ...ranked, order: byPromise }, options, policies);
  for (let place = 0; place < order.length; place++) made.rank[order[place]!] = place;
  return made;
}
