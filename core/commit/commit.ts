/**
 * Makes allocations of a plan's starts: each is checked again against the live tables, since the plan was made from a
 * snapshot, and against the starts before it. What no longer holds is a counted conflict, never an oversubscription.
 * Runs on the main thread after each pass. Pure: reads the live tables, and the reducer applies what it gives.
 */
import { nodeIndex, WHOLE_DEVICE } from "../model/ids.ts";
import type { Allocation, NodeAllocation } from "../model/job.ts";
import type { Plan } from "../model/plan.ts";
import type { Request } from "../model/request.ts";
import { isNodeUsable, type PassTables, PENDING_FLAG } from "../state/tables.ts";
import type { Conflict, ConflictCode } from "./conflict.ts";
import { FreeBook } from "./free-book.ts";
import { pickLanes, shareOf } from "./node-share.ts";

export interface CommittedStart {
  readonly jobId: number;
  /** Row of the live pending table. A row of an array appears once for each task that starts. */
  readonly row: number;
  readonly partition: number;
  readonly allocation: Allocation;
}

export interface Committed {
  /** In the order of the plan. */
  readonly allocations: readonly CommittedStart[];
  readonly conflicts: readonly Conflict[];
}

/** What the columns do not hold. */
export interface CommitLookup {
  /** The request of a shape of the live tables. */
  readonly request: (shape: number) => Request;
  /** GRES dimensions that the device on a node's lane counts in; empty for an empty lane. */
  readonly laneDimensions: (node: number, lane: number) => readonly number[];
}

/** Checks every start of the plan against `live`, the tables of this moment. */
export function commit(plan: Plan, live: PassTables, lookup: CommitLookup): Committed {
  return new Commit(plan, live, lookup).run();
}

type Refused = { readonly code: ConflictCode; readonly text: string };

class Commit {
  readonly #plan: Plan;
  readonly #live: PassTables;
  readonly #lookup: CommitLookup;
  readonly #free: FreeBook;
  /** Tasks of an array row that this commit has started. */
  readonly #startedTasks = new Map<number, number>();
  #rowOfJob: Map<number, number> | undefined;

  constructor(plan: Plan, live: PassTables, lookup: CommitLookup) {
    this.#plan = plan;
    this.#live = live;
    this.#lookup = lookup;
    this.#free = new FreeBook(live.nodes);
  }

  run(): Committed {
    const allocations: CommittedStart[] = [];
    const conflicts: Conflict[] = [];
    for (let start = 0; start < this.#plan.startCount; start++) {
      const made = this.#commitStart(start);
      if ("code" in made) conflicts.push({ jobId: this.#plan.startJob[start]!, ...made });
      else allocations.push(made);
    }
    return { allocations, conflicts };
  }

  #commitStart(start: number): CommittedStart | Refused {
    const jobId = this.#plan.startJob[start]!;
    const partition = this.#plan.startPartition[start]!;
    const row = this.#findRow(this.#plan.startRow[start]!, jobId);
    if (row < 0) return { code: "JOB_GONE", text: `job ${jobId} is not pending any more` };
    const from = this.#plan.startOffset[start]!;
    const to = this.#plan.startOffset[start + 1]!;
    const nodes = this.#plan.startNodes.subarray(from, to);
    const tasks = this.#plan.startTasks.subarray(from, to);
    const request = this.#lookup.request(this.#live.pending.columns.shape[row]!);
    const refused =
      this.#checkJob(row, jobId) ??
      this.#checkPartition(row, jobId, partition, nodes.length) ??
      this.#checkRequest(row, jobId, request, nodes, tasks) ??
      this.#checkNodes(jobId, partition, nodes);
    if (refused !== undefined) return refused;
    const shares: NodeAllocation[] = [];
    for (let i = 0; i < nodes.length; i++) {
      const share = this.#shareNode(jobId, request, nodes[i]!, tasks[i]!);
      if ("code" in share) return share;
      shares.push(share);
    }
    for (const { node, cpus, memMib, devices } of shares) {
      this.#free.take(
        node,
        cpus,
        memMib,
        devices.map(({ lane }) => lane),
      );
    }
    this.#startedTasks.set(row, (this.#startedTasks.get(row) ?? 0) + 1);
    return { jobId, row, partition, allocation: { nodes: shares } };
  }

