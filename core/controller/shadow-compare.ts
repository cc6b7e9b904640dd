/**
 * How two plans of one snapshot differ: who starts at once, on which nodes, who is expected when, and what is left of
 * whole nodes after the starts. Pure.
 */
import type { Plan } from "../model/plan.ts";
import { ALL } from "../model/request.ts";
import type { LiveAndShadow } from "../model/shadow-views.ts";
import { isNodeUsable, MAX_SHAPE_GRES, type PassTables } from "../state/tables.ts";
import type { MovedRow, PlanDifference } from "./shadow-messages.ts";

/** Rows of one pass that are shown. */
const MAX_MOVED_SHOWN = 100;
/** GRES dimension of GPUs of any type. */
const GPU = 0;

/** Starts are compared by row: of an array the nodes of all its tasks that start, in their order. */
export function comparePlans(
  tables: PassTables,
  gresParent: readonly number[],
  live: Plan,
  shadow: Plan,
): PlanDifference {
  const { jobId, submitS } = tables.pending.columns;
  const nodes = { live: startsByRow(live), shadow: startsByRow(shadow) };
  const startsOnly = { live: 0, shadow: 0 };
  const waitS = { live: 0, shadow: 0 };
  let [decisions, waitJobs, otherNodes, earlier, later] = [0, 0, 0, 0, 0];
  const moved: MovedRow[] = [];
  const movedIds: number[] = [];
  for (let row = 0; row < live.pendingCount; row++) {
    if (live.rank[row]! < 0 && shadow.rank[row]! < 0) continue;
    decisions++;
    const here = nodes.live.get(row);
    const there = nodes.shadow.get(row);
    const startS = { live: startOf(live, row, here), shadow: startOf(shadow, row, there) };
    if (startS.live > 0 && startS.shadow > 0) {
      waitJobs++;
      waitS.live += startS.live - submitS[row]!;
      waitS.shadow += startS.shadow - submitS[row]!;
    }
    if (here !== undefined && there === undefined) startsOnly.live++;
    else if (here === undefined && there !== undefined) startsOnly.shadow++;
    else if (here !== undefined && there !== undefined) {
      if (isSame(here, there)) continue;
      otherNodes++;
    } else if (startS.live === startS.shadow) continue;
    // No start in the window is later than any.
    else if (startS.shadow !== 0 && (startS.live === 0 || startS.shadow < startS.live)) earlier++;
    else later++;
    movedIds.push(jobId[row]!);
    if (moved.length < MAX_MOVED_SHOWN)
      moved.push({ jobId: jobId[row]!, startS, nodes: { live: here ?? [], shadow: there ?? [] } });
  }
  const fragments = fragmentation(tables, gresParent, live, shadow);
  return {
    decisions,
    differ: movedIds.length,
    starts: { live: live.startCount, shadow: shadow.startCount },
    startsOnly,
    otherNodes,
    earlier,
    later,
    preempted: { live: victimsOf(live), shadow: victimsOf(shadow) },
    waitS,
    waitJobs,
    ...fragments,
    moved,
    movedIds,
  };
}

function startsByRow({ startCount, startRow, startOffset, startNodes }: Plan): Map<number, number[]> {
  const byRow = new Map<number, number[]>();
  for (let start = 0; start < startCount; start++) {
    const row = startRow[start]!;
    const nodes = startNodes.subarray(startOffset[start]!, startOffset[start + 1]!);
    const known = byRow.get(row);
    if (known === undefined) byRow.set(row, [...nodes]);
    else known.push(...nodes);
  }
  return byRow;
}

const startOf = (plan: Plan, row: number, nodes: readonly number[] | undefined): number =>
  nodes === undefined ? plan.expectedStartS[row]! : plan.nowS;

/** The same nodes, in whatever order. */
function isSame(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false;
  if (one.every((node, i) => node === other[i])) return true;
  const sorted = [...other].sort((a, b) => a - b);
  return [...one].sort((a, b) => a - b).every((node, i) => node === sorted[i]);
}

const victimsOf = ({ preemptions }: Plan): number =>
  (preemptions ?? []).reduce((sum, { victims }) => sum + victims.length, 0);

function fragmentation(
  tables: PassTables,
  gresParent: readonly number[],
  live: Plan,
  shadow: Plan,
): Pick<PlanDifference, "fragmentation" | "fragmentationOf"> {
  const { count, columns } = tables.nodes;
  const hasGpus = columns.totalGres
    .subarray(GPU * tables.nodes.capacity)
    .subarray(0, count)
    .some((n) => n > 0);
  const of = (plan: Plan): number =>
    hasGpus ? gpusInPieces(tables, gresParent, plan) : cpusInPieces(tables, plan);
  const shares: LiveAndShadow = { live: of(live), shadow: of(shadow) };
  return { fragmentation: shares, fragmentationOf: hasGpus ? "gpus" : "cpus" };
}

function cpusInPieces(tables: PassTables, plan: Plan): number {
  const { freeCpus, totalCpus } = tables.nodes.columns;
  const { columns } = tables.shapes;
  return inPieces(tables, plan, freeCpus, totalCpus, (shape, tasks, node) => {
    const asked = columns.cpus[shape]!;
    if (asked === ALL || columns.exclusive[shape] !== 0) return totalCpus[node]!;
    return columns.uneven[shape] === 0 ? asked : tasks * Math.max(1, columns.cpusPerTask[shape]!);
  });
}

function gpusInPieces(tables: PassTables, gresParent: readonly number[], plan: Plan): number {
  const { capacity, columns } = tables.nodes;
  const plane = (of: Uint8Array): Uint8Array => of.subarray(GPU * capacity, (GPU + 1) * capacity);
  const total = plane(columns.totalGres);
  const shapes = tables.shapes;
  return inPieces(tables, plan, plane(columns.freeGres), total, (shape, tasks, node) => {
    if (shapes.columns.exclusive[shape] !== 0) return total[node]!;
    let sum = 0;
    for (let demand = 0; demand < MAX_SHAPE_GRES; demand++) {
      const at = demand * shapes.capacity + shape;
      const count = shapes.columns.gresCount[at]!;
      const dimension = shapes.columns.gresDimension[at]!;
      if (count > 0 && (gresParent[dimension] ?? dimension) === GPU)
        sum += count * (shapes.columns.gresPerTask[at] !== 0 ? tasks : 1);
    }
    return sum;
  });
}

type Taken = (shape: number, tasks: number, node: number) => number;

/** Share of what is free after the plan's starts that lies on nodes of which something is taken; 0 where nothing is free. */
function inPieces(
  { nodes, pending }: PassTables,
  plan: Plan,
  free: Int32Array | Uint8Array,
  total: Int32Array | Uint8Array,
  taken: Taken,
): number {
  const left = Float64Array.from(free.subarray(0, nodes.count));
  for (let start = 0; start < plan.startCount; start++) {
    const shape = pending.columns.shape[plan.startRow[start]!]!;
    for (let i = plan.startOffset[start]!; i < plan.startOffset[start + 1]!; i++) {
      const node = plan.startNodes[i]!;
      left[node] = Math.max(0, left[node]! - taken(shape, plan.startTasks[i]!, node));
    }
  }
  let [all, pieces] = [0, 0];
  for (let node = 0; node < nodes.count; node++) {
    if (!isNodeUsable(nodes.columns.flags[node]!)) continue;
    all += left[node]!;
    if (left[node]! < total[node]!) pieces += left[node]!;
  }
  return all === 0 ? 0 : pieces / all;
}
