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

/** As the pass began. */
export function columnsOf(tables: PassTables): PolicyNodeColumns {
  const { columns, capacity, count } = tables.nodes;
  return {
    count,
    freeCpus: columns.freeCpus,
    totalCpus: columns.totalCpus,
    freeMemMib: columns.freeMemMib,
    totalMemMib: columns.totalMemMib,
    freeGpus: columns.freeGres.subarray(GPU * capacity, (GPU + 1) * capacity),
    totalGpus: columns.totalGres.subarray(GPU * capacity, (GPU + 1) * capacity),
    hardwareClass: columns.hardwareClass,
    topologyLeaf: columns.topologyLeaf,
    get level0() {
      return levelOf(tables, 0);
    },
    get level1() {
      return levelOf(tables, 1);
    },
    get level2() {
      return levelOf(tables, 2);
    },
    get freeLanes() {
      return lanesOf(tables);
    },
  };
}

/** The same with what the plan has left free; `gpuPlane` is the kernel's plane of GPUs, below 0 for none. */
export function columnsNow(tables: PassTables, kernel: PlanKernel, gpuPlane: number): PolicyNodeColumns {
  const columns = columnsOf(tables);
  const rows = Array.from({ length: columns.count }, (_, row) => row);
  return {
    ...columns,
    freeCpus: Int32Array.from(rows, (row) => kernel.freeCpus(row)),
    freeMemMib: Int32Array.from(rows, (row) => kernel.freeMemMib(row)),
    freeGpus:
      gpuPlane < 0 ? columns.freeGpus : Uint8Array.from(rows, (row) => kernel.freeGres(gpuPlane, row)),
  };
}

/** By node what the tables have by leaf. */
function levelOf({ nodes: { columns, count }, levels }: PassTables, level: number): Int32Array {
  const ofNode = new Int32Array(count).fill(-1);
  const ofLeaf = levels?.[level];
  if (ofLeaf === undefined) return ofNode;
  for (let row = 0; row < count; row++) {
    const leaf = columns.topologyLeaf[row]!;
    if (leaf >= 0) ofNode[row] = ofLeaf[leaf]!;
  }
  return ofNode;
}

function lanesOf({ nodes: { columns, capacity, count } }: PassTables): Int32Array {
  const lanes = new Int32Array(count);
  for (let lane = 0; lane < DEVICE_LANES; lane++) {
    const free = columns.laneFree.subarray(lane * capacity, lane * capacity + count);
    for (let row = 0; row < count; row++) if (free[row] === WHOLE_DEVICE) lanes[row]! |= 1 << lane;
  }
  return lanes;
}