  /** The job's row now: rows move when others leave. -1 when it is not pending. */
  #findRow(planned: number, jobId: number): number {
    const { columns, count } = this.#live.pending;
    if (planned < count && columns.jobId[planned] === jobId) return planned;
    if (this.#rowOfJob === undefined) {
      this.#rowOfJob = new Map();
      for (let row = 0; row < count; row++) this.#rowOfJob.set(columns.jobId[row]!, row);
    }
    return this.#rowOfJob.get(jobId) ?? -1;
  }

  #checkJob(row: number, jobId: number): Refused | undefined {
    const { columns } = this.#live.pending;
    const { HELD_USER, HELD_ADMIN, DEPENDENCY, DEPENDENCY_NEVER } = PENDING_FLAG;
    if ((columns.flags[row]! & (HELD_USER | HELD_ADMIN | DEPENDENCY | DEPENDENCY_NEVER)) !== 0) {
      return { code: "JOB_HELD", text: `job ${jobId} is held, or waits for another job again` };
    }
    if (columns.beginS[row]! > this.#live.nowS) {
      return {
        code: "JOB_HELD",
        text: `job ${jobId} must not start for ${columns.beginS[row]! - this.#live.nowS} s`,
      };
    }
    const startable = Math.min(columns.tasksStartable[row]!, columns.tasksWaiting[row]!);
    const started = this.#startedTasks.get(row) ?? 0;
    if (started < startable) return undefined;
    return {
      code: "NO_TASK_LEFT",
      text: `job ${jobId} may start ${startable} more, and ${started} have been started`,
    };
  }

  #checkPartition(row: number, jobId: number, partition: number, nodes: number): Refused | undefined {
    const limits = this.#live.partitions[partition];
    const set = this.#live.partitionSets[this.#live.pending.columns.partitionSet[row]!];
    const timeLimitS = this.#live.pending.columns.timeLimitS[row]!;
    if (limits === undefined || set === undefined || !set.includes(partition)) {
      return {
        code: "JOB_CHANGED",
        text: `job ${jobId} is not in partition ${limits?.name ?? partition} any more`,
      };
    }
    if (limits.up && timeLimitS <= limits.maxTimeS && nodes <= limits.maxNodes) return undefined;
    return { code: "JOB_CHANGED", text: `partition ${limits.name} does not take job ${jobId} any more` };
  }

  /** The plan's answer must be one to the request as it is now. */
  #checkRequest(
    row: number,
    jobId: number,
    request: Request,
    nodes: Int32Array,
    tasks: Int32Array,
  ): Refused | undefined {
    const { columns, count } = this.#live.nodes;
    const { shapes } = this.#live;
    const shape = this.#live.pending.columns.shape[row]!;
    const lo = shapes.columns.featureLo[shape]!;
    const hi = shapes.columns.featureHi[shape]!;
    const named = new Set(nodes);
    let placed = 0;
    for (const taskCount of tasks) placed += taskCount;
    const isAnswer =
      placed === request.tasks &&
      Math.max(0, ...tasks) <= request.tasksPerNode &&
      nodes.length >= request.minNodes &&
      nodes.length <= Math.max(request.maxNodes, request.minNodes) &&
      named.size === nodes.length &&
      nodes.every((node) => node >= 0 && node < count) &&
      nodes.every(
        (node) =>
          (columns.featureLo[node]! & lo) >>> 0 === lo && (columns.featureHi[node]! & hi) >>> 0 === hi,
      ) &&
      request.requiredNodes.every((node) => named.has(node)) &&
      request.excludedNodes.every((node) => !named.has(node));
    if (isAnswer) return undefined;
    return { code: "JOB_CHANGED", text: `job ${jobId} asks for other nodes or tasks than it did` };
  }

  #checkNodes(jobId: number, partition: number, nodes: Int32Array): Refused | undefined {
    const { columns } = this.#live.nodes;
    const bits = partition < 32 ? columns.partitionLo : columns.partitionHi;
    for (const node of nodes) {
      if (((bits[node]! >>> (partition & 31)) & 1) === 0) {
        return {
          code: "JOB_CHANGED",
          text: `node row ${node} is not in the partition of job ${jobId} any more`,
        };
      }
      if (!isNodeUsable(columns.flags[node]!)) {
        return {
          code: "NODE_NOT_USABLE",
          text: `node row ${node}, planned for job ${jobId}, takes no jobs now`,
        };
      }
    }
    return undefined;
  }

  #shareNode(jobId: number, request: Request, node: number, tasks: number): NodeAllocation | Refused {
    const { columns } = this.#live.nodes;
    const totalCpus = columns.totalCpus[node]!;
    const free = this.#free.of(node);
    const { cpus, memMib } = shareOf(
      request,
      tasks,
      totalCpus,
      columns.totalMemMib[node]!,
      columns.threadsPerCore[node]!,
    );
    const where = `on node row ${node} for job ${jobId}`;
    if (cpus > free.cpus || cpus <= 0) {
      return { code: "CPUS_TAKEN", text: `${free.cpus} CPUs are free ${where}, which needs ${cpus}` };
    }
    if (request.exclusive && columns.runningJobs[node]! > 0) {
      return {
        code: "CPUS_TAKEN",
        text: `${columns.runningJobs[node]} jobs run ${where}, which needs it whole`,
      };
    }
    if (memMib > free.memMib) {
      return { code: "MEMORY_TAKEN", text: `${free.memMib} MiB are free ${where}, which needs ${memMib}` };
    }
    const lanes = pickLanes(request.gres, free.freeLanes, (lane) => this.#lookup.laneDimensions(node, lane));
    if (lanes === undefined) return { code: "DEVICES_TAKEN", text: `too few devices are free ${where}` };
    const devices = lanes.map((lane) => ({ lane, thousandths: WHOLE_DEVICE }));
    return { node: nodeIndex(node), tasks, cpus, memMib, devices };
  }
}
