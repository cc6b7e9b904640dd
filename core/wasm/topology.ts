/** A topology module as the planner sees it: one call a job on several nodes, every answer checked. Runs in a pass worker. */
import type { PolicyFault, PolicyJob, PolicyParameters, TopologyPolicy } from "../model/policy.ts";
import { ok, type Result } from "../model/refusal.ts";
import { type InstanceOptions, ModuleInstance, type Seeded } from "./instance.ts";
import type { PolicyModule } from "./module.ts";
import { NodeInstance } from "./node-instance.ts";

export type SeededTopology = TopologyPolicy & Seeded;

/** Refuses parameters out of range and modules that trap while they start. */
export function instantiateTopology(
  module: PolicyModule,
  parameters: PolicyParameters,
  options: InstanceOptions,
): Result<SeededTopology> {
  const opened = ModuleInstance.open(module, parameters, options);
  return opened.ok ? ok(new WasmTopology(opened.value)) : opened;
}

class WasmTopology extends NodeInstance implements SeededTopology {
  get takesSingles(): boolean {
    return this.instance.module.manifest.singles;
  }

  choose(
    job: PolicyJob,
    mask: Uint8Array,
    scores: Float32Array,
    want: number,
    out: Int32Array,
  ): PolicyFault | undefined {
    const instance = this.instance;
    if (instance.fault !== undefined) return instance.fault;
    const count = this.count;
    const block = this.ask(job, mask);
    block.scores.set(scores.length === count ? scores : scores.subarray(0, count));
    const given = instance.call("choose", count, want);
    return this.take(given, want, mask, out);
  }
}
