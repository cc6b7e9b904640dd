/**
 * How many tasks of an uneven job nodes hold, outside a pass: for the reason why a job can never run, and for `explain`.
 * The planner counts in its kernel. Pure.
 */
import { NODE_FLAG, type PassTables } from "../state/tables.ts";
import type { Demand } from "./demand.ts";

/** Whether the nodes of the given rows, empty, hold all its tasks within its numbers of nodes. */
export function holdsUneven(tables: PassTables, demand: Demand, isAble: (row: number) => boolean): boolean {
  const named = new Set(demand.required);
  const held: number[] = [];
  let tasks = 0;
  for (let row = 0; row < tables.nodes.count; row++) {
    if (!named.has(row) && !isAble(row)) continue;
    const most = tasksOnEmpty(tables, demand, row);
    if (named.has(row)) tasks += most;
    else if (most > 0) held.push(most);
  }
  const more = held.sort((a, b) => b - a).slice(0, Math.max(0, demand.maxNodes - named.size));
  if (named.size + more.length < demand.wantNodes) return false;
  return more.reduce((sum, most) => sum + most, tasks) >= demand.tasks;
}

/** Tasks that an empty node holds; of a node that has never registered, as many as one may get. */
function tasksOnEmpty(tables: PassTables, demand: Demand, row: number): number {
  const { columns, capacity } = tables.nodes;
  const most = Math.min(demand.tasksPerNode, demand.tasks);
  if ((columns.flags[row]! & NODE_FLAG.REGISTERED) === 0) return most;
  const { cpusPerTask, fullCpus, tasksPerNode, fullMemMib, memPerCpuMib } = demand;
  const threads = demand.perThread ? Math.max(1, columns.threadsPerCore[row]!) : 1;
  const base = fullCpus - tasksPerNode * cpusPerTask;
  const tasksOf = (cpus: number): number => Math.max(0, Math.floor((cpus - base) / cpusPerTask));
  let holds = Math.min(most, tasksOf(Math.floor(columns.totalCpus[row]! / threads)));
  const memMib = columns.totalMemMib[row]!;
  if (!demand.wholeMem && memMib < fullMemMib) {
    if (memPerCpuMib === 0) return 0;
    const factor = demand.wholeCpus ? 1 : threads;
    holds = Math.min(holds, tasksOf(Math.floor(Math.floor(memMib / memPerCpuMib) / factor)));
  }
  for (const { dimension, flat, perTask } of demand.checks) {
    const left = columns.totalGres[dimension * capacity + row]! - flat;
    if (left < 0) return 0;
    if (perTask > 0) holds = Math.min(holds, Math.floor(left / perTask));
  }
  return holds;
}
