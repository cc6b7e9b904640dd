/** A priority module as the stage sees it: one call a chunk of pending jobs, every priority checked. Runs in a pass worker. */
import type {
  PolicyFault,
  PolicyParameters,
  PriorityBatch,
  PriorityPolicy,
  PriorityTime,
} from "../model/policy.ts";
import { ok, type Result } from "../model/refusal.ts";
import {
  BATCH_COLUMNS,
  type BatchBlock,
  batchBlockBytes,
  viewBatchBlock,
  writeBatchColumns,
  writeBatchHead,
} from "./generated/batch-block.ts";
import { type InstanceOptions, ModuleInstance, type Seeded } from "./instance.ts";
import { type JobBlockKind, JobInstance } from "./job-instance.ts";
import type { PolicyModule } from "./module.ts";

export type SeededPriority = PriorityPolicy & Seeded;

/** Refuses parameters out of range and modules that trap while they start. */
export function instantiatePriority(
  module: PolicyModule,
  parameters: PolicyParameters,
  options: InstanceOptions,
): Result<SeededPriority> {
  const opened = ModuleInstance.open(module, parameters, options);
  return opened.ok ? ok(new WasmPriority(opened.value)) : opened;
}

const PENDING_JOBS: JobBlockKind<BatchBlock, PriorityBatch> = {
  columns: BATCH_COLUMNS,
  bytes: batchBlockBytes,
  view: viewBatchBlock,
  write: writeBatchColumns,
  method: "rank",
  given: (block) => block.priority,
  word: "priority",
};

class WasmPriority extends JobInstance<BatchBlock, PriorityBatch> implements SeededPriority {
  readonly time: PriorityTime;

  constructor(instance: ModuleInstance) {
    super(instance, PENDING_JOBS);
    this.time = instance.module.manifest.time;
  }

  rank(batch: PriorityBatch, out: Float64Array): PolicyFault | undefined {
    const fault = this.ready();
    if (fault !== undefined) return fault;
    writeBatchHead(this.view(), batch);
    return this.judge(batch, out);
  }
}
