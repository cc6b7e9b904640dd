/** The rows that have a priority as the columns that a priority policy reads. Made once a pass. Pure. */
import type { PriorityBatch } from "../model/policy.ts";
import { ALL } from "../model/request.ts";
import type { PassTables } from "../state/tables.ts";
import type { Eligibility } from "./eligibility.ts";

export function priorityBatch(tables: PassTables, eligible: Eligibility): PriorityBatch {
  const rows = eligible.ranked;
  const { columns } = tables.pending;
  const cluster = clusterTotals(tables);
  const topFactor = Math.max(1, ...tables.partitions.map((partition) => partition.priorityJobFactor));
  let topQos = 1;
  for (let row = 0; row < tables.pending.count; row++) topQos = Math.max(topQos, columns.qosPriority[row]!);
  const batch = {
    count: rows.length,
    ageS: new Float64Array(rows.length),
    jobId: new Int32Array(rows.length),
    nodes: new Int32Array(rows.length),
    cpus: new Int32Array(rows.length),
    timeLimitS: new Int32Array(rows.length),
    nice: new Int32Array(rows.length),
    partitionFactor: new Float64Array(rows.length),
    qosFactor: new Float64Array(rows.length),
    clusterNodes: cluster.nodes,
    clusterCpus: cluster.cpus,
  };
  const cpusPerNode = Math.ceil(cluster.cpus / Math.max(1, cluster.nodes));
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const shape = columns.shape[row]!;
    const eligibleS = columns.eligibleS[row]!;
    batch.ageS[i] = eligibleS === 0 ? 0 : Math.max(0, tables.nowS - eligibleS);
    batch.jobId[i] = columns.jobId[row]!;
    batch.nodes[i] = tables.shapes.columns.minNodes[shape]!;
    batch.cpus[i] = cpusOf(tables, shape, cpusPerNode);
    batch.timeLimitS[i] = columns.timeLimitS[row]!;
    batch.nice[i] = columns.nice[row]!;
    batch.partitionFactor[i] = bestOf(tables, eligible, row, "priorityJobFactor") / topFactor;
    batch.qosFactor[i] = Math.max(0, columns.qosPriority[row]!) / topQos;
  }
  return batch;
}

/** The greatest value of a setting among the partitions in which the row may run. */
export function bestOf(
  tables: PassTables,
  eligible: Eligibility,
  row: number,
  setting: "priorityJobFactor" | "priorityTier",
): number {
  const set = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
  if (set.length === 1) return tables.partitions[set[0]!]![setting];
  let best = 0;
  for (let i = 0; i < set.length; i++) {
    const partition = set[i]!;
    const allowed = partition < 32 ? eligible.allowedLo[row]! : eligible.allowedHi[row]!;
    if (((allowed >>> (partition & 31)) & 1) === 1)
      best = Math.max(best, tables.partitions[partition]![setting]);
  }
  return best;
}

function clusterTotals(tables: PassTables): { nodes: number; cpus: number } {
  const { columns, count } = tables.nodes;
  let cpus = 0;
  for (let row = 0; row < count; row++) cpus += columns.totalCpus[row]!;
  return { nodes: count, cpus };
}

/** CPUs of the whole job; of an exclusive one, what its nodes have on average. */
function cpusOf(tables: PassTables, shape: number, cpusPerNode: number): number {
  const { columns } = tables.shapes;
  if (columns.cpus[shape] === ALL) return columns.minNodes[shape]! * cpusPerNode;
  return columns.tasks[shape]! * columns.cpusPerTask[shape]!;
}
