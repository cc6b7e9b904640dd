/** A placement module as the planner sees it: one call a job, every answer checked. Runs in a pass worker. */
import type { PlacementPolicy, PolicyFault, PolicyJob, PolicyParameters } from "../model/policy.ts";
import { ok, type Result } from "../model/refusal.ts";
import { type InstanceOptions, ModuleInstance, type Seeded } from "./instance.ts";
import type { PolicyModule } from "./module.ts";
import { NodeInstance } from "./node-instance.ts";

export type SeededPlacement = PlacementPolicy & Seeded;

/** Refuses parameters out of range and modules that trap while they start. */
export function instantiatePlacement(
  module: PolicyModule,
  parameters: PolicyParameters,
  options: InstanceOptions,
): Result<SeededPlacement> {
  const opened = ModuleInstance.open(module, parameters, options);
  return opened.ok ? ok(new WasmPlacement(opened.value)) : opened;
}

class WasmPlacement extends NodeInstance implements SeededPlacement {
  place(job: PolicyJob, mask: Uint8Array, want: number, out: Int32Array): PolicyFault | undefined {
    const instance = this.instance;
    if (instance.fault !== undefined) return instance.fault;
    this.ask(job, mask);
    const given = instance.call("place", this.count, want);
    const fault = this.take(given, want, mask, out);
    return fault?.code === "POLICY_TOO_FEW_NODES" ? this.#explain(fault, mask) : fault;
  }

  score(job: PolicyJob, mask: Uint8Array, scores: Float32Array): PolicyFault | undefined {
    const instance = this.instance;
    if (instance.fault !== undefined) return instance.fault;
    this.ask(job, mask);
    instance.call("score", this.count);
    return instance.fault ?? this.#takeScores(mask, scores);
  }

  #takeScores(mask: Uint8Array, scores: Float32Array): PolicyFault | undefined {
    const count = this.count;
    const given = this.block().scores.subarray(0, count);
    if (this.instance.anyWild(given.byteOffset, count)) {
      for (let row = 0; row < count; row++) {
        if (mask[row] === 0 || Number.isFinite(given[row])) continue;
        return this.instance.fail("POLICY_BAD_SCORE", `gave node row ${row} the score ${given[row]}`);
      }
    }
    scores.set(given);
    return undefined;
  }

  /** Too few nodes are mostly scores that are not numbers: asks for them, for the better of the two faults. */
  #explain(fault: PolicyFault, mask: Uint8Array): PolicyFault {
    this.instance.call("score", this.count);
    if (this.instance.fault?.code === "POLICY_TRAP") return this.instance.fault;
    const better = this.#takeScores(mask, new Float32Array(this.count));
    return better ?? this.instance.fail(fault.code, fault.message.slice(this.name.length + 2));
  }
}
