/**
 * Which nodes a class may use, one byte a node in the kernel's memory: in the partition, with the features, not excluded,
 * usable. Classes with equal demands share a mask. There is room for a bounded number: the oldest is given up first.
 */
import { isNodeUsable, type PassTables } from "../state/tables.ts";
import { type Demand, hasFeatures, partitionBitHi, partitionBitLo } from "./demand.ts";
import type { PlanKernel } from "./kernel.ts";

/** Partitions have a bit each in two words. */
const MAX_PARTITIONS = 64;

export class MaskCache {
  readonly #tables: PassTables;
  readonly #kernel: PlanKernel;
  readonly #within: Uint8Array | undefined;
  readonly #ids = new Map<number, number>();
  /** By mask slot: id of the mask that it holds, -1 for none. */
  readonly #owner: Int32Array;
  /** By id: mask slot that it was last written to. */
  readonly #slot: number[] = [];
  #next = 0;

  /** `within`, by row, is not 0 for the nodes that any class may use; all of them by default. */
  constructor(tables: PassTables, kernel: PlanKernel, within?: Uint8Array) {
    this.#within = within;
    this.#tables = tables;
    this.#kernel = kernel;
    this.#owner = new Int32Array(kernel.maskCount).fill(-1);
  }

  /** Number of the mask that shapes need in a partition whose maskKeyOf has this number. */
  idOf(mask: number, partition: number): number {
    const key = mask * MAX_PARTITIONS + partition;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(key, id);
      this.#slot.push(-1);
    }
    return id;
  }

  /** Pointer to the mask, made now where it is not in memory. Valid until the next call. */
  pointer(id: number, demand: Demand, partition: number): number {
    let slot = this.#slot[id]!;
    if (slot < 0 || this.#owner[slot] !== id) {
      slot = this.#next;
      this.#next = (slot + 1) % this.#owner.length;
      this.#owner[slot] = id;
      this.#slot[id] = slot;
      writeMask(this.#tables, demand, partition, this.#kernel.mask(slot), this.#within);
      this.#kernel.sealMask(slot);
    }
    return this.#kernel.maskPointer(slot);
  }
}

/** Equal for demands that need the same mask in each partition. */
export function maskKeyOf(demand: Demand): string {
  const lists = demand.required.length + demand.excluded.length > 0 ? demand.shape : "";
  const whole = demand.wholeCpus ? `${demand.cpus}${demand.perThread ? "t" : ""}` : "";
  return `${demand.features.join(" | ")} ${whole} ${lists}`;
}

/** Nodes that the job names are left out: the kernel takes them first and looks for the rest. */
function writeMask(
  tables: PassTables,
  demand: Demand,
  partition: number,
  mask: Uint8Array,
  within: Uint8Array | undefined,
): void {
  const { columns, count } = tables.nodes;
  const lo = partitionBitLo(partition);
  const hi = partitionBitHi(partition);
  for (let row = 0; row < count; row++) {
    const inPartition =
      ((columns.partitionLo[row]! & lo) | (columns.partitionHi[row]! & hi)) !== 0 && within?.[row] !== 0;
    const fit = inPartition && isNodeUsable(columns.flags[row]!) && hasFeatures(tables, demand, row);
    mask[row] = fit && (!demand.wholeCpus || holdsWhole(tables, demand, row)) ? 255 : 0;
  }
  mask.fill(0, count);
  for (const row of demand.excluded) mask[row] = 0;
  for (const row of demand.required) mask[row] = 0;
}

function holdsWhole(tables: PassTables, demand: Demand, row: number): boolean {
  const { totalCpus, threadsPerCore } = tables.nodes.columns;
  return totalCpus[row]! >= demand.cpus * (demand.perThread ? threadsPerCore[row]! : 1);
}
