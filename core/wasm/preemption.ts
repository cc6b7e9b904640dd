/** A preemption module as the stage sees it: one call a chunk of running jobs that may be taken, every cost checked. Runs in a pass worker. */
import type { PolicyFault, PolicyParameters, PreemptionPolicy, VictimBatch } from "../model/policy.ts";
import { ok, type Result } from "../model/refusal.ts";
import {
  VICTIM_COLUMNS,
  type VictimBlock,
  victimBlockBytes,
  viewVictimBlock,
  writeVictimColumns,
} from "./generated/victim-block.ts";
import { type InstanceOptions, ModuleInstance, type Seeded } from "./instance.ts";
import { type JobBlockKind, JobInstance } from "./job-instance.ts";
import type { PolicyModule } from "./module.ts";

export type SeededPreemption = PreemptionPolicy & Seeded;

/** Refuses parameters out of range and modules that trap while they start. */
export function instantiatePreemption(
  module: PolicyModule,
  parameters: PolicyParameters,
  options: InstanceOptions,
): Result<SeededPreemption> {
  const opened = ModuleInstance.open(module, parameters, options);
  return opened.ok ? ok(new WasmPreemption(opened.value, RUNNING_JOBS)) : opened;
}

const RUNNING_JOBS: JobBlockKind<VictimBlock, VictimBatch> = {
  columns: VICTIM_COLUMNS,
  bytes: victimBlockBytes,
  view: viewVictimBlock,
  write: writeVictimColumns,
  method: "weigh",
  given: (block) => block.cost,
  word: "cost",
};

class WasmPreemption extends JobInstance<VictimBlock, VictimBatch> implements SeededPreemption {
  weigh(batch: VictimBatch, out: Float64Array): PolicyFault | undefined {
    return this.ready() ?? this.judge(batch, out);
  }
}
