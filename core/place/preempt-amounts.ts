/**
 * What a job needs of one node, and how much of it a node holds, in numbers: the kernel's arithmetic for single nodes, as
 * preemption must ask it of nodes that are not free. Pure.
 */
import type { PassTables } from "../state/tables.ts";
import { tasksHeld } from "./capacity.ts";
import type { Demand } from "./demand.ts";
import { takesOf } from "./descriptor.ts";
import type { Amounts } from "./plane-cells.ts";

export interface NodeNeeds {
  /** Units that all its nodes must hold together, and the most that one may: tasks, or of an even job nodes. */
  readonly units: number;
  readonly mostOnNode: number;
  readonly leastNodes: number;
  readonly mostNodes: number;
  readonly required: Int32Array;
  /** Units that a node with these amounts free holds. */
  readonly held: (node: number, free: Readonly<Amounts>) => number;
  /** What a node with so many units gives. */
  readonly taken: (node: number, units: number) => Amounts;
}

/** `dimensions` are those of the pass's planes, which amounts of devices are counted in. */
export function needsOf(
  tables: PassTables,
  demand: Demand,
  dimensions: readonly number[],
  gresParent: readonly number[],
): NodeNeeds {
  const { columns } = tables.nodes;
  const { uneven, wantNodes, tasks, tasksPerNode, cpusPerTask, fullCpus } = demand;
  const checks = demand.checks.map((check) => ({ ...check, plane: dimensions.indexOf(check.dimension) }));
  const takes = takesOf(dimensions, demand, gresParent);
  const threadsOf = (node: number): number =>
    demand.perThread ? Math.max(1, columns.threadsPerCore[node]!) : 1;
  const cpusAsked = (count: number): number => Math.max(1, fullCpus - (tasksPerNode - count) * cpusPerTask);

  const isAble = (node: number, free: Readonly<Amounts>): boolean => {
    const { cpus, memMib, gres } = free;
    if (cpus < demand.cpus * threadsOf(node)) return false;
    if (demand.wholeCpus && cpus < columns.totalCpus[node]!) return false;
    if (memMib < (demand.wholeMem ? columns.totalMemMib[node]! : demand.memMib)) return false;
    return checks.every(({ plane, count }) => gres[plane]! >= count);
  };
  const heldUneven = (node: number, free: Readonly<Amounts>): number => {
    if (!isAble(node, free)) return 0;
    return tasksHeld(tables, demand, node, free.cpus, free.memMib, (_, i) => free.gres[checks[i]!.plane]!);
  };
  const taken = (node: number, units: number): Amounts => {
    const count = uneven ? units : tasksPerNode;
    const asked = cpusAsked(count);
    const cpus = demand.wholeCpus ? columns.totalCpus[node]! : asked * threadsOf(node);
    let memMib = demand.wholeMem ? columns.totalMemMib[node]! : demand.fullMemMib;
    if (!demand.wholeMem && demand.memPerCpuMib > 0) {
      const factor = demand.wholeCpus ? 1 : threadsOf(node);
      memMib = Math.min(memMib, demand.memPerCpuMib * asked * factor);
    }
    const gres = dimensions.map(() => 0);
    for (const { plane, flat, perTask } of takes) gres[plane] = flat + perTask * count;
    return { cpus, memMib, gres };
  };
  return {
    units: uneven ? tasks : wantNodes,
    mostOnNode: uneven ? Math.min(tasksPerNode, tasks) : 1,
    leastNodes: wantNodes,
    mostNodes: uneven ? Math.min(tasks, demand.maxNodes) : wantNodes,
    required: demand.required,
    held: uneven ? heldUneven : (node, free) => (isAble(node, free) ? 1 : 0),
    taken,
  };
}
