/**
 * A worker thread that runs passes: prioritise, then place, on a snapshot; or the part of a pass that another one has
 * ranked and split. Opens its policies and its kernel once; between passes it keeps the ranking of rows that nobody wrote
 * and what it knows of shapes, and nothing else that a pass reads. Never touches the live state, the journal or an agent.
 */
import { Piscina } from "piscina";
import type { Plan } from "../model/plan.ts";
import type { PolicyKind, PriorityPolicy } from "../model/policy.ts";
import { tryRow } from "../place/explain-trials.ts";
import { firstFitPlacement } from "../place/fallback.ts";
import { PlanKernel } from "../place/kernel.ts";
import { Planner } from "../place/planner.ts";
import { leavesRoom, type PlanPolicies } from "../place/queue.ts";
import { splitQueue } from "../place/split.ts";
import { fifoPriority } from "../prioritise/fallback.ts";
import { prioritise } from "../prioritise/prioritise.ts";
import { Prioritiser } from "../prioritise/prioritiser.ts";
import { openPassSnapshot } from "../state/tables.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import { CallTimes } from "../wasm/call-times.ts";
import { openPolicySet, type PolicySet } from "../wasm/policy-set.ts";
import type {
  NumberedFault,
  PartAnswer,
  PartRequest,
  PassAnswer,
  PassRequest,
  PassWorkerData,
  SplitAnswer,
  WarmRequest,
} from "./pass-messages.ts";
import { sharedRanking } from "./shared-ranking.ts";

const data = Piscina.workerData as PassWorkerData;
const times = new CallTimes(new ActiveModule(new Int32Array(data.marker)), data.passBudgetMs);
const policies: PolicySet = openPolicySet(data.policies, {
  marker: times,
});
const planner = new Planner(new PlanKernel(data.kernel));
const fallbackPriority = fifoPriority();
const fallbackPlacement = firstFitPlacement();

/** What each policy has ranked is kept from pass to pass: of a worker, at most the chosen one and the built-in. */
const prioritisers = new Map<PriorityPolicy, Prioritiser>();

export default function run(
  request: PassRequest | PartRequest | WarmRequest,
): PassAnswer | SplitAnswer | PartAnswer | null {
  if ("warm" in request) return null;
  return "part" in request ? planPart(request) : pass(request);
}

function pass(request: PassRequest): PassAnswer | SplitAnswer {
  const beganMs = performance.now();
  const without = new Set(request.withoutChosen);
  const tables = openPassSnapshot(request.snapshot);
  policies.reseed(request.seed, tables.partitions);
  const priority = without.has("priority") ? policies.builtin.priority : policies.priority;
  // A wrong answer of a chosen module is made good by the built-in, one of the built-in by plain TypeScript.
  const isOwnPriority = priority === policies.builtin.priority;
  const priorityFallback = isOwnPriority ? fallbackPriority : policies.builtin.priority;
  // A pass that watches or tries a row is over a copy of the state, where versions mean other rows.
  const ranked =
    request.watchRow === undefined && request.trial === undefined
      ? prioritiserOf(priority, priorityFallback).rank(tables, request.gresParent)
      : prioritise(tables, priority, priorityFallback, request.gresParent);
  const { mode, gresParent, watchRow, trial, promises, planners } = request;
  const options = { mode, gresParent, watchRow, promises };
  const placing = placingWithout(without);
  const parts = trial === undefined ? splitQueue(tables, ranked, options, planners) : undefined;
  if (parts !== undefined && planner.usesSlots(tables, ranked, options, placing)) {
    const faults = numbered(ranked.faults, without);
    return { ranked: sharedRanking(ranked), parts, faults, uses: times.take(), tookUs: tookUs(beganMs) };
  }
  // First: a plan is good until the next one is made.
  const tried = trial === undefined ? undefined : tryRow(planner, tables, ranked, options, placing, trial);
  const made = planner.plan(tables, ranked, options, placing);
  return {
    plan: made,
    trial: tried,
    faults: numbered(made.faults, without),
    uses: times.take(),
    leavesRoom: leavesRoom(made, promises),
    tookUs: tookUs(beganMs),
  };
}

function planPart({ part, ranked, ...request }: PartRequest): PartAnswer {
  const beganMs = performance.now();
  const { mode, gresParent, promises, snapshot, withoutChosen } = request;
  const tables = openPassSnapshot(snapshot);
  policies.reseed(request.seed, tables.partitions);
  const placing = placingWithout(new Set(withoutChosen));
  const options = { mode, gresParent, promises };
  const planned = planner.planPart(tables, ranked, options, placing, part);
  return { planned, uses: times.take(), tookUs: tookUs(beganMs) };
}

/** The policies that choose nodes, in a pass without some of the chosen ones. */
function placingWithout(without: ReadonlySet<PolicyKind>): PlanPolicies {
  const placement = without.has("placement") ? policies.builtin.placement : policies.placement;
  return {
    placement,
    topology: without.has("topology") ? policies.builtin.topology : policies.topology,
    preemption: without.has("preemption") ? policies.builtin.preemption : policies.preemption,
    fallback: placement === policies.builtin.placement ? fallbackPlacement : policies.builtin.placement,
  };
}

function numbered(made: Plan["faults"], without: ReadonlySet<PolicyKind>): readonly NumberedFault[] {
  const faults: NumberedFault[] = policies.refused.filter(({ kind }) => !without.has(kind));
  for (const { kind, fault } of made) {
    const number = policies.numbers[kind as keyof typeof policies.numbers];
    if (number !== undefined) faults.push({ kind, number, fault });
  }
  return faults;
}

const tookUs = (beganMs: number): number => Math.round((performance.now() - beganMs) * 1000);

function prioritiserOf(policy: PriorityPolicy, fallback: PriorityPolicy): Prioritiser {
  let kept = prioritisers.get(policy);
  if (kept === undefined) {
    kept = new Prioritiser(policy, fallback);
    prioritisers.set(policy, kept);
  }
  return kept;
}
