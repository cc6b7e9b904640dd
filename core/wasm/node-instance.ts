/**
 * What placement and topology modules have in common: the block that the nodes cross in, and the check of the rows that
 * come back. One for each instance. Never trusts an address, a count or a row that the module gives.
 */
import type { PolicyFault, PolicyJob, PolicyNodeColumns } from "../model/policy.ts";
import { columnBits } from "./column-bits.ts";
import { BLOCK_ALIGNMENT } from "./generated/abi.ts";
import {
  NODE_COLUMNS,
  type NodeBlock,
  nodeBlockBytes,
  nodeCapacity,
  viewNodeBlock,
  writeJob,
  writeNodeColumns,
} from "./generated/node-block.ts";
import type { ModuleInstance, PassPartition } from "./instance.ts";

/** What a module does before it knows a job, it does with the cluster's values. */
const NO_PARTITION = -1;

export class NodeInstance {
  readonly name: string;
  protected readonly instance: ModuleInstance;
  readonly #columns: number;
  #block: NodeBlock | undefined;
  #base = 0;
  #count = 0;
  #stamps = new Int32Array(0);
  #stamp = 0;

  constructor(instance: ModuleInstance) {
    this.name = instance.name;
    this.instance = instance;
    this.#columns = columnBits(NODE_COLUMNS, instance.module.manifest.columns);
  }

  /** Before each pass: starts the module's random numbers anew, and takes the names of the pass's partitions. */
  reseed(seed: number, partitions?: readonly PassPartition[]): void {
    this.instance.reseed(seed, partitions);
  }

  get fuelUsed(): number {
    return this.instance.fuelUsed;
  }

  get count(): number {
    return this.#count;
  }

  /** Copies the columns in, making room first where the nodes are more than before or the module had a fault. */
  begin(nodes: PolicyNodeColumns): PolicyFault | undefined {
    const instance = this.instance;
    if (instance.fault !== undefined) {
      this.#block = undefined;
      const fault = instance.restart();
      if (fault !== undefined) return fault;
    }
    if (this.#block === undefined || this.#block.capacity < nodes.count) {
      const fault = this.#allocate(nodes.count);
      if (fault !== undefined) return fault;
    }
    const block = this.block();
    if (nodes.count < this.#count) block.mask.fill(0, nodes.count, this.#count);
    this.#count = nodes.count;
    writeNodeColumns(block, nodes, this.#columns);
    instance.usePartition(NO_PARTITION);
    instance.call("begin", nodes.count);
    return instance.fault;
  }

  update(row: number, freeCpus: number, freeMemMib: number, freeGpus: number): void {
    if (this.#block === undefined) return;
    const block = this.block();
    block.freeCpus[row] = freeCpus;
    block.freeMemMib[row] = freeMemMib;
    block.freeGpus[row] = freeGpus;
  }

  /** Writes the job and its mask; gives the block to write more to. */
  ask(job: PolicyJob, mask: Uint8Array): NodeBlock {
    this.instance.usePartition(job.partition);
    const block = this.block();
    writeJob(block, job);
    block.mask.set(mask.length === this.#count ? mask : mask.subarray(0, this.#count));
    return block;
  }

  /** Checks the `want` rows that the module says it wrote and copies them to `out`. */
  take(given: number, want: number, mask: Uint8Array, out: Int32Array): PolicyFault | undefined {
    const instance = this.instance;
    if (instance.fault !== undefined) return instance.fault;
    if (given < want) return instance.fail("POLICY_TOO_FEW_NODES", `gave ${given} nodes of ${want}`);
    const rows = this.block().out;
    const stamp = this.#nextStamp();
    for (let i = 0; i < want; i++) {
      const row = rows[i]!;
      if (row < 0 || row >= this.#count)
        return instance.fail("POLICY_BAD_NODE", `gave row ${row} of ${this.#count}`);
      if (mask[row] === 0) return instance.fail("POLICY_BAD_NODE", `gave row ${row}, which is not feasible`);
      if (this.#stamps[row] === stamp) return instance.fail("POLICY_DUPLICATE_NODE", `gave row ${row} twice`);
      this.#stamps[row] = stamp;
      out[i] = row;
    }
    return undefined;
  }

  /** The views, made again when the module has grown its memory, which leaves the old ones empty. */
  block(): NodeBlock {
    const block = this.#block;
    if (block === undefined) throw new Error("begin comes before any other call of a node policy");
    if (block.mask.length > 0) return block;
    this.#block = viewNodeBlock(
      this.instance.memory,
      this.#base,
      block.capacity,
      this.instance.module.abiMinor,
    );
    return this.#block;
  }

  #allocate(rows: number): PolicyFault | undefined {
    const instance = this.instance;
    const capacity = Math.max(nodeCapacity(rows), BLOCK_ALIGNMENT);
    const { abiMinor } = instance.module;
    const base = instance.allocate("allocate", capacity, nodeBlockBytes(capacity, abiMinor));
    if (typeof base !== "number") return base;
    this.#base = base;
    this.#block = viewNodeBlock(instance.memory, base, capacity, abiMinor);
    this.#stamps = new Int32Array(capacity);
    this.#stamp = 0;
    this.#count = 0;
    return undefined;
  }

  #nextStamp(): number {
    if (this.#stamp === 0x7fffffff) {
      this.#stamps.fill(0);
      this.#stamp = 0;
    }
    return ++this.#stamp;
  }
}
