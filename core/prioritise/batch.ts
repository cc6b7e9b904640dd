/**
 * Waiting rows as the columns that a priority policy reads. Kept by a Prioritiser, which fills an entry when its row was
 * written and brings up to date what time alone changes. Pure.
 */
import type { PriorityBatch } from "../model/policy.ts";
import { ALL } from "../model/request.ts";
import { MAX_SHAPE_GRES, type PassTables } from "../state/tables.ts";
import { assocFactorOf, fairshareOf, siteFactorOf } from "./association.ts";
import { enlarged } from "./columns.ts";
import type { Eligibility } from "./eligibility.ts";
import type { Norms, Totals } from "./norms.ts";

const REAL_COLUMNS = [
  "ageS",
  "partitionFactor",
  "qosFactor",
  "submitS",
  "fairshare",
  "assocFactor",
  "tresCpu",
  "tresMem",
  "tresGpu",
  "siteFactor",
] as const;
const WHOLE_COLUMNS = ["jobId", "nodes", "cpus", "timeLimitS", "nice", "partition"] as const;
const NONE = new Float64Array(0);
const NONE_WHOLE = new Int32Array(0);

export class BatchColumns implements PriorityBatch {
  count = 0;
  clusterNodes = 0;
  clusterCpus = 0;
  ageS = NONE;
  partitionFactor = NONE;
  qosFactor = NONE;
  submitS = NONE;
  fairshare = NONE;
  assocFactor = NONE;
  tresCpu = NONE;
  tresMem = NONE;
  tresGpu = NONE;
  siteFactor = NONE;
  jobId = NONE_WHOLE;
  nodes = NONE_WHOLE;
  cpus = NONE_WHOLE;
  timeLimitS = NONE_WHOLE;
  nice = NONE_WHOLE;
  partition = NONE_WHOLE;
  /** By entry: its pending row. */
  row = NONE_WHOLE;

  /** Makes room; entries stay. */
  grow(capacity: number): void {
    for (const name of REAL_COLUMNS) this[name] = enlarged(this[name], new Float64Array(capacity));
    for (const name of WHOLE_COLUMNS) this[name] = enlarged(this[name], new Int32Array(capacity));
    this.row = enlarged(this.row, new Int32Array(capacity));
  }

  /** Writes entry `i` from its row, but for what `refresh` writes. `topQos` is the greatest QOS priority of all rows, at least 1. */
  fill(
    tables: PassTables,
    norms: Norms,
    eligible: Eligibility,
    topQos: number,
    row: number,
    i: number,
  ): void {
    const { columns } = tables.pending;
    const shape = columns.shape[row]!;
    const cpus = cpusOf(tables, norms, shape);
    this.row[i] = row;
    this.jobId[i] = columns.jobId[row]!;
    this.nodes[i] = tables.shapes.columns.minNodes[shape]!;
    this.cpus[i] = cpus;
    this.timeLimitS[i] = columns.timeLimitS[row]!;
    this.nice[i] = columns.nice[row]!;
    this.submitS[i] = columns.submitS[row]!;
    this.qosFactor[i] = Math.max(0, columns.qosPriority[row]!) / topQos;
    this.assocFactor[i] = assocFactorOf(tables, row);
    this.siteFactor[i] = siteFactorOf(tables, row);
    this.#fillPartition(tables, norms, eligible, row, i, cpus);
  }

  /** Writes, for all entries, what changes although nobody writes a row: its age and its user's share. */
  refresh(tables: PassTables): void {
    const { eligibleS } = tables.pending.columns;
    const { row: rows, ageS, fairshare, count } = this;
    const { nowS } = tables;
    for (let i = 0; i < count; i++) {
      const sinceS = eligibleS[rows[i]!]!;
      ageS[i] = sinceS === 0 || sinceS > nowS ? 0 : nowS - sinceS;
      fairshare[i] = fairshareOf(tables, rows[i]!);
    }
  }

