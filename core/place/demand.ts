/**
 * What a shape asks of each of its nodes, and which nodes could ever hold it: the static half of feasibility, shared by
 * the planner and by `explain`. Looks at totals, features, partitions and flags, never at what is free. Pure.
 */

import { type FeatureSets, isMet } from "../model/constraint-nodes.ts";
import type { PartDemand } from "../model/device-parts.ts";
import { ALL } from "../model/request.ts";
import {
  isNodeUsable,
  MAX_SHAPE_GRES,
  NODE_FLAG,
  type PassTables,
  type ShapeTable,
} from "../state/tables.ts";
import { holdsParts } from "./part-room.ts";
import { type NodeRule, optionOf, ruleOf } from "./rules/node-rule.ts";

export interface GresAmount {
  readonly dimension: number;
  /** Devices that a node must have: `flat` and those of the fullest node's tasks, or of one task of an uneven job. */
  readonly count: number;
  readonly flat: number;
  readonly perTask: number;
}

/** Amounts are of the fullest node; of an uneven job of one task, which is what makes a node able. */
export interface Demand {
  readonly shape: number;
  /** Nodes; of an uneven job the fewest that it may have. */
  readonly wantNodes: number;
  /** CPUs before threads; of a whole node, the least that it must have. */
  readonly cpus: number;
  /** The node's CPUs are all taken. */
  readonly wholeCpus: boolean;
  /** `cpus` counts cores: a node with two threads a core gives two CPUs for each. */
  readonly perThread: boolean;
  readonly memMib: number;
  readonly wholeMem: boolean;
  /** Free devices that a node must have, by dimension; a typed device counts in its untyped dimension too. */
  readonly checks: readonly GresAmount[];
  /** A node has all features of one of these. */
  readonly features: FeatureSets;
  readonly required: Int32Array;
  readonly excluded: Int32Array;
  /** Tasks lie where there is room. */
  readonly uneven: boolean;
  readonly tasks: number;
  readonly maxNodes: number;
  readonly tasksPerNode: number;
  readonly cpusPerTask: number;
  /** With tasksPerNode tasks. */
  readonly fullCpus: number;
  readonly fullMemMib: number;
  /** MiB for each CPU where memory was asked so, else 0. */
  readonly memPerCpuMib: number;
  /** What its nodes must be together; absent for nothing, as nearly always. */
  readonly rule: NodeRule | undefined;
  /** Parts of devices that a node must have, as `checks`; absent for nothing, as nearly always. */
  readonly part: PartDemand | undefined;
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

/**
 * Of the shape's columns, lists, constraints and rules alone: what is made of them is kept from pass to pass. `form` says by
 * which option of its constraint, and whether with its limit on switches; see rules/node-rule.ts.
 */
export function demandOf(tables: PassTables, shape: number, gresParent: readonly number[], form = 0): Demand {
  const { columns } = tables.shapes;
  const askedCpus = columns.cpus[shape]!;
  const wholeCpus = askedCpus === ALL || columns.exclusive[shape] !== 0;
  const memMib = columns.memMib[shape]!;
  const uneven = columns.uneven[shape] !== 0;
  const tasksPerNode = columns.tasksPerNode[shape]!;
  const cpusPerTask = columns.cpusPerTask[shape]!;
  const required = listOf(tables, columns.requiredOffset[shape]!, columns.requiredCount[shape]!);
  const isByTask = wholeCpus && askedCpus === ALL;
  const fullCpus = Math.max(1, isByTask ? tasksPerNode * cpusPerTask : askedCpus);
  const fullMemMib = Math.max(0, memMib);
  const memPerCpuMib = columns.memPerCpuMib[shape]!;
  const cpus = uneven ? Math.max(1, fullCpus - (tasksPerNode - 1) * cpusPerTask) : fullCpus;
  const byCpu = uneven && memPerCpuMib > 0 ? memPerCpuMib * cpus : fullMemMib;
  return {
    shape,
    wantNodes: Math.max(1, columns.minNodes[shape]!, required.length),
    cpus,
    wholeCpus,
    perThread: columns.oneThreadPerCore[shape] !== 0,
    memMib: Math.min(fullMemMib, byCpu),
    wholeMem: memMib === ALL,
    checks: gresChecks(tables.shapes, shape, gresParent),
    features: featuresOf(tables, shape, form),
    required,
    excluded: listOf(tables, columns.excludedOffset[shape]!, columns.excludedCount[shape]!),
    uneven,
    tasks: columns.tasks[shape]!,
    maxNodes: columns.maxNodes[shape]!,
    tasksPerNode,
    cpusPerTask,
    fullCpus,
    fullMemMib,
    memPerCpuMib,
    rule: ruleOf(tables, shape, form),
    part: tables.parts?.demands.get(shape),
  };
}

const NO_ROWS = new Int32Array(0);

const listOf = ({ shapeLists }: PassTables, offset: number, count: number): Int32Array =>
  count === 0 ? NO_ROWS : shapeLists.subarray(offset, offset + count);

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
  if (demand.part !== undefined && !holdsParts(tables, demand.part, row, gres === columns.totalGres))
    return "gres";
  return "";
}

/** A constraint that is not understood any more has no option, and no node meets it. */
function featuresOf({ shapes, constraints }: PassTables, shape: number, form: number): FeatureSets {
  const options = constraints?.get(shape);
  if (options !== undefined) return options[optionOf(form)]?.each ?? [];
  const { featureLo, featureHi } = shapes.columns;
  return [[featureLo[shape]!, featureHi[shape]!]];
}

export function hasFeatures(tables: PassTables, demand: Demand, row: number): boolean {
  const { featureLo, featureHi } = tables.nodes.columns;
  return isMet(demand.features, featureLo[row]!, featureHi[row]!);
}

/** Bits of one partition in the pair of partition columns. */
export const partitionBitLo = (partition: number): number => (partition < 32 ? (1 << partition) >>> 0 : 0);
export const partitionBitHi = (partition: number): number =>
  partition < 32 ? 0 : (1 << (partition - 32)) >>> 0;

/** The demands of a shape by dimension, ascending, with the typed ones added to their untyped dimension. */
function gresChecks(shapes: ShapeTable, shape: number, gresParent: readonly number[]): GresAmount[] {
  const { columns, capacity } = shapes;
  const tasksPerNode = columns.tasksPerNode[shape]!;
  const tested = columns.uneven[shape] !== 0 ? 1 : tasksPerNode;
  const checks: GresAmount[] = [];
  const add = (dimension: number, flat: number, perTask: number): void => {
    const at = checks.findIndex((check) => check.dimension === dimension);
    const known = checks[at] ?? { flat: 0, perTask: 0 };
    const sum = { flat: known.flat + flat, perTask: known.perTask + perTask };
    const check = { dimension, count: sum.flat + sum.perTask * tested, ...sum };
    if (at < 0) checks.push(check);
    else checks[at] = check;
  };
  for (let plane = 0; plane < MAX_SHAPE_GRES; plane++) {
    const count = columns.gresCount[plane * capacity + shape]!;
    if (count <= 0) continue;
    const dimension = columns.gresDimension[plane * capacity + shape]!;
    const isPerTask = columns.gresPerTask[plane * capacity + shape] !== 0;
    const [flat, perTask] = isPerTask ? [0, Math.floor(count / tasksPerNode)] : [count, 0];
    add(dimension, flat, perTask);
    const parent = gresParent[dimension] ?? dimension;
    if (parent !== dimension) add(parent, flat, perTask);
  }
  return checks.sort((a, b) => a.dimension - b.dimension);
}
