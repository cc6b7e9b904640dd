/**
 * The worker thread that runs passes: prioritise, then place, on a snapshot. Opens its policies and its kernel once;
 * between passes it keeps the ranking of rows that nobody wrote and the starts that were promised, and nothing else
 * that a pass reads. Never touches the live state, the journal or an agent.
 */
import { Piscina } from "piscina";
import type { Plan } from "../model/plan.ts";
import type { PriorityPolicy } from "../model/policy.ts";
import { tryRow } from "../place/explain-trials.ts";
import { firstFitPlacement } from "../place/fallback.ts";
import { PlanKernel } from "../place/kernel.ts";
import { Planner } from "../place/planner.ts";
import { forgetStarts, keepsPromises, type Promises } from "../place/queue.ts";
import { fifoPriority } from "../prioritise/fallback.ts";
import { prioritise } from "../prioritise/prioritise.ts";
import { Prioritiser } from "../prioritise/prioritiser.ts";
import { openPassSnapshot, type PassTables } from "../state/tables.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import { CallTimes } from "../wasm/call-times.ts";
import { openPolicySet, type PolicySet } from "../wasm/policy-set.ts";
import type { NumberedFault, PassAnswer, PassRequest, PassWorkerData } from "./pass-messages.ts";

const data = Piscina.workerData as PassWorkerData;
const times = new CallTimes(new ActiveModule(new Int32Array(data.marker)));
const policies: PolicySet = openPolicySet(data.policies, {
  marker: times,
});
const planner = new Planner(new PlanKernel(data.kernel));
const fallbackPriority = fifoPriority();
const fallbackPlacement = firstFitPlacement();

/** What each policy has ranked is kept from pass to pass: of a worker, at most the chosen one and the built-in. */
const prioritisers = new Map<PriorityPolicy, Prioritiser>();

/** Of the modes that keep promises: the starts that the last plan gave. A worker that is ended takes them with it. */
let promises: Promises | undefined;

export default function pass(request: PassRequest): PassAnswer {
  const beganMs = performance.now();
  const without = new Set(request.withoutChosen);
  const tables = openPassSnapshot(request.snapshot);
  policies.reseed(request.seed);
  const priority = without.has("priority") ? policies.builtin.priority : policies.priority;
  const placement = without.has("placement") ? policies.builtin.placement : policies.placement;
  const topology = without.has("topology") ? policies.builtin.topology : policies.topology;
  // A wrong answer of a chosen module is made good by the built-in, one of the built-in by plain TypeScript.
  const isOwnPriority = priority === policies.builtin.priority;
  const isOwnPlacement = placement === policies.builtin.placement;
  const priorityFallback = isOwnPriority ? fallbackPriority : policies.builtin.priority;
  // A pass that watches or tries a row is over a copy of the state, where versions mean other rows.
  const ranked =
    request.watchRow === undefined && request.trial === undefined
      ? prioritiserOf(priority, priorityFallback).rank(tables, request.gresParent)
      : prioritise(tables, priority, priorityFallback, request.gresParent);
  const { mode, gresParent, watchRow, trial } = request;
  const options = { mode, gresParent, watchRow, promises };
  const placing = {
    placement,
    topology,
    preemption: without.has("preemption") ? policies.builtin.preemption : policies.preemption,
    fallback: isOwnPlacement ? fallbackPlacement : policies.builtin.placement,
  };
  // First: a plan is good until the next one is made.
  const tried = trial === undefined ? undefined : tryRow(planner, tables, ranked, options, placing, trial);
  const made = planner.plan(tables, ranked, options, placing);
  // A watched pass is over a copy of the state, and promises nothing.
  if (keepsPromises(mode) && watchRow === undefined && trial === undefined)
    promises = promisesOf(made, tables);
  const faults: NumberedFault[] = policies.refused.filter(({ kind }) => !without.has(kind));
  for (const { kind, fault } of made.faults) {
    const number = policies.numbers[kind as keyof typeof policies.numbers];
    if (number !== undefined) faults.push({ kind, number, fault });
  }
  const tookUs = Math.round((performance.now() - beganMs) * 1000);
  return { plan: made, trial: tried, faults, uses: times.take(), tookUs };
}

function prioritiserOf(policy: PriorityPolicy, fallback: PriorityPolicy): Prioritiser {
  let kept = prioritisers.get(policy);
  if (kept === undefined) {
    kept = new Prioritiser(policy, fallback);
    prioritisers.set(policy, kept);
  }
  return kept;
}

/** Copies, since the plan's columns and the snapshot's are written again. */
function promisesOf(plan: Plan, tables: PassTables): Promises {
  const startS = plan.expectedStartS.slice(0, plan.pendingCount);
  forgetStarts(plan, startS);
  return { jobId: tables.pending.columns.jobId.slice(0, plan.pendingCount), startS };
}
