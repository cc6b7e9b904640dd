/**
 * How many tasks of an uneven job nodes hold, one node at a time: for the reason why a job can never run, for `explain`,
 * and where a plan looks at what is not free yet. What is free the planner counts in its kernel. Pure.
 */
import { NODE_FLAG, type PassTables } from "../state/tables.ts";
import type { Demand, GresAmount } from "./demand.ts";

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
  return holdsAll(demand, named.size, tasks, held, demand.maxNodes);
}

/** Whether the named nodes, with so many tasks, and of the others the fullest ones hold the job on `mostNodes` nodes. */
export function holdsAll(
  { wantNodes, tasks }: Demand,
  named: number,
  namedTasks: number,
  others: number[],
  mostNodes: number,
): boolean {
  const more = others.sort((a, b) => b - a).slice(0, Math.max(0, mostNodes - named));
  return named + more.length >= wantNodes && more.reduce((sum, most) => sum + most, namedTasks) >= tasks;
}

/** Tasks that an empty node holds; of a node that has never registered, as many as one may get. */
export function tasksOnEmpty(tables: PassTables, demand: Demand, row: number): number {
  const { columns, capacity } = tables.nodes;
  if ((columns.flags[row]! & NODE_FLAG.REGISTERED) === 0) return Math.min(demand.tasksPerNode, demand.tasks);
  const { totalCpus, totalMemMib, totalGres } = columns;
  return tasksHeld(tables, demand, row, totalCpus[row]!, totalMemMib[row]!, ({ dimension }) => {
    return totalGres[dimension * capacity + row]!;
  });
}

/** Tasks that a node with these amounts free holds; that one to be taken whole is all free, the caller sees to. */
export function tasksHeld(
  tables: PassTables,
  demand: Demand,
  node: number,
  cpus: number,
  memMib: number,
  gresOf: (check: GresAmount, i: number) => number,
): number {
  const { cpusPerTask, fullCpus, tasksPerNode, fullMemMib, memPerCpuMib, checks } = demand;
  const threads = demand.perThread ? Math.max(1, tables.nodes.columns.threadsPerCore[node]!) : 1;
  const base = fullCpus - tasksPerNode * cpusPerTask;
  const tasksOf = (count: number): number =>
    count < 1 ? 0 : Math.max(0, Math.floor((count - base) / cpusPerTask));
  let holds = Math.min(tasksPerNode, demand.tasks, tasksOf(Math.floor(cpus / threads)));
  if (!demand.wholeMem && memMib < fullMemMib) {
    if (memPerCpuMib === 0) return 0;
    const factor = demand.wholeCpus ? 1 : threads;
    holds = Math.min(holds, tasksOf(Math.floor(Math.floor(memMib / memPerCpuMib) / factor)));
  }
  for (let i = 0; i < checks.length; i++) {
    const { flat, perTask } = checks[i]!;
    const left = gresOf(checks[i]!, i) - flat;
    if (left < 0) return 0;
    if (perTask > 0) holds = Math.min(holds, Math.floor(left / perTask));
  }
  return holds;
}
