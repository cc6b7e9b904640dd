/**
 * A planner by brute force, for small clusters: an array of free amounts for each slot and node, each job at the first
 * slot and the lowest nodes at which it fits for its whole time. Shares no code with the real one but the slot borders.
 */
import { ALL, type Request } from "../../core/model/request.ts";
import { MAX_TASKS_PLANNED_PER_ROW } from "../../core/place/queue.ts";
import { isNodeUsable, type PassTables } from "../../core/state/tables.ts";
import type { TestCluster } from "./cluster.ts";

export interface OracleJob {
  readonly row: number;
  /** Seconds from now, -1 for never. */
  readonly startS: number;
  readonly nodes: readonly number[];
  /** On each of the nodes; of an even job empty. */
  readonly tasks: readonly number[];
}

interface Share {
  readonly node: number;
  readonly tasks: number;
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
      const request = cluster.request(tables.pending.columns.shape[row]!);
      const shares = request.uneven
        ? unevenFor(cluster, tables, row, partition, free, window)
        : nodesFor(cluster, tables, row, partition, free, window)?.map((node, i, nodes) => ({
            node,
            tasks:
              slot > 0
                ? request.tasksPerNode
                : Math.floor(request.tasks / nodes.length) + (i < request.tasks % nodes.length ? 1 : 0),
          }));
      if (shares === undefined) continue;
      takeFrom(cluster, tables, row, shares, free, window);
      const nodes = shares.map(({ node }) => node);
      return {
        row,
        startS: borders[slot]!,
        nodes,
        tasks: request.uneven ? shares.map(({ tasks }) => tasks) : [],
      };
    }
  }
  return { row, startS: -1, nodes: [], tasks: [] };
}

function nodesFor(
  cluster: TestCluster,
  tables: PassTables,
  row: number,
  partition: number,
  free: Free[][],
  window: readonly number[],
): number[] | undefined {
  const request = cluster.request(tables.pending.columns.shape[row]!);
  const able = [...Array(tables.nodes.count).keys()].filter(
    (node) =>
      isEligible(cluster, tables, row, partition, node) &&
      holds(cluster, tables, row, node, request.tasksPerNode, free, window),
  );
  const required = request.requiredNodes as readonly number[];
  if (!required.every((node) => able.includes(node))) return undefined;
  const rest = able.filter((node) => !required.includes(node)).slice(0, request.minNodes - required.length);
  const nodes = [...required, ...rest];
  return nodes.length === request.minNodes ? nodes.sort((a, b) => a - b) : undefined;
}

/** What each node holds, by trying; then the fewest nodes, and of a start those that lowest-first takes of nodes as full. */
function unevenFor(
  cluster: TestCluster,
  tables: PassTables,
  row: number,
  partition: number,
  free: Free[][],
  window: readonly number[],
): Share[] | undefined {
  const request = cluster.request(tables.pending.columns.shape[row]!);
  const required = request.requiredNodes as readonly number[];
  const room = new Map<number, number>();
  for (let node = 0; node < tables.nodes.count; node++) {
    if (!isEligible(cluster, tables, row, partition, node)) continue;
    let tasks = Math.min(request.tasks, request.tasksPerNode);
    while (tasks > 0 && !holds(cluster, tables, row, node, tasks, free, window)) tasks--;
    if (tasks > 0) room.set(node, tasks);
  }
  if (!required.every((node) => room.has(node))) return undefined;
  const others = [...room.keys()].filter((node) => !required.includes(node));
  const isEnough = (nodes: readonly number[]): boolean =>
    nodes.length + required.length >= request.minNodes &&
    [...required, ...nodes].reduce((sum, node) => sum + room.get(node)!, 0) >= request.tasks;
  const most = Math.min(request.maxNodes, request.tasks) - required.length;
  const upTo = (order: readonly number[]): number[] | undefined => {
    for (let count = 0; count <= Math.min(most, order.length); count++)
      if (isEnough(order.slice(0, count))) return order.slice(0, count);
    return undefined;
  };
  let nodes = upTo(others.toSorted((a, b) => room.get(b)! - room.get(a)! || a - b));
  if (nodes === undefined) return undefined;
  if (window[0] === 0) {
    const emptiest = Math.min(...nodes.map((node) => room.get(node)!));
    nodes = upTo(others.filter((node) => room.get(node)! >= emptiest)) ?? nodes;
  }
  let left = request.tasks;
  return [...required, ...nodes]
    .sort((a, b) => a - b)
    .map((node, i, all) => {
      const tasks = Math.min(room.get(node)!, left - (all.length - 1 - i));
      left -= tasks;
      return { node, tasks };
    });
}

