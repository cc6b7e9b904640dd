/**
 * The jobs and the cluster of the pass benchmark: a CSV of `id,nodes,gpus_per_node,cpus,time_limit_s,run_s`, or a seeded
 * queue of the same mix, and the tables that a pass reads. Only the benchmark runs this.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { DEVICE_LANES, WHOLE_DEVICE } from "../../core/model/ids.ts";
import { Table } from "../../core/state/table.ts";
import {
  NODE_FLAG,
  NODE_LAYOUT,
  type PassTables,
  PENDING_LAYOUT,
  RUNNING_JOB_LAYOUT,
  RUNNING_LAYOUT,
  SHAPE_LAYOUT,
} from "../../core/state/tables.ts";

export interface BenchJob {
  readonly id: number;
  readonly nodes: number;
  readonly gpusPerNode: number;
  /** Of each node. */
  readonly cpus: number;
  readonly memMib: number;
  readonly timeLimitS: number;
}

export interface BenchCluster {
  readonly nodes: number;
  readonly gpus: number;
  readonly cpus: number;
  readonly memMib: number;
  readonly nodesPerLeaf: number;
}

export const FULL_CLUSTER: BenchCluster = {
  nodes: 12_500,
  gpus: 8,
  cpus: 128,
  memMib: 1_048_576,
  nodesPerLeaf: 32,
};
export const TINY_CLUSTER: BenchCluster = {
  nodes: 100,
  gpus: 8,
  cpus: 128,
  memMib: 1_048_576,
  nodesPerLeaf: 8,
};
const NOW_S = 1_750_000_000;
const CSV_HEADER = "id,nodes,gpus_per_node,cpus,time_limit_s,run_s";
const MAX_JOBS = 1_000_000;

export function readWorkload(path: string): BenchJob[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const [header, ...lines] = text.trim().split("\n");
  if (header !== CSV_HEADER) throw new Error(`${path} does not begin with ${CSV_HEADER}`);
  return lines.slice(0, MAX_JOBS).map((line) => {
    const [id, nodes, gpusPerNode, cpus, timeLimitS] = line.split(",").map(Number);
    return {
      id: id!,
      nodes: nodes!,
      gpusPerNode: gpusPerNode!,
      cpus: cpus!,
      memMib: 0,
      timeLimitS: timeLimitS!,
    };
  });
}

const LIMITS_S = [600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400] as const;

/** Half one GPU, 30 % a node, 15 % 8 nodes, 5 % 64 nodes; with `varied` hardly two jobs are alike. */
export function makeWorkload(jobs: number, seed: number, isVaried: boolean): BenchJob[] {
  const random = mulberry32(seed);
  return Array.from({ length: Math.min(jobs, MAX_JOBS) }, (_, i) => {
    const kind = random();
    const nodes = kind < 0.8 ? 1 : kind < 0.95 ? 8 : 64;
    const isWhole = kind >= 0.5;
    const limitS = LIMITS_S[Math.floor(random() * LIMITS_S.length)]!;
    if (!isVaried) {
      const gpusPerNode = isWhole ? 8 : 1;
      return { id: i + 1, nodes, gpusPerNode, cpus: isWhole ? 128 : 16, memMib: 0, timeLimitS: limitS };
    }
    const gpusPerNode = isWhole ? 8 : 1 + Math.floor(random() * 7);
    const cpus = isWhole ? 96 + Math.floor(random() * 33) : gpusPerNode * (4 + Math.floor(random() * 12));
    const memMib = 1_024 * (1 + Math.floor(random() * 100)) * gpusPerNode;
    const timeLimitS = 60 + Math.floor(random() * limitS);
    return {
      id: i + 1,
      nodes: nodes === 1 ? 1 : Math.max(2, Math.floor(nodes * random())),
      gpusPerNode,
      cpus,
      memMib,
      timeLimitS,
    };
  });
}

