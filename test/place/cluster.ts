/** Makes the tables of a pass for tests: nodes, partitions, running jobs and waiting jobs, each with few words. */

import type { MaskOption } from "../../core/model/constraint-nodes.ts";
import { DEVICE_LANES, nodeIndex, shapeId, WHOLE_DEVICE } from "../../core/model/ids.ts";
import { ALL, type Request, type Shape, type SwitchLimit } from "../../core/model/request.ts";
import type { SetRule, SetRuleTables } from "../../core/state/set-rules.ts";
import { Table } from "../../core/state/table.ts";
import {
  NODE_FLAG,
  NODE_LAYOUT,
  type PartitionLimits,
  type PassTables,
  PENDING_LAYOUT,
  RUNNING_JOB_LAYOUT,
  RUNNING_LAYOUT,
  SHAPE_LAYOUT,
} from "../../core/state/tables.ts";

export const NOW_S = 1_000_000;
export const NEVER_S = 2_147_483_647;
/** Dimension 0 is `gpu`; 1 and 2 are two types of it; 3 is `nic`. */
export const GPU = 0;
export const TESLA = 1;
export const VOLTA = 2;
export const NIC = 3;
export const GRES_PARENT = [GPU, GPU, GPU, NIC] as const;

export interface NodeOptions {
  readonly cpus?: number;
  readonly memMib?: number;
  /** Devices by lane: each the dimensions that it counts in. */
  readonly devices?: readonly (readonly number[])[];
  readonly partitions?: readonly number[];
  readonly features?: number;
  readonly threadsPerCore?: number;
  readonly leaf?: number;
  readonly flags?: number;
}

export interface JobOptions {
  readonly nodes?: number;
  /** Default: `nodes`. */
  readonly maxNodes?: number;
  readonly tasks?: number;
  /** Default: the tasks spread evenly over `nodes`, or all of them for an uneven job. */
  readonly tasksPerNode?: number;
  readonly uneven?: boolean;
  readonly cpusPerTask?: number;
  /** Of the fullest node; default: tasks of it × cpusPerTask. */
  readonly cpus?: number;
  readonly memMib?: number;
  readonly memPer?: Request["memPer"];
  readonly memPerMib?: number;
  readonly gres?: Request["gres"];
  readonly exclusive?: boolean;
  readonly oneThreadPerCore?: boolean;
  readonly features?: number;
  /** Options for its nodes as bits, in place of features. */
  readonly constraint?: readonly MaskOption[] | undefined;
  readonly contiguous?: boolean | undefined;
  readonly switches?: SwitchLimit | undefined;
  readonly required?: readonly number[];
  readonly excluded?: readonly number[];
  readonly limitS?: number;
  readonly partitions?: readonly number[];
  readonly flags?: number;
  readonly beginS?: number;
  readonly setPriority?: number;
  readonly nice?: number;
  readonly eligibleS?: number;
  readonly qosPriority?: number;
  readonly tasksWaiting?: number;
  readonly tasksStartable?: number;
}

export const UP = NODE_FLAG.REGISTERED | NODE_FLAG.RESPONDING;

export class TestCluster {
  readonly nodes = new Table(NODE_LAYOUT);
  readonly pending = new Table(PENDING_LAYOUT);
  readonly running = new Table(RUNNING_LAYOUT);
  readonly runningJobs = new Table(RUNNING_JOB_LAYOUT);
  readonly shapes = new Table(SHAPE_LAYOUT);
  readonly requests: Shape[] = [];
  readonly partitions: PartitionLimits[] = [];
  readonly #lists: number[] = [];
  readonly #sets: number[][] = [];
  readonly #devices: (readonly (readonly number[])[])[] = [];
  /** Tests that change nodes by hand after tables() add one. */
  nodesVersion = 0;
  /** Tests that change a waiting row by hand take the next for it. */
  pendingVersion = 0;
  readonly #runningJobRow = new Map<number, number>();
  readonly #constraints = new Map<number, readonly MaskOption[]>();
  readonly #rules = new Map<number, SetRule>();
  /** By node: its place in the order of names; as the rows by default. */
  places: Int32Array | undefined;
  #nextJob = 1;

  constructor(partitions: readonly Partial<PartitionLimits>[] = [{}]) {
    partitions.forEach((partition, i) => {
      this.partitions.push({
        name: `p${i}`,
        maxTimeS: NEVER_S,
        maxNodes: 65_536,
        minNodes: 1,
        priorityJobFactor: 1,
        priorityTier: 1,
        up: true,
        ...partition,
      });
    });
  }

