/**
 * What a job takes of each TRES, all its nodes together: of a waiting job by what it asks, of a started one by what it
 * was given. Pure.
 */
import { isShareKind } from "../model/device-parts.ts";
import type { Allocation, DeviceShare } from "../model/job.ts";
import { ALL } from "../model/request.ts";
import { TRES } from "../model/tres.ts";
import { MAX_SHAPE_GRES, type PassTables, type ShapeTable } from "./tables.ts";

/** Weights by place; what is not named costs nothing. */
export type BillingWeights = readonly (readonly [place: number, weight: number])[];

/** What the largest node of a partition has: what a job that takes nodes whole may get of each. */
export interface WholeNode {
  readonly cpus: number;
  readonly memMib: number;
}

/** Slurm's default: a CPU costs 1. */
export const CPU_BILLING: BillingWeights = [[TRES.CPU, 1]];

/** Of all nodes the least and the most of each, and whether these are the same. */
export interface WholeNodes {
  readonly least: WholeNode;
  readonly most: WholeNode;
  readonly differ: boolean;
}

/** Nodes that no agent has registered say nothing of what they have, and are left out. */
export function wholeNodes(tables: Pick<PassTables, "nodes">): WholeNodes {
  const { columns, count } = tables.nodes;
  const most = largestNode(tables);
  let { cpus, memMib } = most;
  for (let row = 0; row < count; row++) {
    if (columns.totalCpus[row]! > 0) cpus = Math.min(cpus, columns.totalCpus[row]!);
    if (columns.totalMemMib[row]! > 0) memMib = Math.min(memMib, columns.totalMemMib[row]!);
  }
  return { least: { cpus, memMib }, most, differ: cpus !== most.cpus || memMib !== most.memMib };
}

/** CPUs of a node with so many tasks, before threads are counted: the fullest may hold more than its tasks ask for. */
export function askedCpusOn({ columns }: ShapeTable, shape: number, tasks: number): number {
  const cpusPerTask = columns.cpusPerTask[shape]!;
  const isWhole = columns.exclusive[shape] === 1 || columns.cpus[shape] === ALL;
  return Math.max(
    1,
    isWhole
      ? tasks * cpusPerTask
      : columns.cpus[shape]! - (columns.tasksPerNode[shape]! - tasks) * cpusPerTask,
  );
}

/** Whether a shape takes all CPUs or all memory of its nodes, so that these say how much it takes. */
export const isWholeShape = ({ columns }: ShapeTable, shape: number): boolean =>
  columns.exclusive[shape] === 1 || columns.cpus[shape] === ALL || columns.memMib[shape] === ALL;

/** Of all nodes the most of each. */
export function largestNode({ nodes: { columns, count } }: Pick<PassTables, "nodes">): WholeNode {
  let cpus = 0;
  let memMib = 0;
  for (let row = 0; row < count; row++) {
    cpus = Math.max(cpus, columns.totalCpus[row]!);
    memMib = Math.max(memMib, columns.totalMemMib[row]!);
  }
  return { cpus, memMib };
}

/** What parts of devices count as, on each node of a job. */
export interface PartCount {
  readonly dimensions: readonly number[];
  readonly count: number;
}

/**
 * Fills `out`, by place, for a job of this shape, with the parts that it asks. Of one that takes nodes whole it is what a
 * node like `whole` has.
 */
export function askedAmounts(
  shapes: ShapeTable,
  shape: number,
  gresParent: readonly number[],
  weights: BillingWeights,
  whole: WholeNode,
  out: Float64Array,
  part?: PartCount,
): Float64Array {
  const { columns, capacity } = shapes;
  out.fill(0);
  const nodes = columns.minNodes[shape]!;
  const tasks = columns.tasks[shape]!;
  const isWhole = columns.exclusive[shape] === 1 || columns.cpus[shape] === ALL;
  // The nodes after the fullest ones hold fewer tasks.
  const missing = Math.max(0, nodes * columns.tasksPerNode[shape]! - tasks);
  const isUneven = columns.uneven[shape] === 1;
  out[TRES.NODE] = nodes;
  out[TRES.WALL] = 1;
  out[TRES.CPU] = isWhole
    ? nodes * whole.cpus
    : isUneven
      ? tasks * columns.cpusPerTask[shape]!
      : nodes * columns.cpus[shape]! - missing * columns.cpusPerTask[shape]!;
  const memMib = columns.memMib[shape]! === ALL ? whole.memMib : columns.memMib[shape]!;
  out[TRES.MEM] = isUneven ? Math.ceil((memMib * tasks) / columns.tasksPerNode[shape]!) : nodes * memMib;
  for (let plane = 0; plane < MAX_SHAPE_GRES; plane++) {
    const count = columns.gresCount[plane * capacity + shape]!;
    if (count === 0) continue;
    const dimension = columns.gresDimension[plane * capacity + shape]!;
    const perTask = columns.gresPerTask[plane * capacity + shape] === 1;
    const total = perTask ? (count * tasks) / columns.tasksPerNode[shape]! : count * nodes;
    out[TRES.GRES + dimension]! += total;
    const parent = gresParent[dimension] ?? dimension;
    if (parent !== dimension) out[TRES.GRES + parent]! += total;
  }
  if (part !== undefined) addParts(out, part, nodes);
  out[TRES.BILLING] = billingOf(out, weights);
  return out;
}