function isEligible(
  cluster: TestCluster,
  tables: PassTables,
  row: number,
  partition: number,
  node: number,
): boolean {
  const shape = tables.pending.columns.shape[row]!;
  const { columns } = tables.nodes;
  const wanted = tables.shapes.columns.featureLo[shape]!;
  return (
    ((columns.partitionLo[node]! >>> partition) & 1) === 1 &&
    isNodeUsable(columns.flags[node]!) &&
    (columns.featureLo[node]! & wanted) === wanted &&
    !(cluster.request(shape).excludedNodes as readonly number[]).includes(node)
  );
}

/** Whether a node holds so many tasks of the job in every slot of the window. */
function holds(
  cluster: TestCluster,
  tables: PassTables,
  row: number,
  node: number,
  tasks: number,
  free: Free[][],
  window: readonly number[],
): boolean {
  const request = cluster.request(tables.pending.columns.shape[row]!);
  const need = needOf(tables, request, node, tasks);
  return window.every((slot) => {
    const has = free[slot]![node]!;
    return (
      has.cpus >= need.cpus &&
      has.memMib >= need.memMib &&
      need.gres.every(({ dimension, count }) => has.gres[dimension]! >= count)
    );
  });
}

function needOf(
  tables: PassTables,
  request: Request,
  node: number,
  tasks: number,
): { cpus: number; memMib: number; gres: { dimension: number; count: number }[] } {
  const { columns } = tables.nodes;
  const threads = request.oneThreadPerCore === 1 ? columns.threadsPerCore[node]! : 1;
  const taskCpus = tasks * request.cpusPerTask;
  const asked =
    request.cpus === ALL
      ? taskCpus
      : Math.max(1, request.cpus - (request.tasksPerNode - tasks) * request.cpusPerTask);
  const byCpu = request.memPerMib * asked * (request.cpus === ALL ? 1 : threads);
  return {
    cpus: request.cpus === ALL ? Math.max(columns.totalCpus[node]!, asked * threads) : asked * threads,
    memMib:
      request.memMib === ALL
        ? columns.totalMemMib[node]!
        : request.memPer === "cpu" && (request.uneven || tasks < request.tasksPerNode)
          ? Math.min(request.memMib, byCpu)
          : request.memMib,
    gres: request.gres.map(({ dimension, count, perTask }) => ({
      dimension,
      count: perTask === true ? (count / request.tasksPerNode) * tasks : count,
    })),
  };
}

function takeFrom(
  cluster: TestCluster,
  tables: PassTables,
  row: number,
  shares: readonly Share[],
  free: Free[][],
  window: readonly number[],
): void {
  const request = cluster.request(tables.pending.columns.shape[row]!);
  for (const { node, tasks } of shares) {
    const need = needOf(tables, request, node, tasks);
    for (const slot of window) {
      const has = free[slot]![node]!;
      has.cpus -= request.cpus === ALL ? tables.nodes.columns.totalCpus[node]! : need.cpus;
      has.memMib -= need.memMib;
      for (const { dimension, count } of need.gres) {
        // Nodes of the test have devices of one type: an untyped demand takes that type too, and the other way round.
        for (let d = 0; d < DIMENSIONS; d++) {
          if (d === dimension || (dimension <= 2 && d <= 2)) has.gres[d] = Math.max(0, has.gres[d]! - count);
        }
      }
    }
  }
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