  node(options: NodeOptions = {}): number {
    const row = this.nodes.addRow();
    const { columns, capacity } = this.nodes;
    const { cpus = 4, memMib = 4000, devices = [], partitions = [0] } = options;
    columns.freeCpus[row] = columns.totalCpus[row] = cpus;
    columns.freeMemMib[row] = columns.totalMemMib[row] = memMib;
    devices.slice(0, DEVICE_LANES).forEach((dimensions, lane) => {
      columns.laneFree[lane * capacity + row] = WHOLE_DEVICE;
      for (const d of dimensions) {
        columns.freeGres[d * capacity + row]!++;
        columns.totalGres[d * capacity + row]!++;
      }
    });
    for (const p of partitions) columns.partitionLo[row]! |= 1 << p;
    columns.featureLo[row] = options.features ?? 0;
    columns.threadsPerCore[row] = options.threadsPerCore ?? 1;
    columns.topologyLeaf[row] = options.leaf ?? -1;
    columns.flags[row] = options.flags ?? UP;
    this.#devices.push(devices);
    this.nodesVersion++;
    return row;
  }

  /** Adds a waiting job and gives its pending row. Its id is one more than the last one's. */
  job(options: JobOptions = {}): number {
    const row = this.pending.addRow();
    const { columns } = this.pending;
    columns.jobId[row] = this.#nextJob++;
    columns.shape[row] = this.#shape(requestOf(options), options.features ?? 0, options.constraint);
    columns.partitionSet[row] = this.#set(options.partitions ?? [0]);
    columns.timeLimitS[row] = options.limitS ?? 3600;
    columns.submitS[row] = NOW_S - 100;
    columns.eligibleS[row] = options.eligibleS ?? NOW_S - 100;
    columns.beginS[row] = options.beginS ?? 0;
    columns.nice[row] = options.nice ?? 0;
    columns.setPriority[row] = options.setPriority ?? -1;
    columns.qosPriority[row] = options.qosPriority ?? 0;
    columns.flags[row] = options.flags ?? 0;
    columns.tasksWaiting[row] = options.tasksWaiting ?? 1;
    columns.tasksStartable[row] = options.tasksStartable ?? columns.tasksWaiting[row]!;
    columns.version[row] = ++this.pendingVersion;
    return row;
  }

  jobId(row: number): number {
    return this.pending.columns.jobId[row]!;
  }

  /** Puts work of a new job on one node until `leftS` from now; lanes are taken whole. */
  busy(node: number, leftS: number, cpus: number, memMib = 0, lanes: readonly number[] = []): number {
    const job = this.#nextJob++;
    this.hold(job, node, NOW_S + leftS, cpus, memMib, lanes);
    return job;
  }

  hold(
    job: number,
    node: number,
    endS: number,
    cpus: number,
    memMib: number,
    lanes: readonly number[],
  ): void {
    const jobRow = this.#runningJobRow.get(job) ?? this.#addRunningJob(job, endS);
    const jobs = this.runningJobs.columns;
    const row = this.running.addRow();
    const { columns: running, capacity: runningCapacity } = this.running;
    const { columns, capacity } = this.nodes;
    running.jobId[row] = job;
    running.node[row] = node;
    running.endS[row] = endS;
    running.cpus[row] = cpus;
    running.memMib[row] = memMib;
    running.share[row] = jobs.nodes[jobRow]!++;
    jobs.cpus[jobRow]! += cpus;
    columns.freeCpus[node]! -= cpus;
    columns.freeMemMib[node]! -= memMib;
    columns.runningJobs[node]!++;
    for (const lane of lanes) {
      columns.laneFree[lane * capacity + node] = 0;
      for (const d of this.laneDimensions(node, lane)) {
        running.gres[d * runningCapacity + row]!++;
        columns.freeGres[d * capacity + node]!--;
      }
    }
  }

  tables(): PassTables {
    return {
      nowS: NOW_S,
      nodes: this.nodes,
      pending: this.pending,
      running: this.running,
      runningJobs: this.runningJobs,
      endOrder: this.#endOrder(),
      nodesVersion: this.nodesVersion,
      shapes: this.shapes,
      shapeLists: Int32Array.from(this.#lists),
      partitions: this.partitions,
      partitionSets: this.#sets,
      constraints: this.#constraints.size === 0 ? undefined : this.#constraints,
      setRules: this.#setRules(),
    };
  }

  #setRules(): SetRuleTables | undefined {
    if (this.#rules.size === 0) return undefined;
    return {
      rules: this.#rules,
      places: this.places ?? Int32Array.from({ length: this.nodes.count }, (_, row) => row),
    };
  }

  laneDimensions = (node: number, lane: number): readonly number[] => this.#devices[node]?.[lane] ?? [];
  request = (shape: number): Request => this.requests[shape]!.request;

  /** Held from NOW_S - 100 on, in the first partition. */
  #addRunningJob(job: number, endS: number): number {
    const row = this.runningJobs.addRow();
    const { columns } = this.runningJobs;
    columns.jobId[row] = job;
    columns.startS[row] = NOW_S - 100;
    columns.endS[row] = endS;
    this.#runningJobRow.set(job, row);
    return row;
  }

