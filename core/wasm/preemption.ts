/**
 * A preemption module as the stage sees it: running jobs that may be taken go through in chunks, so that the module's
 * memory does not grow with their number, and every cost is checked. Runs in a pass worker.
 */
import type { PolicyFault, PreemptionPolicy, VictimBatch } from "../model/policy.ts";
import { ok, type Result } from "../model/refusal.ts";
import { columnBits } from "./column-bits.ts";
import { BLOCK_ALIGNMENT } from "./generated/abi.ts";
import {
  VICTIM_COLUMNS,
  type VictimBlock,
  victimBlockBytes,
  viewVictimBlock,
  writeVictimColumns,
} from "./generated/victim-block.ts";
import { type InstanceOptions, ModuleInstance } from "./instance.ts";
import type { PolicyModule } from "./module.ts";

/** Jobs of one call. */
export const MAX_CHUNK_ROWS = 4096;

export type SeededPreemption = PreemptionPolicy & { reseed(seed: number): void };

/** Refuses parameters out of range and modules that trap while they start. */
export function instantiatePreemption(
  module: PolicyModule,
  parameters: Readonly<Record<string, number>>,
  options: InstanceOptions,
): Result<SeededPreemption> {
  const opened = ModuleInstance.open(module, parameters, options);
  return opened.ok ? ok(new WasmPreemption(opened.value)) : opened;
}

class WasmPreemption implements SeededPreemption {
  readonly name: string;
  readonly #instance: ModuleInstance;
  readonly #columns: number;
  #block: VictimBlock | undefined;
  #base = 0;

  constructor(instance: ModuleInstance) {
    this.name = instance.name;
    this.#instance = instance;
    this.#columns = columnBits(VICTIM_COLUMNS, instance.module.manifest.columns);
  }

  reseed(seed: number): void {
    this.#instance.reseed(seed);
  }

  weigh(batch: VictimBatch, out: Float64Array): PolicyFault | undefined {
    const fault = this.#ready();
    if (fault !== undefined) return fault;
    for (let from = 0; from < batch.count; from += MAX_CHUNK_ROWS) {
      const to = Math.min(from + MAX_CHUNK_ROWS, batch.count);
      writeVictimColumns(this.#view(), batch, this.#columns, from, to);
      this.#instance.call("weigh", to - from);
      const wrong = this.#instance.fault ?? this.#take(batch, from, to, out);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #take(batch: VictimBatch, from: number, to: number, out: Float64Array): PolicyFault | undefined {
    const given = this.#view().cost;
    for (let row = from; row < to; row++) {
      const cost = given[row - from]!;
      if (!Number.isFinite(cost))
        return this.#instance.fail("POLICY_BAD_SCORE", `gave job ${batch.jobId[row]} the cost ${cost}`);
      out[row] = cost;
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
    const bytes = victimBlockBytes(MAX_CHUNK_ROWS, abiMinor);
    if (base === 0 || base % BLOCK_ALIGNMENT !== 0 || base + bytes > instance.memory.byteLength) {
      return instance.fail(
        "POLICY_MEMORY",
        `allocate gave a block at ${base}, outside its memory or not aligned`,
      );
    }
    this.#base = base;
    this.#block = viewVictimBlock(instance.memory, base, MAX_CHUNK_ROWS, abiMinor);
    return undefined;
  }

  /** The views, made again when the module has grown its memory, which leaves the old ones empty. */
  #view(): VictimBlock {
    if (this.#block === undefined || this.#block.headI32.length === 0) {
      this.#block = viewVictimBlock(
        this.#instance.memory,
        this.#base,
        MAX_CHUNK_ROWS,
        this.#instance.module.abiMinor,
      );
    }
    return this.#block;
  }
}
