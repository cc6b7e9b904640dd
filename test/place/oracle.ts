/**
 * A planner by brute force, for small clusters: an array of free amounts for each slot and node, each job at the first
 * slot and the lowest nodes at which it fits for its whole time. Shares no code with the real one but the slot borders.
 */
import { ALL } from "../../core/model/request.ts";
import { MAX_TASKS_PLANNED_PER_ROW } from "../../core/place/queue.ts";
import { isNodeUsable, type PassTables } from "../../core/state/tables.ts";
import type { TestCluster } from "./cluster.ts";

export interface OracleJob {
  readonly row: number;
  /** Seconds from now, -1 for never. */
  readonly startS: number;
  readonly nodes: readonly number[];
}

interface Free {
  cpus: number;
  memMib: number;
  gres: number[];
}

const DIMENSIONS = 4;
const OVERDUE_S = 30;

export function planByForce(
  cluster: TestCluster,
  tables: PassTables,
  order: readonly number[],
  borders: readonly number[],
): OracleJob[] {
  const free = borders.map((at) => freeAt(tables, at));
  const placed: OracleJob[] = [];
  for (const row of order) {
    const tasks = Math.min(tables.pending.columns.tasksStartable[row]!, MAX_TASKS_PLANNED_PER_ROW);
    for (let task = 0; task < tasks; task++) placed.push(placeOne(cluster, tables, row, borders, free));
  }
  return placed;
}

function placeOne(
  cluster: TestCluster,
  tables: PassTables,
  row: number,
  borders: readonly number[],
  free: Free[][],
): OracleJob {
  const limitS = tables.pending.columns.timeLimitS[row]!;
  // The limit rounded up to a border; beyond the last one it never ends.
  const roundedS = borders.find((at) => at >= limitS && at > 0) ?? Number.POSITIVE_INFINITY;
  const partitions = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
  for (let slot = 0; slot < borders.length; slot++) {
    const endS = borders[slot]! + roundedS;
    const window = borders.flatMap((at, i) => (i >= slot && (at < endS || i === slot) ? [i] : []));
    for (const partition of partitions) {
      const nodes = nodesFor(cluster, tables, row, partition, free, window);
      if (nodes === undefined) continue;
      takeFrom(cluster, tables, row, nodes, free, window);
      return { row, startS: borders[slot]!, nodes };
    }
  }
  return { row, startS: -1, nodes: [] };
}

function nodesFor(
  cluster: TestCluster,
  tables: PassTables,
  row: number,
  partition: number,
  free: Free[][],
  window: readonly number[],
): number[] | undefined {
  const shape = tables.pending.columns.shape[row]!;
  const request = cluster.request(shape);
  const { columns } = tables.nodes;
  const fits = (node: number): boolean => {
    if (((columns.partitionLo[node]! >>> partition) & 1) === 0 || !isNodeUsable(columns.flags[node]!))
      return false;
    const wanted = tables.shapes.columns.featureLo[shape]!;
    if ((columns.featureLo[node]! & wanted) !== wanted) return false;
    if ((request.excludedNodes as readonly number[]).includes(node)) return false;
    const threads = request.oneThreadPerCore === 1 ? columns.threadsPerCore[node]! : 1;
    return window.every((slot) => {
      const has = free[slot]![node]!;
      const cpus =
        request.cpus === ALL
          ? Math.max(columns.totalCpus[node]!, request.tasksPerNode * request.cpusPerTask * threads)
          : request.cpus * threads;
      const memMib = request.memMib === ALL ? columns.totalMemMib[node]! : request.memMib;
      return (
        has.cpus >= cpus &&
        has.memMib >= memMib &&
        request.gres.every(({ dimension, count }) => has.gres[dimension]! >= count)
      );
    });
  };
  const able = [...Array(tables.nodes.count).keys()].filter(fits);
  const required = request.requiredNodes as readonly number[];
  if (!required.every((node) => able.includes(node))) return undefined;
  const rest = able.filter((node) => !required.includes(node)).slice(0, request.minNodes - required.length);
  const nodes = [...required, ...rest];
  return nodes.length === request.minNodes ? nodes.sort((a, b) => a - b) : undefined;
}

function takeFrom(
  cluster: TestCluster,
  tables: PassTables,
  row: number,
  nodes: readonly number[],
  free: Free[][],
  window: readonly number[],
): void {
  const request = cluster.request(tables.pending.columns.shape[row]!);
  const { columns } = tables.nodes;
  nodes.forEach((node, i) => {
    // A reservation holds the largest share on each node.
    const share = Math.floor(request.tasks / nodes.length) + (i < request.tasks % nodes.length ? 1 : 0);
    const tasks = window[0] === 0 ? share : request.tasksPerNode;
    const threads = request.oneThreadPerCore === 1 ? columns.threadsPerCore[node]! : 1;
    for (const slot of window) {
      const has = free[slot]![node]!;
      has.cpus -=
        request.cpus === ALL
          ? columns.totalCpus[node]!
          : Math.max(1, request.cpus - (request.tasksPerNode - tasks) * request.cpusPerTask) * threads;
      has.memMib -= request.memMib === ALL ? columns.totalMemMib[node]! : request.memMib;
      for (const { dimension, count } of request.gres) {
        // Nodes of the test have devices of one type: an untyped demand takes that type too, and the other way round.
        for (let d = 0; d < DIMENSIONS; d++) {
          if (d === dimension || (dimension <= 2 && d <= 2)) has.gres[d] = Math.max(0, has.gres[d]! - count);
        }
      }
    }
  });
}

function freeAt(tables: PassTables, atS: number): Free[] {
  const { columns, capacity, count } = tables.nodes;
  const free = Array.from({ length: count }, (_, node) => ({
    cpus: columns.freeCpus[node]!,
    memMib: columns.freeMemMib[node]!,
    gres: Array.from({ length: DIMENSIONS }, (_, d) => columns.freeGres[d * capacity + node]!),
  }));
  const { columns: running, capacity: runningCapacity } = tables.running;
  for (let row = 0; row < tables.running.count; row++) {
    const leftS = running.endS[row]! > tables.nowS ? running.endS[row]! - tables.nowS : OVERDUE_S;
    if (leftS > atS) continue;
    const node = free[running.node[row]!]!;
    node.cpus += running.cpus[row]!;
    node.memMib += running.memMib[row]!;
    for (let d = 0; d < DIMENSIONS; d++) node.gres[d]! += running.gres[d * runningCapacity + row]!;
  }
  return free;
}
