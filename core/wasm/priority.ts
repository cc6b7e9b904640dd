/**
 * A priority module as the stage sees it: pending jobs go through in chunks, so that the module's memory does not grow
 * with the queue, and every priority is checked. Runs in a pass worker.
 */
import type { PolicyFault, PriorityBatch, PriorityPolicy, PriorityTime } from "../model/policy.ts";
import { ok, type Result } from "../model/refusal.ts";
import { columnBits } from "./column-bits.ts";
import { BLOCK_ALIGNMENT } from "./generated/abi.ts";
import {
  BATCH_COLUMNS,
  type BatchBlock,
  batchBlockBytes,
  viewBatchBlock,
  writeBatchColumns,
  writeBatchHead,
} from "./generated/batch-block.ts";
import { type InstanceOptions, ModuleInstance } from "./instance.ts";
import type { PolicyModule } from "./module.ts";

/** Jobs of one call. */
export const MAX_CHUNK_ROWS = 4096;

export type SeededPriority = PriorityPolicy & { reseed(seed: number): void };

/** Refuses parameters out of range and modules that trap while they start. */
export function instantiatePriority(
  module: PolicyModule,
  parameters: Readonly<Record<string, number>>,
  options: InstanceOptions,
): Result<SeededPriority> {
  const opened = ModuleInstance.open(module, parameters, options);
  return opened.ok ? ok(new WasmPriority(opened.value)) : opened;
}

class WasmPriority implements SeededPriority {
  readonly name: string;
  readonly time: PriorityTime;
  readonly #instance: ModuleInstance;
  readonly #columns: number;
  #block: BatchBlock | undefined;
  #base = 0;

  constructor(instance: ModuleInstance) {
    this.name = instance.name;
    this.time = instance.module.manifest.time;
    this.#instance = instance;
    this.#columns = columnBits(BATCH_COLUMNS, instance.module.manifest.columns);
  }

  reseed(seed: number): void {
    this.#instance.reseed(seed);
  }

  rank(batch: PriorityBatch, out: Float64Array): PolicyFault | undefined {
    const fault = this.#ready();
    if (fault !== undefined) return fault;
    writeBatchHead(this.#view(), batch);
    for (let from = 0; from < batch.count; from += MAX_CHUNK_ROWS) {
      const to = Math.min(from + MAX_CHUNK_ROWS, batch.count);
      writeBatchColumns(this.#view(), batch, this.#columns, from, to);
      this.#instance.call("rank", to - from);
      const wrong = this.#instance.fault ?? this.#take(batch, from, to, out);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #take(batch: PriorityBatch, from: number, to: number, out: Float64Array): PolicyFault | undefined {
    const given = this.#view().priority;
    for (let row = from; row < to; row++) {
      const priority = given[row - from]!;
      if (!Number.isFinite(priority)) {
        return this.#instance.fail(
          "POLICY_BAD_SCORE",
          `gave job ${batch.jobId[row]} the priority ${priority}`,
        );
      }
      out[row] = priority;
    }
    return undefined;
  }

  /** Makes the module anew after a fault, and its block where it has none. */
  #ready(): PolicyFault | undefined {
    const instance = this.#instance;
    if (instance.fault !== undefined) {
      this.#block = undefined;
      const fault = instance.restart();
      if (fault !== undefined) return fault;
    }
    if (this.#block !== undefined) return undefined;
    const base = instance.call("allocate", MAX_CHUNK_ROWS) >>> 0;
    if (instance.fault !== undefined) return instance.fault;
    const { abiMinor } = instance.module;
    const bytes = batchBlockBytes(MAX_CHUNK_ROWS, abiMinor);
    if (base === 0 || base % BLOCK_ALIGNMENT !== 0 || base + bytes > instance.memory.byteLength) {
      return instance.fail(
        "POLICY_MEMORY",
        `allocate gave a block at ${base}, outside its memory or not aligned`,
      );
    }
    this.#base = base;
    this.#block = viewBatchBlock(instance.memory, base, MAX_CHUNK_ROWS, abiMinor);
    return undefined;
  }

  /** The views, made again when the module has grown its memory, which leaves the old ones empty. */
  #view(): BatchBlock {
    if (this.#block === undefined || this.#block.priority.length === 0) {
      this.#block = viewBatchBlock(
        this.#instance.memory,
        this.#base,
        MAX_CHUNK_ROWS,
        this.#instance.module.abiMinor,
      );
    }
    return this.#block;
  }
}
