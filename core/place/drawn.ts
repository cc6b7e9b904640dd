/**
 * A plan where reservations draw jobs in that ask for none (MAGNETIC). Who would start in such a reservation now is found
 * by a plan of its own, of the jobs of reservations alone; those are then planned as jobs of it, and all others as ever.
 * Of an array of which a task is drawn in, the other tasks wait for that reservation until the next pass. Pure.
 */
import type { Plan } from "../model/plan.ts";
import type { RankedQueue } from "../model/ranked.ts";
import { Table } from "../state/table.ts";
import { type PassTables, PENDING_LAYOUT } from "../state/tables.ts";
import type { PlanKernel } from "./kernel.ts";
import { plan } from "./plan.ts";
import type { PlanOptions, PlanPolicies } from "./queue.ts";

export function planDrawn(
  kernel: PlanKernel,
  tables: PassTables,
  ranked: RankedQueue,
  options: PlanOptions,
  policies: PlanPolicies,
): Plan {
  const { drawn } = tables;
  if (drawn === undefined) return plan(kernel, tables, ranked, options, policies);
  const asked = tables.pending.columns.reservation;
  const tried = boundTo(tables, (row) => drawn.get(row) ?? asked[row]!);
  const order = ranked.order.filter((row) => asked[row] !== 0 || drawn.has(row));
  const made = plan(kernel, tried, { ...ranked, order }, { ...options, promises: undefined }, policies);
  const started = new Set(made.startRow.subarray(0, made.startCount));
  const bound = boundTo(tables, (row) => (started.has(row) ? (drawn.get(row) ?? asked[row]!) : asked[row]!));
  return plan(kernel, bound, ranked, options, policies);
}

/** The tables with waiting rows that ask for other reservations. */
function boundTo(tables: PassTables, reservationOf: (row: number) => number): PassTables {
  const pending = Table.over(PENDING_LAYOUT, tables.pending);
  const reservation = Int32Array.from({ length: pending.capacity }, (_, row) =>
    row < pending.count ? reservationOf(row) : 0,
  );
  pending.columns = { ...pending.columns, reservation };
  return { ...tables, pending };
}
