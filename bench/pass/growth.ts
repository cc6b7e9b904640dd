/** How the time of a pass grows with jobs and with nodes, on queues of which hardly two jobs are alike. */
import type { PassTables } from "../../core/state/tables.ts";
import { planOften, SEED } from "./measure.ts";
import { type BenchCluster, makeTables, makeWideWorkload } from "./workload.ts";

export interface Growth {
  readonly of: "jobs" | "nodes";
  readonly points: readonly { readonly size: number; readonly leastMs: number }[];
  /** The fitted power: 1 where twice the size takes twice the time. */
  readonly exponent: number;
}

/** `jobs` and `nodes` are the largest of each; what is not varied stays at half of the most nodes and of the most jobs. */
export function measureGrowth(cluster: BenchCluster, jobs: number, nodes: number, runs: number): Growth[] {
  const tablesOf = (jobCount: number, nodeCount: number): PassTables =>
    makeTables({ ...cluster, nodes: nodeCount }, makeWideWorkload(jobCount, SEED));
  return [
    grow("jobs", [jobs >> 2, jobs >> 1, jobs], (size) => tablesOf(size, nodes >> 1), runs),
    grow("nodes", [nodes >> 3, nodes >> 2, nodes >> 1, nodes], (size) => tablesOf(jobs >> 1, size), runs),
  ];
}

function grow(
  of: Growth["of"],
  sizes: readonly number[],
  tablesOf: (size: number) => PassTables,
  runs: number,
): Growth {
  const points = sizes.map((size) => {
    const { passMs } = planOften(tablesOf(size), runs);
    return { size, leastMs: Math.min(...passMs) };
  });
  return {
    of,
    points,
    exponent: slope(points.map(({ size, leastMs }) => [Math.log(size), Math.log(leastMs)])),
  };
}

/** Of the straight line of least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(points.map((point) => point[0]));
  const y = mean(points.map((point) => point[1]));
  const rise = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return rise / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