/**
 * Fills `out` for a job on these nodes: an uneven one with so many tasks on each, or without `tasks` one that takes nodes
 * whole, which has as many as it asks on all but the last.
 */
export function spreadAmounts(
  tables: Pick<PassTables, "nodes" | "shapes">,
  shape: number,
  gresParent: readonly number[],
  weights: BillingWeights,
  nodes: Int32Array,
  tasks: Int32Array | undefined,
  out: Float64Array,
  part?: PartCount,
): Float64Array {
  const { columns, capacity } = tables.shapes;
  const { totalCpus, totalMemMib, threadsPerCore } = tables.nodes.columns;
  const isWhole = columns.exclusive[shape] === 1 || columns.cpus[shape] === ALL;
  const perNode = columns.memMib[shape]!;
  const perCpu = columns.memPerCpuMib[shape]!;
  out.fill(0);
  out[TRES.NODE] = nodes.length;
  out[TRES.WALL] = 1;
  let open = columns.tasks[shape]!;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    const here = tasks === undefined ? Math.min(open, columns.tasksPerNode[shape]!) : tasks[i]!;
    open -= here;
    const asked = askedCpusOn(tables.shapes, shape, here);
    const threads = columns.oneThreadPerCore[shape] === 1 ? threadsPerCore[node]! : 1;
    const cpus = isWhole ? totalCpus[node]! : asked * threads;
    out[TRES.CPU]! += cpus;
    out[TRES.MEM]! +=
      perNode === ALL
        ? totalMemMib[node]!
        : perCpu > 0
          ? Math.min(perNode, perCpu * (isWhole ? asked : cpus))
          : perNode;
    for (let at = shape; at < MAX_SHAPE_GRES * capacity; at += capacity) {
      const count = columns.gresCount[at]!;
      if (count === 0) continue;
      const dimension = columns.gresDimension[at]!;
      const isPerTask = columns.gresPerTask[at] === 1;
      const given = isPerTask ? (count * here) / columns.tasksPerNode[shape]! : count;
      out[TRES.GRES + dimension]! += given;
      const parent = gresParent[dimension] ?? dimension;
      if (parent !== dimension) out[TRES.GRES + parent]! += given;
    }
  }
  if (part !== undefined) addParts(out, part, nodes.length);
  out[TRES.BILLING] = billingOf(out, weights);
  return out;
}

/**
 * Fills `out` for what a job was given; `dimensionsOf` gives the GRES dimensions that something of a node's device counts
 * in. Shares count one by one; any other part as one device.
 */
export function givenAmounts(
  allocation: Allocation,
  dimensionsOf: (node: number, share: DeviceShare) => readonly number[],
  weights: BillingWeights,
  out: Float64Array,
): Float64Array {
  out.fill(0);
  for (const share of allocation.nodes) {
    out[TRES.CPU]! += share.cpus;
    out[TRES.MEM]! += share.memMib;
    for (const device of share.devices) {
      const { part } = device;
      const count = part !== undefined && isShareKind(part.kind) ? part.units : 1;
      for (const dimension of dimensionsOf(share.node, device)) out[TRES.GRES + dimension]! += count;
    }
  }
  out[TRES.NODE] = allocation.nodes.length;
  out[TRES.WALL] = 1;
  out[TRES.BILLING] = billingOf(out, weights);
  return out;
}

function addParts(out: Float64Array, { dimensions, count }: PartCount, nodes: number): void {
  for (const dimension of dimensions) out[TRES.GRES + dimension]! += count * nodes;
}

/** What amounts cost. */
export function billingOf(amounts: Float64Array, weights: BillingWeights): number {
  let billing = 0;
  for (const [place, weight] of weights) billing += amounts[place]! * weight;
  return billing;
}
