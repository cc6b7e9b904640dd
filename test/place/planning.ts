/** Plans a test cluster's queue with the plain TypeScript policies, and reads a plan in words. */
import { readFileSync } from "node:fs";
import type { Plan } from "../../core/model/plan.ts";
import type { RankedQueue } from "../../core/model/ranked.ts";
import { WAIT_REASONS, type WaitReason } from "../../core/model/reasons.ts";
import { buildKernel } from "../../core/place/build-kernel.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { Planner } from "../../core/place/planner.ts";
import type { PlanOptions, PlanPolicies } from "../../core/place/queue.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { GRES_PARENT } from "./cluster.ts";

const built = await buildKernel();
/** One for all tests of a file: each plan begins anew. */
export const kernel = new PlanKernel(readFileSync(built.path));

export const rank = (tables: PassTables): RankedQueue => prioritise(tables, fifoPriority(), fifoPriority());

export function planQueue(
  tables: PassTables,
  mode: PlanOptions["mode"] = "planned",
  policies: Partial<PlanPolicies> = {},
  ranked: RankedQueue = rank(tables),
): Plan {
  const fallback = firstFitPlacement();
  return new Planner(kernel).plan(
    tables,
    ranked,
    { mode, gresParent: GRES_PARENT },
    { placement: fallback, fallback, ...policies },
  );
}

export interface Start {
  readonly job: number;
  readonly partition: number;
  readonly nodes: readonly number[];
  readonly tasks: readonly number[];
}

export function startsOf(made: Plan): Start[] {
  return Array.from({ length: made.startCount }, (_, i) => ({
    job: made.startJob[i]!,
    partition: made.startPartition[i]!,
    nodes: [...made.startNodes.subarray(made.startOffset[i]!, made.startOffset[i + 1]!)],
    tasks: [...made.startTasks.subarray(made.startOffset[i]!, made.startOffset[i + 1]!)],
  }));
}

export const reasonOf = (made: Plan, row: number): WaitReason => WAIT_REASONS[made.reason[row]!]!;
/** Seconds from now; undefined for none. */
export const expectedIn = (made: Plan, row: number): number | undefined =>
  made.expectedStartS[row] === 0 ? undefined : made.expectedStartS[row]! - made.nowS;
