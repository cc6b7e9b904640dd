/** The borders of a pass's slots: as many as the kernel has memory for. Pure. */
import type { PassTables } from "../state/tables.ts";
import { maxSlots, mostClasses } from "./kernel-memory.ts";
import type { PromisedRows } from "./promised-rows.ts";
import type { PlanOptions } from "./queue.ts";
import { mostSlots, slotBorders } from "./slots.ts";

/** Of a node in a slot. */
const OWNER_BYTES = 4;

/**
 * Seconds from now at which slots begin, ascending, first 0. `promised` are what the queue, in this order, was promised;
 * `dimensions` is how many GRES dimensions have a plane.
 */
export function passBorders(
  tables: PassTables,
  options: PlanOptions,
  promised: PromisedRows | undefined,
  order: Int32Array,
  dimensions: number,
): Int32Array {
  const fitting = maxSlots(
    tables.nodes.count,
    dimensions + (tables.owners === undefined ? 0 : OWNER_BYTES),
    tables.running.count,
    mostClasses(tables),
  );
  return slotBorders(tables, Math.min(mostSlots(tables), fitting), options.windowS, promised?.first(order));
}
