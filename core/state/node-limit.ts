/** Limits on what a job takes of one node (MaxTRESPerNode), once it is known which nodes it gets. Pure. */
import { ALL } from "../model/request.ts";
import { TRES } from "../model/tres.ts";
import type { LimitHit } from "./limit-use.ts";
import { type LimitTables, MAX_SHAPE_GRES, type PassTables } from "./tables.ts";
import { askedCpusOn } from "./tres-amounts.ts";

/** Nodes that a job would take, of an uneven one with the tasks on each. */
export interface TakenNodes {
  readonly nodes: Int32Array;
  readonly tasks: Int32Array | undefined;
}

/** The first limit of the set that the fullest of the nodes is over; undefined for none. */
export function overNodeLimit(
  tables: Pick<PassTables, "nodes" | "shapes">,
  limits: LimitTables,
  constraintSet: number,
  shape: number,
  { nodes, tasks }: TakenNodes,
  gresParent: readonly number[],
): LimitHit | undefined {
  for (const constraint of limits.constraintSets[constraintSet]!) {
    const { kind, place, value } = limits.constraints[constraint]!;
    if (kind !== "maxTresPerNode") continue;
    let most = 0;
    for (let i = 0; i < nodes.length; i++) {
      const here = tasks?.[i] ?? tables.shapes.columns.tasksPerNode[shape]!;
      most = Math.max(most, amountOn(tables, shape, place, nodes[i]!, here, gresParent));
    }
    if (most > value) return { constraint, used: 0, added: most };
  }
  return undefined;
}

/** What a job takes of a node with so many tasks there. */
function amountOn(
  { nodes, shapes }: Pick<PassTables, "nodes" | "shapes">,
  shape: number,
  place: number,
  node: number,
  tasks: number,
  gresParent: readonly number[],
): number {
  const { columns, capacity } = shapes;
  const isWhole = columns.exclusive[shape] === 1 || columns.cpus[shape] === ALL;
  const threads = columns.oneThreadPerCore[shape] === 1 ? nodes.columns.threadsPerCore[node]! : 1;
  const asked = askedCpusOn(shapes, shape, tasks);
  const cpus = isWhole ? nodes.columns.totalCpus[node]! : asked * threads;
  if (place === TRES.CPU) return cpus;
  if (place === TRES.MEM) {
    const perNode = columns.memMib[shape]!;
    if (perNode === ALL) return nodes.columns.totalMemMib[node]!;
    const perCpu = columns.memPerCpuMib[shape]!;
    return perCpu > 0 ? Math.min(perNode, perCpu * (isWhole ? asked : cpus)) : perNode;
  }
  if (place < TRES.GRES) return place === TRES.NODE ? 1 : 0;
  const dimension = place - TRES.GRES;
  let count = 0;
  for (let at = shape; at < MAX_SHAPE_GRES * capacity; at += capacity) {
    const asked = columns.gresDimension[at]!;
    if (columns.gresCount[at] === 0 || (asked !== dimension && gresParent[asked] !== dimension)) continue;
    const isPerTask = columns.gresPerTask[at] === 1;
    count += isPerTask
      ? (columns.gresCount[at]! * tasks) / columns.tasksPerNode[shape]!
      : columns.gresCount[at]!;
  }
  return count;
}
