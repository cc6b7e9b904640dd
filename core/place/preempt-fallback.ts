/**
 * The cost of preempting jobs in plain TypeScript: that of the built-in module with its defaults. Serves when a site has
 * no preemption module, and when a module has given a wrong answer. Cannot fail.
 */
import type { PreemptionPolicy } from "../model/policy.ts";

const TIER_WEIGHT = 1_000_000;
const QOS_WEIGHT = 1_000;
const GPU_CPUS = 16;
const CANCEL_FACTOR = 2;

export function cheapestPreemption(): PreemptionPolicy {
  return {
    name: "cheapest",
    weigh: (batch, out) => {
      for (let i = 0; i < batch.count; i++) {
        const lost = ((batch.runS[i]! + 60) / 3600) * (batch.cpus[i]! + batch.gpus[i]! * GPU_CPUS);
        const again = 1 + batch.restarts[i]!;
        const cancelled = batch.requeued[i] !== 0 ? 1 : CANCEL_FACTOR;
        out[i] = batch.tier[i]! * TIER_WEIGHT + batch.qosPriority[i]! * QOS_WEIGHT + lost * again * cancelled;
      }
      return undefined;
    },
  };
}
