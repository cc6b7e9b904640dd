/** Plans a test cluster's queue with a planner that all tests of a file use. */
import type { Plan } from "../../../core/model/plan.ts";
import { firstFitPlacement } from "../../../core/place/fallback.ts";
import { Planner } from "../../../core/place/planner.ts";
import type { PlanOptions } from "../../../core/place/queue.ts";
import type { PassTables } from "../../../core/state/tables.ts";
import { GRES_PARENT } from "../cluster.ts";
import { kernel, rank } from "../planning.ts";

export type Settings = Omit<PlanOptions, "gresParent">;

export const usedPlanner = new Planner(kernel);

export function planExactly(tables: PassTables, settings: Settings, planner = usedPlanner): Plan {
  const fallback = firstFitPlacement();
  const options = { ...settings, gresParent: GRES_PARENT };
  return planner.plan(tables, rank(tables), options, { placement: fallback, fallback });
}

/** A plan as text, its columns as they are now. */
export const textOf = (plan: Plan): string =>
  JSON.stringify(plan, (_, value) => (ArrayBuffer.isView(value) ? [...(value as Int32Array)] : value));