  #endOrder(): Int32Array {
    const { endS, jobId } = this.runningJobs.columns;
    return Int32Array.from({ length: this.runningJobs.count }, (_, row) => row).sort(
      (a, b) => endS[a]! - endS[b]! || jobId[a]! - jobId[b]!,
    );
  }

  #set(partitions: readonly number[]): number {
    const at = this.#sets.findIndex((set) => set.join() === partitions.join());
    return at >= 0 ? at : this.#sets.push([...partitions]) - 1;
  }

  #shape(request: Request, features: number, constraint?: readonly MaskOption[]): number {
    const key = JSON.stringify([request, features, constraint]);
    const known = this.requests.findIndex((shape) => shape.key === key);
    if (known >= 0) return known;
    const row = this.shapes.addRow();
    const { columns, capacity } = this.shapes;
    this.requests.push({ id: shapeId(row), key, request });
    for (const name of [
      "minNodes",
      "maxNodes",
      "tasks",
      "tasksPerNode",
      "cpusPerTask",
      "cpus",
      "memMib",
    ] as const) {
      columns[name][row] = request[name];
    }
    request.gres.forEach(({ dimension, count, perTask }, i) => {
      columns.gresDimension[i * capacity + row] = dimension;
      columns.gresCount[i * capacity + row] = count;
      columns.gresPerTask[i * capacity + row] = perTask === true ? 1 : 0;
    });
    columns.uneven[row] = request.uneven ? 1 : 0;
    columns.memPerCpuMib[row] = request.memPer === "cpu" && request.memMib !== ALL ? request.memPerMib : 0;
    columns.exclusive[row] = request.exclusive ? 1 : 0;
    columns.oneThreadPerCore[row] = request.oneThreadPerCore;
    columns.featureLo[row] = features;
    columns.requiredOffset[row] = this.#lists.length;
    columns.requiredCount[row] = this.#lists.push(...request.requiredNodes) - columns.requiredOffset[row]!;
    columns.excludedOffset[row] = this.#lists.length;
    columns.excludedCount[row] = this.#lists.push(...request.excludedNodes) - columns.excludedOffset[row]!;
    columns.users[row] = 1;
    if (constraint !== undefined) this.#constraints.set(row, constraint);
    const { contiguous, switches = { count: 0, waitS: 0 } } = request;
    if (contiguous === true || switches.count > 0)
      this.#rules.set(row, {
        isContiguous: contiguous === true,
        switches: switches.count,
        waitS: switches.waitS,
      });
    return row;
  }
}

/** Devices of one type on the first lanes. */
export const gpus = (count: number, type = TESLA): number[][] =>
  Array.from({ length: count }, () => [GPU, type]);

function requestOf(options: JobOptions): Request {
  const required = options.required ?? [];
  const minNodes = options.nodes ?? Math.max(1, required.length);
  const tasks = options.tasks ?? minNodes;
  const uneven = options.uneven ?? false;
  const tasksPerNode = options.tasksPerNode ?? (uneven ? tasks : Math.ceil(tasks / minNodes));
  const cpusPerTask = options.cpusPerTask ?? 1;
  return {
    minNodes,
    maxNodes: options.maxNodes ?? minNodes,
    tasks,
    tasksPerNode,
    uneven,
    cpusPerTask,
    cpus: options.exclusive === true ? ALL : (options.cpus ?? tasksPerNode * cpusPerTask),
    memMib: options.memMib ?? 0,
    memPer: options.memPer ?? "node",
    memPerMib: options.memPerMib ?? options.memMib ?? 0,
    gres: options.gres ?? [],
    exclusive: options.exclusive ?? false,
    oneThreadPerCore: options.oneThreadPerCore === true ? 1 : 0,
    features: "",
    ...(options.contiguous === true ? { contiguous: true } : {}),
    ...(options.switches === undefined ? {} : { switches: options.switches }),
    requiredNodes: required.map(nodeIndex),
    excludedNodes: (options.excluded ?? []).map(nodeIndex),
  };
}
