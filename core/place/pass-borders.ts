/** The borders of a pass's slots: as many as the kernel has memory for. Pure. */
import type { PassTables } from "../state/tables.ts";
import { PlanKernel } from "./kernel.ts";
import type { PlanOptions } from "./queue.ts";
import { mostClasses } from "./rules/node-rule.ts";
import { MAX_SLOTS, slotBorders } from "./slots.ts";

/** Seconds from now at which slots begin, ascending, first 0. `dimensions` is how many GRES dimensions have a plane. */
export function passBorders(tables: PassTables, options: PlanOptions, dimensions: number): Int32Array {
  const fitting = PlanKernel.maxSlots(
    tables.nodes.count,
    dimensions,
    tables.running.count,
    mostClasses(tables),
  );
  return slotBorders(tables, Math.min(MAX_SLOTS, fitting), options.windowS);
}
