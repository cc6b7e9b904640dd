/**
 * A machine of equal nodes on the tables that a pass reads, for whole histories: jobs come, plans start them, they end.
 * Checks each start as it is applied: nodes that exist, tasks that add up, CPUs that are free.
 */
import type { Plan } from "../../../core/model/plan.ts";
import type { RankedQueue } from "../../../core/model/ranked.ts";
import { Table } from "../../../core/state/table.ts";
import {
  NODE_LAYOUT,
  type PassTables,
  PENDING_LAYOUT,
  RUNNING_JOB_LAYOUT,
  RUNNING_LAYOUT,
  SHAPE_LAYOUT,
} from "../../../core/state/tables.ts";
import { UP } from "../cluster.ts";

export interface LogJob {
  readonly submitS: number;
  readonly cpus: number;
  readonly limitS: number;
  /** 1 .. limitS. */
  readonly runS: number;
}

export const NEVER_S = 2_147_483_647;

export class Machine {
  readonly nodes = new Table(NODE_LAYOUT);
  readonly pending = new Table(PENDING_LAYOUT);
  readonly running = new Table(RUNNING_LAYOUT);
  readonly runningJobs = new Table(RUNNING_JOB_LAYOUT);
  readonly shapes = new Table(SHAPE_LAYOUT);
  /** MiB a CPU that jobs ask for beside their CPUs; not 0 makes counting impossible and changes nothing else. */
  readonly memMib: number;
  readonly #cpusPerNode: number;
  readonly #shapeOf = new Map<number, number>();
  #versions = 0;

  constructor(nodes: number, cpusPerNode: number, memMib = 0) {
    this.memMib = memMib;
    this.#cpusPerNode = cpusPerNode;
    for (let i = 0; i < nodes; i++) {
      const row = this.nodes.addRow();
      const { columns } = this.nodes;
      columns.freeCpus[row] = columns.totalCpus[row] = cpusPerNode;
      columns.freeMemMib[row] = columns.totalMemMib[row] = cpusPerNode * memMib;
      columns.partitionLo[row] = 1;
      columns.threadsPerCore[row] = 1;
      columns.topologyLeaf[row] = -1;
      columns.flags[row] = UP;
    }
  }

  submit(jobId: number, job: Pick<LogJob, "cpus" | "limitS">, tasksWaiting = 1): number {
    const row = this.pending.addRow();
    const { columns } = this.pending;
    columns.jobId[row] = jobId;
    columns.shape[row] = this.#shape(job.cpus);
    columns.timeLimitS[row] = job.limitS;
    columns.setPriority[row] = -1;
    columns.tasksWaiting[row] = columns.tasksStartable[row] = tasksWaiting;
    columns.version[row] = ++this.#versions;
    return row;
  }

  /** Takes a running job off its nodes. */
  end(jobId: number): void {
    const { columns } = this.running;
    for (let row = this.running.count - 1; row >= 0; row--) {
      if (columns.jobId[row] !== jobId) continue;
      this.nodes.columns.freeCpus[columns.node[row]!]! += columns.cpus[row]!;
      this.nodes.columns.freeMemMib[columns.node[row]!]! += columns.memMib[row]!;
      this.running.removeRow(row);
    }
    const jobs = this.runningJobs;
    for (let row = 0; row < jobs.count; row++) {
      if (jobs.columns.jobId[row] !== jobId) continue;
      jobs.removeRow(row);
      return;
    }
    throw new Error(`job ${jobId} does not run`);
  }

  /** Makes the plan's starts true; gives their job ids in order. */
  apply(plan: Plan): number[] {
    const started: number[] = [];
    for (let start = 0; start < plan.startCount; start++) {
      const job = plan.startJob[start]!;
      started.push(job);
      this.#start(plan, start, job);
    }
    const gone = [...plan.startRow].sort((a, b) => b - a);
    for (const row of gone) this.pending.removeRow(row);
    return started;
  }

