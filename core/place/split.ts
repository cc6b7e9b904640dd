/**
 * Which parts of the queue may be planned side by side: partitions that share no node, no job that may run in several of
 * them and no counter of a limit, so that nothing that is planned for one can change the plan of another. What couples all
 * jobs of a cluster (reservations, preemption, suspended jobs, licences, rows that share an array's limit, jobs whose nodes are to
 * lie together, heterogeneous jobs) leaves it whole. Pure.
 */
import type { RankedQueue } from "../model/ranked.ts";
import type { PassTables } from "../state/tables.ts";
import { groupPlaces } from "./exact/partition-groups.ts";
import { HetSets } from "./het-sets.ts";
import { MAX_CLASSES, mostClasses } from "./kernel-memory.ts";
import { LimitLinks } from "./limit-links.ts";
import { MAX_DECISIONS, MAX_TASKS_PLANNED_PER_ROW, type PlanOptions } from "./queue.ts";

/** Below this many rows the messages cost more than a second planner gives. */
export const MIN_ROWS_TO_SPLIT = 1_000;

/**
 * Rows of at most `planners` parts, each in the order of the queue and about as many in each; undefined where the queue is
 * to be planned whole.
 */
export function splitQueue(
  tables: PassTables,
  ranked: RankedQueue,
  { mode, watchRow }: Pick<PlanOptions, "mode" | "watchRow">,
  planners: number,
  minRows = MIN_ROWS_TO_SPLIT,
): readonly Int32Array[] | undefined {
  if (planners < 2 || tables.partitions.length < 2 || ranked.order.length < Math.max(2, minRows))
    return undefined;
  if (mode !== "planned" || (watchRow ?? -1) >= 0) return undefined;
  const { reservations, preemption, suspended, licences, taskGroups, setRules } = tables;
  const coupling = [reservations, preemption, suspended, licences, taskGroups, setRules, tables.parts];
  const isCoupled = coupling.some((table) => table !== undefined);
  if (isCoupled || HetSets.of(tables, ranked) !== undefined || reachesBound(tables, ranked)) return undefined;
  const groupOf = groupPlaces(tables, ranked, LimitLinks.of(tables));
  const parts = shareOut(groupOf, planners);
  return parts === undefined ? undefined : rowsOf(ranked.order, groupOf, parts);
}

/** Bounds of a whole pass, beyond which the last rows of the queue are left for later: only one planner can count so far. */
function reachesBound(tables: PassTables, { order }: RankedQueue): boolean {
  const { tasksStartable, partitionSet } = tables.pending.columns;
  let decisions = 0;
  let classes = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    decisions += 2 + Math.min(MAX_TASKS_PLANNED_PER_ROW, Math.max(0, tasksStartable[row]!));
    classes += tables.partitionSets[partitionSet[row]!]!.length;
  }
  const most = Math.min(classes, mostClasses(tables));
  return decisions > MAX_DECISIONS || most > MAX_CLASSES;
}

/** By group, which part it is in: the longest go first, each to the part that has least. undefined for a single one. */
function shareOut(groupOf: Int32Array, planners: number): ReadonlyMap<number, number> | undefined {
  const rows = new Map<number, number>();
  for (const group of groupOf) rows.set(group, (rows.get(group) ?? 0) + 1);
  if (rows.size < 2) return undefined;
  const held = new Array<number>(Math.min(planners, rows.size)).fill(0);
  const parts = new Map<number, number>();
  for (const [group, count] of [...rows].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    const part = held.indexOf(Math.min(...held));
    parts.set(group, part);
    held[part]! += count;
  }
  return parts;
}

/** `groupOf` by place in the queue. */
function rowsOf(
  order: Int32Array,
  groupOf: Int32Array,
  partOf: ReadonlyMap<number, number>,
): readonly Int32Array[] {
  const parts = Array.from({ length: Math.max(...partOf.values()) + 1 }, () => new Int32Array(order.length));
  const counts = new Int32Array(parts.length);
  for (let i = 0; i < order.length; i++) {
    const part = partOf.get(groupOf[i]!)!;
    parts[part]![counts[part]!++] = order[i]!;
  }
  return parts.map((rows, part) => rows.slice(0, counts[part]!));
}
