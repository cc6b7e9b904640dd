/** The pass benchmark's cluster and queue over several partitions that share no node. Only benchmarks run this. */
import type { PassSnapshot, PassTables } from "../../core/state/tables.ts";
import { type BenchCluster, makeTables, makeWideWorkload } from "../pass/workload.ts";

/** Nodes in as many equal runs as there are partitions; jobs in turn. */
export function splitCluster(
  cluster: BenchCluster,
  jobs: number,
  partitions: number,
  seed: number,
): PassTables {
  const tables = makeTables(cluster, makeWideWorkload(jobs, seed));
  const [limits] = tables.partitions;
  const { nodes, pending } = tables;
  for (let row = 0; row < nodes.count; row++)
    nodes.columns.partitionLo[row] = 1 << Math.floor((row * partitions) / nodes.count);
  for (let row = 0; row < pending.count; row++) pending.columns.partitionSet[row] = row % partitions;
  const each = Array.from({ length: partitions }, (_, p) => p);
  return {
    ...tables,
    partitions: each.map((p) => ({ ...limits!, name: `batch${p}` })),
    partitionSets: each.map((p) => [p]),
  };
}

export function snapshotOf({
  nodes,
  pending,
  running,
  runningJobs,
  shapes,
  ...others
}: PassTables): PassSnapshot {
  return {
    ...others,
    nodes: nodes.snapshot(),
    pending: pending.snapshot(),
    running: running.snapshot(),
    runningJobs: runningJobs.snapshot(),
    shapes: shapes.snapshot(),
  };
}