  tables(nowS: number): PassTables {
    const { endS, jobId } = this.runningJobs.columns;
    const endOrder = Int32Array.from({ length: this.runningJobs.count }, (_, row) => row);
    return {
      nowS,
      nodes: this.nodes,
      pending: this.pending,
      running: this.running,
      runningJobs: this.runningJobs,
      endOrder: endOrder.sort((a, b) => endS[a]! - endS[b]! || jobId[a]! - jobId[b]!),
      nodesVersion: 1,
      shapes: this.shapes,
      shapeLists: new Int32Array(0),
      partitions: [
        {
          name: "p0",
          maxTimeS: NEVER_S,
          maxNodes: 100_000,
          minNodes: 1,
          priorityJobFactor: 1,
          priorityTier: 1,
          up: true,
        },
      ],
      partitionSets: [[0]],
    };
  }

  /** The queue by job id. */
  ranked(): RankedQueue {
    const { jobId } = this.pending.columns;
    const { count } = this.pending;
    const order = Int32Array.from({ length: count }, (_, row) => row);
    return {
      order: order.sort((a, b) => jobId[a]! - jobId[b]!),
      priority: new Float64Array(count),
      reason: new Uint8Array(count),
      allowedLo: new Uint32Array(count).fill(1),
      allowedHi: new Uint32Array(count),
      faults: [],
    };
  }

  #start(plan: Plan, start: number, job: number): void {
    const row = plan.startRow[start]!;
    const shape = this.pending.columns.shape[row]!;
    const jobRow = this.runningJobs.addRow();
    const { columns: jobs } = this.runningJobs;
    jobs.jobId[jobRow] = job;
    jobs.startS[jobRow] = plan.nowS;
    jobs.endS[jobRow] = Math.min(NEVER_S, plan.nowS + this.pending.columns.timeLimitS[row]!);
    let left = this.shapes.columns.tasks[shape]!;
    let before = -1;
    for (let at = plan.startOffset[start]!; at < plan.startOffset[start + 1]!; at++) {
      const node = plan.startNodes[at]!;
      const tasks = plan.startTasks[at]!;
      if (node <= before) throw new Error(`node ${node} comes after ${before}`);
      before = node;
      left -= tasks;
      const heldRow = this.running.addRow();
      const { columns } = this.running;
      columns.jobId[heldRow] = job;
      columns.node[heldRow] = node;
      columns.endS[heldRow] = jobs.endS[jobRow]!;
      columns.cpus[heldRow] = tasks;
      columns.memMib[heldRow] = this.memMib;
      columns.share[heldRow] = jobs.nodes[jobRow]!++;
      jobs.cpus[jobRow]! += tasks;
      this.nodes.columns.freeCpus[node]! -= tasks;
      this.nodes.columns.freeMemMib[node]! -= this.memMib;
      if (tasks < 1 || this.nodes.columns.freeCpus[node]! < 0) throw new Error(`node ${node} is overfull`);
    }
    if (left !== 0) throw new Error(`${left} tasks of job ${job} are on no node`);
  }

  /** Tasks of one CPU: one a node where nodes have one, else anywhere. */
  #shape(cpus: number): number {
    const known = this.#shapeOf.get(cpus);
    if (known !== undefined) return known;
    const row = this.shapes.addRow();
    this.#shapeOf.set(cpus, row);
    const { columns } = this.shapes;
    const isSingle = this.#cpusPerNode === 1;
    const tasksPerNode = isSingle ? 1 : Math.min(cpus, this.#cpusPerNode);
    columns.minNodes[row] = isSingle ? cpus : Math.ceil(cpus / this.#cpusPerNode);
    columns.maxNodes[row] = cpus;
    columns.tasks[row] = cpus;
    columns.tasksPerNode[row] = columns.cpus[row] = tasksPerNode;
    columns.uneven[row] = isSingle || cpus === 1 ? 0 : 1;
    columns.cpusPerTask[row] = 1;
    columns.memMib[row] = this.memMib;
    columns.users[row] = 1;
    return row;
  }
}