/** CPUs, memory, GPUs, nodes and limits drawn widely, each by its octave: hardly two jobs share what they ask for. */
export function makeWideWorkload(jobs: number, seed: number, firstId = 1): BenchJob[] {
  const random = mulberry32(seed);
  const upTo = (most: number): number => Math.floor(2 ** (random() * Math.log2(most + 1)));
  return Array.from({ length: Math.min(jobs, MAX_JOBS) }, (_, i) => ({
    id: firstId + i,
    nodes: random() < 0.7 ? 1 : upTo(128),
    gpusPerNode: Math.floor(random() * 9),
    cpus: upTo(128),
    memMib: upTo(1_000_000),
    timeLimitS: 60 * upTo(7 * 24 * 60) + Math.floor(random() * 60),
  }));
}

/** One node each, so that as many run as are asked for; ends spread over a day. */
export function makeRunningWorkload(jobs: number, seed: number): BenchJob[] {
  const random = mulberry32(seed);
  return Array.from({ length: Math.min(jobs, MAX_JOBS) }, (_, i) => ({
    id: i + 1,
    nodes: 1,
    gpusPerNode: 5 + Math.floor(random() * 4),
    cpus: 65 + Math.floor(random() * 64),
    memMib: 1_024 * (1 + Math.floor(random() * 800)),
    timeLimitS: 600 + Math.floor(random() * 86_400),
  }));
}

/** Tables with empty nodes and all the jobs waiting. */
export function makeTables(cluster: BenchCluster, jobs: readonly BenchJob[]): PassTables {
  const nodes = new Table(NODE_LAYOUT, cluster.nodes);
  for (let i = 0; i < cluster.nodes; i++) {
    const row = nodes.addRow();
    const { columns, capacity } = nodes;
    columns.freeCpus[row] = columns.totalCpus[row] = cluster.cpus;
    columns.freeMemMib[row] = columns.totalMemMib[row] = cluster.memMib;
    columns.freeGres[row] = columns.totalGres[row] = cluster.gpus;
    for (let lane = 0; lane < Math.min(cluster.gpus, DEVICE_LANES); lane++)
      columns.laneFree[lane * capacity + row] = WHOLE_DEVICE;
    columns.partitionLo[row] = 1;
    columns.flags[row] = NODE_FLAG.REGISTERED | NODE_FLAG.RESPONDING;
    columns.topologyLeaf[row] = Math.floor(i / cluster.nodesPerLeaf);
    columns.threadsPerCore[row] = 1;
  }
  const pending = new Table(PENDING_LAYOUT, jobs.length);
  const shapes = new Table(SHAPE_LAYOUT);
  const shapeOf = new Map<string, number>();
  for (const job of jobs) {
    const key = [job.nodes, job.gpusPerNode, job.cpus, job.memMib].join(" ");
    let shape = shapeOf.get(key);
    if (shape === undefined) {
      shape = addShape(shapes, job);
      shapeOf.set(key, shape);
    }
    shapes.columns.users[shape]!++;
    const row = pending.addRow();
    const { columns } = pending;
    columns.jobId[row] = job.id;
    columns.shape[row] = shape;
    columns.timeLimitS[row] = job.timeLimitS;
    columns.submitS[row] = columns.eligibleS[row] = NOW_S - 60;
    columns.setPriority[row] = -1;
    columns.tasksWaiting[row] = columns.tasksStartable[row] = 1;
    columns.version[row] = row + 1;
  }
  const limits = {
    maxTimeS: 2_147_483_647,
    maxNodes: 65_536,
    minNodes: 1,
    priorityJobFactor: 1,
    priorityTier: 1,
  };
  return {
    nowS: NOW_S,
    nodes,
    pending,
    running: new Table(RUNNING_LAYOUT),
    runningJobs: new Table(RUNNING_JOB_LAYOUT),
    endOrder: new Int32Array(0),
    nodesVersion: 1,
    shapes,
    shapeLists: new Int32Array(0),
    partitions: [{ name: "batch", up: true, ...limits }],
    partitionSets: [[0]],
  };
}

function addShape(shapes: PassTables["shapes"], job: BenchJob): number {
  const row = shapes.addRow();
  const { columns } = shapes;
  columns.minNodes[row] = columns.maxNodes[row] = columns.tasks[row] = job.nodes;
  columns.tasksPerNode[row] = 1;
  columns.cpusPerTask[row] = columns.cpus[row] = job.cpus;
  columns.memMib[row] = job.memMib;
  columns.gresCount[row] = job.gpusPerNode;
  return row;
}

/** A small seeded generator: the same queue on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
}
