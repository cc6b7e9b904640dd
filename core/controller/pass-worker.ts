/**
 * The worker thread that runs passes: prioritise, then place, on a snapshot. Opens its policies and its kernel once;
 * between passes it keeps nothing that a pass reads. Never touches the live state, the journal or an agent.
 */
import { Piscina } from "piscina";
import { firstFitPlacement } from "../place/fallback.ts";
import { PlanKernel } from "../place/kernel.ts";
import { plan } from "../place/plan.ts";
import { fifoPriority } from "../prioritise/fallback.ts";
import { prioritise } from "../prioritise/prioritise.ts";
import { openPassSnapshot } from "../state/tables.ts";
import { ActiveModule } from "../wasm/active-module.ts";
import { openPolicySet, type PolicySet } from "../wasm/policy-set.ts";
import type { NumberedFault, PassAnswer, PassRequest, PassWorkerData } from "./pass-messages.ts";

const data = Piscina.workerData as PassWorkerData;
const policies: PolicySet = openPolicySet(data.policies, {
  marker: new ActiveModule(new Int32Array(data.marker)),
});
const kernel = new PlanKernel(data.kernel);
const fallbackPriority = fifoPriority();
const fallbackPlacement = firstFitPlacement();

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
  const ranked = prioritise(tables, priority, isOwnPriority ? fallbackPriority : policies.builtin.priority);
  const made = plan(
    kernel,
    tables,
    ranked,
    { mode: request.mode, gresParent: request.gresParent, watchRow: request.watchRow },
    { placement, topology, fallback: isOwnPlacement ? fallbackPlacement : policies.builtin.placement },
  );
  const faults: NumberedFault[] = policies.refused.filter(({ kind }) => !without.has(kind));
  for (const { kind, fault } of made.faults) {
    const number = policies.numbers[kind as keyof typeof policies.numbers];
    if (number !== undefined) faults.push({ kind, number, fault });
  }
  return { plan: made, faults, tookUs: Math.round((performance.now() - beganMs) * 1000) };
}
