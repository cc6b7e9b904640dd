/**
 * The plan of one pass of the simulated cluster, in this thread: rank and place, on the live tables. The same stages as
 * the controller's, with nothing between them; never changes the state.
 */
import type { Plan } from "../model/plan.ts";
import type { PlanKernel } from "../place/kernel.ts";
import { Planner } from "../place/planner.ts";
import { forgetStarts, keepsPromises, type PlanOptions } from "../place/queue.ts";
import { Prioritiser } from "../prioritise/prioritiser.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { gresParents } from "../state/node-rows.ts";
import { planTables } from "../state/pass-snapshot.ts";
import type { PassTables, PendingTable } from "../state/tables.ts";
import type { RunPolicies } from "./policies.ts";
import type { BackfillSettings } from "./settings.ts";

export class Decider {
  readonly #state: ClusterState;
  readonly #policies: RunPolicies;
  readonly #prioritiser: Prioritiser;
  readonly #planner: Planner;
  readonly #options: PlanOptions;
  readonly #promises: KeptPromises | undefined;
  /** What the mode sees of preemption. */
  readonly #seen: typeof withoutTurns;

  /** `hasSlots` says whether there may be reservations or heterogeneous jobs, beside which `easy` keeps promises too. */
  constructor(
    state: ClusterState,
    kernel: PlanKernel,
    policies: RunPolicies,
    backfill: BackfillSettings,
    hasSlots = true,
  ) {
    this.#state = state;
    this.#policies = policies;
    this.#prioritiser = new Prioritiser(policies.priority.chosen, policies.priority.fallback);
    this.#planner = new Planner(kernel);
    const { mode, order } = backfill;
    this.#options = { mode, backfillOrder: order, gresParent: gresParents(state) };
    this.#seen = mode === "planned" ? withoutTurns : () => undefined;
    this.#promises = keepsPromises(mode) && (hasSlots || mode !== "easy") ? new KeptPromises() : undefined;
  }

  /**
   * `seed` starts the random numbers of the policies; `isFreed` says whether a job has ended since the last pass, without
   * which kept promises need not be looked at again. The plan is valid until the next call. Jobs are preempted in it where
   * the cluster says so, and in the mode `planned`.
   */
  plan(nowS: number, seed: number, isFreed = true): Plan {
    const tables = planTables(this.#state, nowS, this.#seen);
    const { placement, topology, preemption } = this.#policies;
    this.#policies.reseed(seed, tables.partitions);
    const ranked = this.#prioritiser.rank(tables, this.#options.gresParent);
    const options =
      this.#promises === undefined
        ? this.#options
        : { ...this.#options, promises: this.#promises.kept, placesNewOnly: !isFreed };
    const policies = { placement: placement.chosen, topology, preemption, fallback: placement.fallback };
    const plan = this.#planner.plan(tables, ranked, options, policies);
    this.#promises?.keep(plan, tables.pending);
    return plan;
  }
}

/** Turns end by the clock, which nobody here looks at between events: jobs have their CPUs until others preempt them. */
function withoutTurns(preemption: PassTables["preemption"]): PassTables["preemption"] {
  if (preemption?.turns === undefined) return preemption;
  const { turns: _, ...others } = preemption;
  return others.by === "none" ? undefined : others;
}

/** The starts that the last plan gave to those that wait, since its columns are written anew by the next. */
class KeptPromises {
  #jobId = new Int32Array(0);
  #startS = new Uint32Array(0);
  #count = 0;

  get kept(): NonNullable<PlanOptions["promises"]> {
    return { jobId: this.#jobId.subarray(0, this.#count), startS: this.#startS.subarray(0, this.#count) };
  }

  keep(plan: Plan, pending: PendingTable): void {
    const { pendingCount, expectedStartS } = plan;
    if (pendingCount > this.#jobId.length) {
      this.#jobId = new Int32Array(pendingCount * 2);
      this.#startS = new Uint32Array(pendingCount * 2);
    }
    this.#count = pendingCount;
    this.#jobId.set(pending.columns.jobId.subarray(0, pendingCount));
    this.#startS.set(expectedStartS.subarray(0, pendingCount));
    forgetStarts(plan, this.#startS);
  }
}
