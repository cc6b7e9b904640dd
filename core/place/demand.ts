/**
 * What a shape asks of each of its nodes, and which nodes could ever hold it: the static half of feasibility, shared by
 * the planner and by `explain`. Looks at totals, features, partitions and flags, never at what is free. Pure.
 */
import { ALL } from "../model/request.ts";
import {
  isNodeUsable,
  MAX_SHAPE_GRES,
  NODE_FLAG,
  type PassTables,
  type ShapeTable,
} from "../state/tables.ts";

export interface GresAmount {
  readonly dimension: number;
  readonly count: number;
}

export interface Demand {
  readonly shape: number;
  readonly wantNodes: number;
  /** CPUs of the fullest node, before threads; of a whole node, the least that it must have. */
  readonly cpus: number;
  /** The node's CPUs are all taken. */
  readonly wholeCpus: boolean;
  /** `cpus` counts cores: a node with two threads a core gives two CPUs for each. */
  readonly perThread: boolean;
  readonly memMib: number;
  readonly wholeMem: boolean;
  /** Free devices that a node must have, by dimension; a typed device counts in its untyped dimension too. */
  readonly checks: readonly GresAmount[];
  readonly featureLo: number;
  readonly featureHi: number;
  readonly required: Int32Array;
  readonly excluded: Int32Array;
}

/** Why a node is not eligible, in the order in which it is looked at. */
export const NODE_FILTERS = [
  "partition",
  "features",
  "excluded",
  "cpus",
  "memory",
  "gres",
  "usable",
] as const;
export type NodeFilter = (typeof NODE_FILTERS)[number];

export function demandOf(tables: PassTables, shape: number, gresParent: readonly number[]): Demand {
  const { columns } = tables.shapes;
  const askedCpus = columns.cpus[shape]!;
  const wholeCpus = askedCpus === ALL || columns.exclusive[shape] !== 0;
  const memMib = columns.memMib[shape]!;
  const list = (offset: Int32Array, count: Int32Array): Int32Array =>
    tables.shapeLists.subarray(offset[shape]!, offset[shape]! + count[shape]!);
  const required = list(columns.requiredOffset, columns.requiredCount);
  return {
    shape,
    wantNodes: Math.max(1, columns.minNodes[shape]!, required.length),
    cpus: Math.max(1, wholeCpus ? columns.tasksPerNode[shape]! * columns.cpusPerTask[shape]! : askedCpus),
    wholeCpus,
    perThread: columns.oneThreadPerCore[shape] !== 0,
    memMib: Math.max(0, memMib),
    wholeMem: memMib === ALL,
    checks: gresChecks(tables.shapes, shape, gresParent),
    featureLo: columns.featureLo[shape]!,
    featureHi: columns.featureHi[shape]!,
    required,
    excluded: list(columns.excludedOffset, columns.excludedCount),
  };
}

/** The filter that takes this node out, or "" for a node that could hold one node of the job. */
export function filterOf(
  tables: PassTables,
  demand: Demand,
  row: number,
  partitionLo: number,
  partitionHi: number,
  isExcluded: boolean,
): NodeFilter | "" {
  const { columns } = tables.nodes;
  if (((columns.partitionLo[row]! & partitionLo) | (columns.partitionHi[row]! & partitionHi)) === 0)
    return "partition";
  // What an absent node would have is not known: it is missing, not unfit.
  if ((columns.flags[row]! & NODE_FLAG.REGISTERED) === 0) return isExcluded ? "excluded" : "usable";
  if (!hasFeatures(tables, demand, row)) return "features";
  if (isExcluded) return "excluded";
  const short = shortOf(tables, demand, row, columns.totalCpus, columns.totalMemMib, columns.totalGres);
  if (short !== "") return short;
  return isNodeUsable(columns.flags[row]!) ? "" : "usable";
}

/** The resource of which this node has too little in the given columns, or "". */
export function shortOf(
  tables: PassTables,
  demand: Demand,
  row: number,
  cpus: Int32Array,
  memMib: Int32Array,
  gres: Uint8Array,
): "cpus" | "memory" | "gres" | "" {
  const { columns, capacity } = tables.nodes;
  const least = demand.cpus * (demand.perThread ? columns.threadsPerCore[row]! : 1);
  if (cpus[row]! < least || (demand.wholeCpus && cpus[row]! < columns.totalCpus[row]!)) return "cpus";
  if (memMib[row]! < (demand.wholeMem ? columns.totalMemMib[row]! : demand.memMib)) return "memory";
  for (const { dimension, count } of demand.checks) {
    if (gres[dimension * capacity + row]! < count) return "gres";
  }
  return "";
}

export function hasFeatures(tables: PassTables, demand: Demand, row: number): boolean {
  const { featureLo, featureHi } = tables.nodes.columns;
  return (
    (featureLo[row]! & demand.featureLo) >>> 0 === demand.featureLo &&
    (featureHi[row]! & demand.featureHi) >>> 0 === demand.featureHi
  );
}

/** Bits of one partition in the pair of partition columns. */
export const partitionBitLo = (partition: number): number => (partition < 32 ? (1 << partition) >>> 0 : 0);
export const partitionBitHi = (partition: number): number =>
  partition < 32 ? 0 : (1 << (partition - 32)) >>> 0;

/** The demands of a shape by dimension, ascending, with the typed ones added to their untyped dimension. */
function gresChecks(shapes: ShapeTable, shape: number, gresParent: readonly number[]): GresAmount[] {
  const { columns, capacity } = shapes;
  const counts = new Map<number, number>();
  const add = (dimension: number, count: number): void => {
    counts.set(dimension, (counts.get(dimension) ?? 0) + count);
  };
  for (let plane = 0; plane < MAX_SHAPE_GRES; plane++) {
    const count = columns.gresCount[plane * capacity + shape]!;
    if (count <= 0) continue;
    const dimension = columns.gresDimension[plane * capacity + shape]!;
    add(dimension, count);
    const parent = gresParent[dimension] ?? dimension;
    if (parent !== dimension) add(parent, count);
  }
  return [...counts]
    .map(([dimension, count]) => ({ dimension, count }))
    .sort((a, b) => a.dimension - b.dimension);
}
