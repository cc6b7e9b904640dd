/** A waiting job as placement and topology policies see it. Made once for each job that starts. Pure. */
import type { PolicyJob } from "../model/policy.ts";
import type { RankedQueue } from "../model/ranked.ts";
import type { PassTables } from "../state/tables.ts";
import type { Demand } from "./demand.ts";

const GPU = 0;

export function policyJobOf(
  tables: PassTables,
  ranked: RankedQueue,
  demand: Demand,
  row: number,
  partition: number,
): PolicyJob {
  const { pending, shapes } = tables;
  const { shape } = demand;
  return {
    jobId: pending.columns.jobId[row]!,
    nodes: demand.wantNodes,
    tasksPerNode: shapes.columns.tasksPerNode[shape]!,
    cpus: shapes.columns.cpus[shape]!,
    memMib: shapes.columns.memMib[shape]!,
    gpus: demand.checks.find(({ dimension }) => dimension === GPU)?.count ?? 0,
    timeLimitS: pending.columns.timeLimitS[row]!,
    partition,
    priority: ranked.priority[row]!,
  };
}
