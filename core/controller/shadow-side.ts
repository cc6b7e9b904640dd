/**
 * One of the two plans that a shadow's worker makes of a snapshot: ranked and placed by the controller's own stages with
 * its own set of policies, and keeping its own promises from pass to pass, as the one that serves does. Pure but for the
 * time that it takes.
 */
import type { Plan } from "../model/plan.ts";
import { firstFitPlacement } from "../place/fallback.ts";
import { PlanKernel } from "../place/kernel.ts";
import { Planner } from "../place/planner.ts";
import { forgetStarts, keepsPromises, type Promises } from "../place/queue.ts";
import { fifoPriority } from "../prioritise/fallback.ts";
import { Prioritiser } from "../prioritise/prioritiser.ts";
import type { PassTables } from "../state/tables.ts";
import type { CallMarker } from "../wasm/active-module.ts";
import { openPolicySet, type PolicySet, type PolicySetSpec } from "../wasm/policy-set.ts";
import type { PassRequest } from "./pass-messages.ts";

export class ShadowSide {
  readonly policies: PolicySet;
  readonly #planner: Planner;
  readonly #prioritiser: Prioritiser;
  #promises: Promises | undefined;

  constructor(spec: PolicySetSpec, kernel: Uint8Array, marker: CallMarker) {
    this.policies = openPolicySet(spec, { marker });
    this.#planner = new Planner(new PlanKernel(kernel));
    const { priority, builtin } = this.policies;
    this.#prioritiser = new Prioritiser(
      priority,
      priority === builtin.priority ? fifoPriority() : builtin.priority,
    );
  }

  /** Valid until the next one. */
  plan(
    tables: PassTables,
    { mode, gresParent, seed }: Pick<PassRequest, "mode" | "gresParent" | "seed">,
  ): Plan {
    const { policies } = this;
    policies.reseed(seed, tables.partitions);
    const ranked = this.#prioritiser.rank(tables, gresParent);
    const { placement, topology, preemption, builtin } = policies;
    const fallback = placement === builtin.placement ? firstFitPlacement() : builtin.placement;
    const plan = this.#planner.plan(
      tables,
      ranked,
      { mode, gresParent, promises: this.#promises },
      { placement, topology, preemption, fallback },
    );
    if (keepsPromises(mode)) this.#promises = promisesOf(plan, tables);
    return plan;
  }
}

function promisesOf(plan: Plan, tables: PassTables): Promises {
  const jobId = tables.pending.columns.jobId.slice(0, plan.pendingCount);
  const startS = plan.expectedStartS.slice(0, plan.pendingCount);
  forgetStarts(plan, startS);
  return { jobId, startS };
}