  /** Factors that are measured by partition: the best of those in which the row may run. */
  #fillPartition(
    tables: PassTables,
    norms: Norms,
    eligible: Eligibility,
    row: number,
    i: number,
    cpus: number,
  ): void {
    const set = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
    const shape = tables.pending.columns.shape[row]!;
    const memMib = memoryOf(tables, norms, shape);
    const gpus = gpusOf(tables, norms, shape);
    let first = -1;
    let factor = 0;
    let cpuShare = 0;
    let memShare = 0;
    let gpuShare = 0;
    for (let at = 0; at < set.length; at++) {
      const partition = set[at]!;
      if (set.length > 1 && !mayRunIn(eligible, row, partition)) continue;
      const totals: Totals = norms.partitions[partition]!;
      if (first < 0) first = partition;
      factor = Math.max(factor, tables.partitions[partition]!.priorityJobFactor);
      cpuShare = Math.max(cpuShare, share(cpus, totals.cpus));
      memShare = Math.max(memShare, share(memMib, totals.memMib));
      gpuShare = Math.max(gpuShare, share(gpus, totals.gpus));
    }
    this.partition[i] = first;
    this.partitionFactor[i] = factor / norms.topFactor;
    this.tresCpu[i] = cpuShare;
    this.tresMem[i] = memShare;
    this.tresGpu[i] = gpuShare;
  }
}

/** Greatest tier among the partitions in which the row may run, 0 to 2^32 - 1. */
export function tierOf(tables: PassTables, eligible: Eligibility, row: number): number {
  const set = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
  let best = 0;
  for (let at = 0; at < set.length; at++) {
    const partition = set[at]!;
    if (set.length > 1 && !mayRunIn(eligible, row, partition)) continue;
    best = Math.max(best, tables.partitions[partition]!.priorityTier);
  }
  return Math.min(best, 0xffff_ffff);
}

/** A row that is kept back before its partitions are looked at counts as if it might run in all of them. */
function mayRunIn(eligible: Eligibility, row: number, partition: number): boolean {
  const low = eligible.allowedLo[row]!;
  const high = eligible.allowedHi[row]!;
  if (low === 0 && high === 0) return true;
  return (((partition < 32 ? low : high) >>> (partition & 31)) & 1) === 1;
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.min(part / whole, 1) : 0);

/** CPUs of the whole job; of an exclusive one, what its nodes have on average. */
function cpusOf(tables: PassTables, norms: Norms, shape: number): number {
  const { columns } = tables.shapes;
  if (columns.cpus[shape] === ALL || columns.exclusive[shape] !== 0)
    return columns.minNodes[shape]! * average(norms.cluster.cpus, norms);
  const cpusPerTask = columns.cpusPerTask[shape]!;
  return cpusPerTask > 0
    ? columns.tasks[shape]! * cpusPerTask
    : columns.minNodes[shape]! * columns.cpus[shape]!;
}

/** MiB of the whole job, as if all its nodes were as full as the fullest; of one that takes whole nodes, their average. */
function memoryOf(tables: PassTables, norms: Norms, shape: number): number {
  const { columns } = tables.shapes;
  const memMib = columns.memMib[shape]!;
  return memMib === ALL
    ? columns.minNodes[shape]! * average(norms.cluster.memMib, norms)
    : memMib * fullNodes(tables, shape);
}

function gpusOf(tables: PassTables, norms: Norms, shape: number): number {
  const { columns, capacity } = tables.shapes;
  let gpus = 0;
  for (let at = shape; at < MAX_SHAPE_GRES * capacity; at += capacity) {
    if (columns.gresCount[at] !== 0 && norms.isGpu(columns.gresDimension[at]!))
      gpus += columns.gresCount[at]!;
  }
  return gpus === 0 ? 0 : gpus * fullNodes(tables, shape);
}

/** Nodes as full as the fullest that hold the job; those of an uneven one are as many as its tasks fill. */
function fullNodes(tables: PassTables, shape: number): number {
  const { columns } = tables.shapes;
  return columns.uneven[shape] === 1
    ? columns.tasks[shape]! / columns.tasksPerNode[shape]!
    : columns.minNodes[shape]!;
}

const average = (total: number, { cluster }: Norms): number => Math.ceil(total / Math.max(1, cluster.nodes));
