/**
 * The columns of nodes that placement and topology modules read, over the tables of a pass. Those that few modules read
 * are made when they are asked for. Pure.
 */
import { DEVICE_LANES, WHOLE_DEVICE } from "../model/ids.ts";
import type { PolicyNodeColumns } from "../model/policy.ts";
import type { PassTables } from "../state/tables.ts";
import type { PlanKernel } from "./kernel.ts";

/** GRES dimension of which policies see the free devices. */
const GPU = 0;

type FreeColumns = Pick<PolicyNodeColumns, "freeCpus" | "freeMemMib" | "freeGpus">;

/** As the pass began. */
export function columnsOf(tables: PassTables): PolicyNodeColumns {
  const { freeCpus, freeMemMib, freeGres } = tables.nodes.columns;
  return new NodeColumns(tables, { freeCpus, freeMemMib, freeGpus: gpusOf(tables, freeGres) });
}

/** The same with what the plan has left free; `gpuPlane` is the kernel's plane of GPUs, below 0 for none. */
export function columnsNow(tables: PassTables, kernel: PlanKernel, gpuPlane: number): PolicyNodeColumns {
  const { columns, count } = tables.nodes;
  const rows = Array.from({ length: count }, (_, row) => row);
  return new NodeColumns(tables, {
    freeCpus: Int32Array.from(rows, (row) => kernel.freeCpus(row)),
    freeMemMib: Int32Array.from(rows, (row) => kernel.freeMemMib(row)),
    freeGpus:
      gpuPlane < 0
        ? gpusOf(tables, columns.freeGres)
        : Uint8Array.from(rows, (row) => kernel.freeGres(gpuPlane, row)),
  });
}

const gpusOf = ({ nodes: { capacity } }: PassTables, planes: Uint8Array): Uint8Array =>
  planes.subarray(GPU * capacity, (GPU + 1) * capacity);

/** A class, as accessors of a literal would be made anew in every pass. */
class NodeColumns implements PolicyNodeColumns {
  readonly count: number;
  readonly freeCpus: Int32Array;
  readonly totalCpus: Int32Array;
  readonly freeMemMib: Int32Array;
  readonly totalMemMib: Int32Array;
  readonly freeGpus: Uint8Array;
  readonly totalGpus: Uint8Array;
  readonly hardwareClass: Int32Array;
  readonly topologyLeaf: Int32Array;
  readonly #tables: PassTables;

  constructor(tables: PassTables, free: FreeColumns) {
    const { columns, count } = tables.nodes;
    this.count = count;
    this.freeCpus = free.freeCpus;
    this.totalCpus = columns.totalCpus;
    this.freeMemMib = free.freeMemMib;
    this.totalMemMib = columns.totalMemMib;
    this.freeGpus = free.freeGpus;
    this.totalGpus = gpusOf(tables, columns.totalGres);
    this.hardwareClass = columns.hardwareClass;
    this.topologyLeaf = columns.topologyLeaf;
    this.#tables = tables;
  }

  get level0(): Int32Array {
    return this.#level(0);
  }

  get level1(): Int32Array {
    return this.#level(1);
  }

  get level2(): Int32Array {
    return this.#level(2);
  }

  get freeLanes(): Int32Array {
    const { columns, capacity, count } = this.#tables.nodes;
    const lanes = new Int32Array(count);
    for (let lane = 0; lane < DEVICE_LANES; lane++) {
      const free = columns.laneFree.subarray(lane * capacity, lane * capacity + count);
      for (let row = 0; row < count; row++) if (free[row] === WHOLE_DEVICE) lanes[row]! |= 1 << lane;
    }
    return lanes;
  }

  /** By node what the tables have by leaf. */
  #level(level: number): Int32Array {
    const { nodes, levels } = this.#tables;
    const ofNode = new Int32Array(nodes.count).fill(-1);
    const ofLeaf = levels?.[level];
    if (ofLeaf === undefined) return ofNode;
    for (let row = 0; row < nodes.count; row++) {
      const leaf = nodes.columns.topologyLeaf[row]!;
      if (leaf >= 0) ofNode[row] = ofLeaf[leaf]!;
    }
    return ofNode;
  }
}
