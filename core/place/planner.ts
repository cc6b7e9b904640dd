/**
 * The planner of one pass worker or simulator, kept across passes: `planned` and `conservative` through the kernel's slots,
 * or by counts where these decide and promises are kept; the other modes by counts where these decide and else node by
 * node; while there are reservations, heterogeneous or suspended jobs, or sleeping nodes, every mode is planned in slots. What it
 * keeps is scratch memory; a plan is a function of the arguments alone. Never reads a clock and never writes a table.
 */
import type { Plan } from "../model/plan.ts";
import type { RankedQueue } from "../model/ranked.ts";
import type { PassTables } from "../state/tables.ts";
import { planDrawn } from "./drawn.ts";
import { CountedConservative } from "./exact/counted-conservative.ts";
import { CountedEasy } from "./exact/counted-easy.ts";
import { CountedPass } from "./exact/counted-pass.ts";
import { CountedPlanned } from "./exact/counted-planned.ts";
import { planByNodes } from "./exact/node-pass.ts";
import { HetSets } from "./het-sets.ts";
import type { PlanKernel } from "./kernel.ts";
import type { PartPlan } from "./part-plan.ts";
import { changesPlaces } from "./place-keeping.ts";
import { plan, planPart } from "./plan.ts";
import type { PlanOptions, PlanPolicies } from "./queue.ts";

export class Planner {
  readonly #kernel: PlanKernel;
  readonly #counted: CountedPass;
  readonly #easy: CountedEasy;
  readonly #planned: CountedPlanned;
  readonly #conservative: CountedConservative;

  constructor(kernel: PlanKernel) {
    this.#kernel = kernel;
    this.#counted = new CountedPass(kernel);
    this.#easy = new CountedEasy(this.#counted);
    this.#planned = new CountedPlanned(this.#counted);
    this.#conservative = new CountedConservative(this.#counted);
  }

  /**
   * Plans the whole queue. `ranked` is of the same tables. The plan's columns are valid until the next call: a caller
   * that keeps them copies them, as posting them to another thread does.
   */
  plan(tables: PassTables, ranked: RankedQueue, options: PlanOptions, policies: PlanPolicies): Plan {
    const { mode, promises } = options;
    if (isOfSlots(tables, ranked, options)) return planDrawn(this.#kernel, tables, ranked, options, policies);
    if (isCountable(tables) && this.#counted.begin(tables, ranked, options, policies)) {
      if (mode === "none") return this.#easy.planStrict();
      if (mode === "easy") return this.#easy.plan(options.backfillOrder === "shortest");
      if (mode === "planned" && promises !== undefined) return this.#planned.plan(promises);
      return this.#conservative.plan(promises, options.placesNewOnly === true);
    }
    return mode === "planned" || mode === "conservative"
      ? plan(this.#kernel, tables, ranked, options, policies)
      : planByNodes(this.#kernel, tables, ranked, options, policies);
  }

  /** Whether the mode is `planned`, and `plan` would go through the kernel's slots. */
  usesSlots(tables: PassTables, ranked: RankedQueue, options: PlanOptions, policies: PlanPolicies): boolean {
    if (options.mode !== "planned" || isOfSlots(tables, ranked, options)) return options.mode === "planned";
    return !isCountable(tables) || !this.#counted.begin(tables, ranked, options, policies);
  }

  /** Plans the rows of a part that splitQueue gave, where `usesSlots`. */
  planPart(
    tables: PassTables,
    ranked: RankedQueue,
    options: PlanOptions,
    policies: PlanPolicies,
    rows: Int32Array,
  ): PartPlan {
    return planPart(this.#kernel, tables, ranked, options, policies, rows);
  }
}

/**
 * Counts know no time at which a node is closed or asleep, no jobs that start together and none that stand still; nor do the exact
 * modes.
 */
const isOfSlots = (tables: PassTables, ranked: RankedQueue, { mode, promises }: PlanOptions): boolean =>
  (mode === "planned" && promises === undefined) ||
  tables.reservations !== undefined ||
  tables.bootS !== undefined ||
  tables.suspended !== undefined ||
  tables.parts !== undefined ||
  HetSets.of(tables, ranked) !== undefined;

/**
 * Limits hold jobs of some owners back and not those behind them, which counts do not know, nor whose jobs are where. Nor
 * do they know what rows of an array share of its limit: the commit leaves out what is too much.
 */
const isCountable = (tables: PassTables): boolean =>
  tables.limits === undefined &&
  tables.preemption === undefined &&
  tables.owners === undefined &&
  !changesPlaces(tables);
