/**
 * The queue by groups of partitions that share nodes, directly or through others, or that a waiting job may run in: jobs
 * of different groups never compete, so each group has a head of its own. Pure.
 */
import type { RankedQueue } from "../../model/ranked.ts";
import type { PassTables } from "../../state/tables.ts";
import type { LimitLinks } from "../limit-links.ts";

/** Rows of each group in the order of the queue; groups by their first row. */
export function groupRows(tables: PassTables, ranked: RankedQueue): readonly Int32Array[] {
  const partitions = tables.partitions.length;
  if (partitions <= 1) return [ranked.order];
  const groupOf = groupPlaces(tables, ranked);
  const { order } = ranked;
  const rows = new Map<number, number[]>();
  for (let i = 0; i < order.length; i++) {
    const known = rows.get(groupOf[i]!);
    if (known === undefined) rows.set(groupOf[i]!, [order[i]!]);
    else known.push(order[i]!);
  }
  return rows.size === 1 ? [order] : [...rows.values()].map((group) => Int32Array.from(group));
}

/** By place in the queue, the number of the row's group; `links` join those that share the counter of a limit. */
export function groupPlaces(tables: PassTables, ranked: RankedQueue, links?: LimitLinks): Int32Array {
  const partitions = tables.partitions.length;
  const groups = new Groups(partitions + (links?.counters ?? 0));
  joinByNodes(tables, groups);
  const { order } = ranked;
  const groupOf = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const first = joinByRow(tables, ranked, order[i]!, groups);
    groupOf[i] = first;
    links?.each(order[i]!, first, (counter) => groups.join(first, partitions + counter));
  }
  for (let i = 0; i < order.length; i++) groupOf[i] = groups.of(groupOf[i]!);
  return groupOf;
}

/** Those that have been joined have the same lowest one. */
class Groups {
  readonly #lower: Int32Array;

  constructor(count: number) {
    this.#lower = Int32Array.from({ length: count }, (_, one) => one);
  }

  of(partition: number): number {
    let group = partition;
    while (this.#lower[group] !== group) group = this.#lower[group]!;
    return group;
  }

  join(a: number, b: number): void {
    const left = this.of(a);
    const right = this.of(b);
    this.#lower[Math.max(left, right)] = Math.min(left, right);
  }
}

function joinByNodes(tables: PassTables, groups: Groups): void {
  const { columns, count } = tables.nodes;
  let lastLo = 0;
  let lastHi = 0;
  for (let row = 0; row < count; row++) {
    const lo = columns.partitionLo[row]!;
    const hi = columns.partitionHi[row]!;
    if (lo === lastLo && hi === lastHi) continue;
    lastLo = lo;
    lastHi = hi;
    let first = -1;
    for (let partition = 0; partition < tables.partitions.length; partition++) {
      if ((((partition < 32 ? lo : hi) >>> (partition & 31)) & 1) === 0) continue;
      if (first < 0) first = partition;
      else groups.join(first, partition);
    }
  }
}

/** Joins the partitions in which the row may run; gives the first. */
function joinByRow(tables: PassTables, ranked: RankedQueue, row: number, groups: Groups): number {
  const set = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
  let first = -1;
  for (let i = 0; i < set.length; i++) {
    const partition = set[i]!;
    const allowed = partition < 32 ? ranked.allowedLo[row]! : ranked.allowedHi[row]!;
    if (((allowed >>> (partition & 31)) & 1) === 0) continue;
    if (first < 0) first = partition;
    else groups.join(first, partition);
  }
  return Math.max(0, first);
}
