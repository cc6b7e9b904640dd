/**
 * What a job takes of each TRES, all its nodes together: of a waiting job by what it asks, of a started one by what it
 * was given. Pure.
 */
import type { Allocation } from "../model/job.ts";
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

/**
 * Fills `out`, by place, for a job of this shape. Of one that takes nodes whole it is the most that it may get, so that
 * a limit is not exceeded whichever nodes it gets.
 */
export function askedAmounts(
  shapes: ShapeTable,
  shape: number,
  gresParent: readonly number[],
  weights: BillingWeights,
  whole: WholeNode,
  out: Float64Array,
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
  out[TRES.BILLING] = billingOf(out, weights);
  return out;
}

/** Fills `out` for an uneven job on these nodes, with so many tasks on each. */
export function spreadAmounts(
  tables: Pick<PassTables, "nodes" | "shapes">,
  shape: number,
  gresParent: readonly number[],
  weights: BillingWeights,
  nodes: Int32Array,
  tasks: Int32Array,
  out: Float64Array,
): Float64Array {
  const { columns, capacity } = tables.shapes;
  const { totalCpus, totalMemMib, threadsPerCore } = tables.nodes.columns;
  const isWhole = columns.exclusive[shape] === 1 || columns.cpus[shape] === ALL;
  const perNode = columns.memMib[shape]!;
  const perCpu = columns.memPerCpuMib[shape]!;
  out.fill(0);
  out[TRES.NODE] = nodes.length;
  out[TRES.WALL] = 1;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    const threads = columns.oneThreadPerCore[shape] === 1 ? threadsPerCore[node]! : 1;
    const cpus = isWhole ? totalCpus[node]! : tasks[i]! * columns.cpusPerTask[shape]! * threads;
    out[TRES.CPU]! += cpus;
    out[TRES.MEM]! +=
      perNode === ALL ? totalMemMib[node]! : perCpu > 0 ? Math.min(perNode, perCpu * cpus) : perNode;
    for (let at = shape; at < MAX_SHAPE_GRES * capacity; at += capacity) {
      const count = columns.gresCount[at]!;
      if (count === 0) continue;
      const dimension = columns.gresDimension[at]!;
      const isPerTask = columns.gresPerTask[at] === 1;
      const given = isPerTask ? (count * tasks[i]!) / columns.tasksPerNode[shape]! : count;
      out[TRES.GRES + dimension]! += given;
      const parent = gresParent[dimension] ?? dimension;
      if (parent !== dimension) out[TRES.GRES + parent]! += given;
    }
  }
  out[TRES.BILLING] = billingOf(out, weights);
  return out;
}

/** Fills `out` for what a job was given; `lanesOf` gives the GRES dimensions that a node's lane counts in. */
export function givenAmounts(
  allocation: Allocation,
  lanesOf: (node: number, lane: number) => readonly number[],
  weights: BillingWeights,
  out: Float64Array,
): Float64Array {
  out.fill(0);
  for (const share of allocation.nodes) {
    out[TRES.CPU]! += share.cpus;
    out[TRES.MEM]! += share.memMib;
    for (const { lane } of share.devices)
      for (const dimension of lanesOf(share.node, lane)) out[TRES.GRES + dimension]!++;
  }
  out[TRES.NODE] = allocation.nodes.length;
  out[TRES.WALL] = 1;
  out[TRES.BILLING] = billingOf(out, weights);
  return out;
}

/** What amounts cost. */
export function billingOf(amounts: Float64Array, weights: BillingWeights): number {
  let billing = 0;
  for (const [place, weight] of weights) billing += amounts[place]! * weight;
  return billing;
}
