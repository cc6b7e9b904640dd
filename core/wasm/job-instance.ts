/**
 * What priority and preemption modules have in common: the block that jobs cross in, the chunks that they go through in,
 * so that the module's memory does not grow with their number, and the check of the number that comes back for each. One
 * for each instance. Never trusts an address or a number that the module gives.
 */
import type { PolicyFault } from "../model/policy.ts";
import { columnBits } from "./column-bits.ts";
import type { ModuleInstance, PassPartition } from "./instance.ts";
import type { ParameterValues } from "./parameter-sets.ts";

/** Jobs of one call. */
export const MAX_CHUNK_ROWS = 4096;

interface JobBlock {
  readonly headI32: Int32Array;
}

interface JobBatch {
  readonly count: number;
  readonly jobId: Int32Array;
  /** Index of each job's partition in the pass; absent where nobody knows. */
  readonly partition?: Int32Array;
}

/** How jobs of a kind cross, and what the module says of each. */
export interface JobBlockKind<Block extends JobBlock, Batch extends JobBatch> {
  readonly columns: Readonly<Record<string, number>>;
  bytes(capacity: number, minor: number): number;
  view(buffer: ArrayBuffer, base: number, capacity: number, minor: number): Block;
  write(block: Block, batch: Batch, columns: number, from: number, to: number): void;
  /** The export that is called with the number of rows. */
  readonly method: string;
  /** What it writes, one number a row, and what that is called. */
  given(block: Block): Float64Array;
  readonly word: string;
}

export class JobInstance<Block extends JobBlock, Batch extends JobBatch> {
  readonly name: string;
  readonly #instance: ModuleInstance;
  readonly #kind: JobBlockKind<Block, Batch>;
  readonly #columns: number;
  #block: Block | undefined;
  #base = 0;

  constructor(instance: ModuleInstance, kind: JobBlockKind<Block, Batch>) {
    this.name = instance.name;
    this.#instance = instance;
    this.#kind = kind;
    this.#columns = columnBits(kind.columns, instance.module.manifest.columns);
  }

  /** Before each pass: starts the module's random numbers anew, and takes the names of the pass's partitions. */
  reseed(seed: number, partitions?: readonly PassPartition[]): void {
    this.#instance.reseed(seed, partitions);
  }

  get fuelUsed(): number {
    return this.#instance.fuelUsed;
  }

  /** Makes the module anew after a fault, and its block where it has none. Comes before `view` and `judge`. */
  protected ready(): PolicyFault | undefined {
    const instance = this.#instance;
    if (instance.fault !== undefined) {
      this.#block = undefined;
      const fault = instance.restart();
      if (fault !== undefined) return fault;
    }
    if (this.#block !== undefined) return undefined;
    const bytes = this.#kind.bytes(MAX_CHUNK_ROWS, instance.module.abiMinor);
    const base = instance.allocate("allocate", MAX_CHUNK_ROWS, bytes);
    if (typeof base !== "number") return base;
    this.#base = base;
    this.view();
    return undefined;
  }

  /** The views, made again when the module has grown its memory, which leaves the old ones empty. */
  protected view(): Block {
    if (this.#block === undefined || this.#block.headI32.length === 0) {
      const { memory, module } = this.#instance;
      this.#block = this.#kind.view(memory, this.#base, MAX_CHUNK_ROWS, module.abiMinor);
    }
    return this.#block;
  }

  /** Asks for all jobs of the batch, a chunk a call, and writes what is said of each to `out`. */
  protected judge(batch: Batch, out: Float64Array): PolicyFault | undefined {
    const instance = this.#instance;
    for (let from = 0; from < batch.count; from += MAX_CHUNK_ROWS) {
      const to = Math.min(from + MAX_CHUNK_ROWS, batch.count);
      this.#kind.write(this.view(), batch, this.#columns, from, to);
      for (const values of this.#valuesOf(batch, from, to)) {
        if (instance.hasPartitions) instance.select(values);
        instance.call(this.#kind.method, to - from);
        const wrong = instance.fault ?? this.#take(batch, from, to, out, values);
        if (wrong !== undefined) return wrong;
      }
    }
    return undefined;
  }

  /** Values that the partitions of these jobs have: the module is asked of all of them once with each. */
  #valuesOf({ partition }: Batch, from: number, to: number): Iterable<ParameterValues> {
    const instance = this.#instance;
    if (!instance.hasPartitions || partition === undefined) return [instance.sets.cluster];
    const found = new Set<ParameterValues>();
    for (let row = from; row < to; row++) found.add(instance.valuesOf(partition[row]!));
    return found;
  }

  /** Takes what was said of the jobs in whose partition these values hold. */
  #take(
    batch: Batch,
    from: number,
    to: number,
    out: Float64Array,
    values: ParameterValues,
  ): PolicyFault | undefined {
    const given = this.#kind.given(this.view());
    const instance = this.#instance;
    const partition = instance.hasPartitions ? batch.partition : undefined;
    for (let row = from; row < to; row++) {
      if (partition !== undefined && instance.valuesOf(partition[row]!) !== values) continue;
      const value = given[row - from]!;
      if (!Number.isFinite(value)) {
        const what = `gave job ${batch.jobId[row]} the ${this.#kind.word} ${value}`;
        return this.#instance.fail("POLICY_BAD_SCORE", what);
      }
      out[row] = value;
    }
    return undefined;
  }
}
