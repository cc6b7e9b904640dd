/**
 * Makes allocations of a plan's starts: each is checked again against the live tables, since the plan was made from a
 * snapshot, and against the starts before it. What no longer holds is a counted conflict, never an oversubscription.
 * Runs on the main thread after each pass. Pure: reads the live tables, and the reducer applies what it gives.
 */
import type { Allocation, DeviceShare, NodeAllocation } from "../model/job.ts";
import type { Plan } from "../model/plan.ts";
import type { Request } from "../model/request.ts";
import { meetsConstraint } from "../state/constraint-tables.ts";
import { missingLicence, reserveLicences, returnToSpare } from "../state/licences.ts";
import { NodeMarks } from "../state/node-marks.ts";
import { hasQosRule, QOS_RULE } from "../state/qos-rules.ts";
import { meetsSetRule } from "../state/set-rules.ts";
import { isNodeUsable, type PassTables, PENDING_FLAG } from "../state/tables.ts";
import type { Conflict, Refused } from "./conflict.ts";
import { FreeBook } from "./free-book.ts";
import { LimitCheck } from "./limit-check.ts";
import { NodeShares } from "./node-shares.ts";
import { OwnerCheck, type OwnerLookup } from "./owner-check.ts";
import type { PartLookup } from "./part-shares.ts";
import { reservedAgainst } from "./reservation-check.ts";

export interface CommittedStart {
  /** Which start of the plan it was. */
  readonly start: number;
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
  /** The same of something of the device, where that may be a part; absent where no job has parts. */
  readonly shareDimensions?: (node: number, share: DeviceShare) => readonly number[];
  /** How devices may be given in parts, and what is; absent where no job asks any. */
  readonly parts?: PartLookup;
  /** Whose jobs are where; absent where no job and no partition minds. */
  readonly owners?: OwnerLookup;
}

/** Checks every start of the plan against `live`, the tables of this moment. */
export function commit(plan: Plan, live: PassTables, lookup: CommitLookup): Committed {
  return new Commit(plan, live, lookup).run();
}

/** Used by every commit, one after the other: each begins them anew. */
const free = new FreeBook();
const named = new NodeMarks();

const ALONE = { leader: 0, size: 0 };

class Commit {
  readonly #plan: Plan;
  readonly #live: PassTables;
  readonly #lookup: CommitLookup;
  /** undefined where the site has no limits. */
  readonly #limits: LimitCheck | undefined;
  /** undefined where it does not matter whose jobs are where. */
  readonly #owners: OwnerCheck | undefined;
  /** Tasks of an array row that this commit has started. */
  #startedTasks: Map<number, number> | undefined;
  #rowOfJob: Map<number, number> | undefined;
  /** The heterogeneous job whose components are being committed. */
  #together = ALONE;

  constructor(plan: Plan, live: PassTables, lookup: CommitLookup) {
    this.#plan = plan;
    this.#live = live;
    this.#lookup = lookup;
    this.#limits =
      live.limits === undefined
        ? undefined
        : new LimitCheck(
            live,
            live.limits,
            lookup.shareDimensions ?? ((node, { lane }) => lookup.laneDimensions(node, lane)),
          );
    this.#owners = lookup.owners === undefined ? undefined : new OwnerCheck(lookup.owners);
    free.begin(live.nodes, lookup.parts !== undefined);
  }

  run(): Committed {
    const allocations: CommittedStart[] = [];
    const conflicts: Conflict[] = [];
    for (let start = 0; start < this.#plan.startCount; start++) {
      const tied = this.#tiedTo(start);
      if (tied > 1) {
        this.#commitTogether(start, start + tied, allocations, conflicts);
        start += tied - 1;
        continue;
      }
      const made = this.#commitStart(start);
      if ("code" in made) conflicts.push({ jobId: this.#plan.startJob[start]!, ...made });
      else allocations.push(made);
    }
    return { allocations, conflicts };
  }

  /** Starts from this one on that are components of one heterogeneous job; 1 for any other job. */
  #tiedTo(start: number): number {
    const { startHet, startCount } = this.#plan;
    const leader = startHet?.[start] ?? 0;
    if (startHet === undefined || leader === 0) return 1;
    let end = start + 1;
    while (end < startCount && startHet[end] === leader) end++;
    return end - start;
  }

  /** All of these or none: where one is refused, what the others took is given back. */
  #commitTogether(from: number, to: number, allocations: CommittedStart[], conflicts: Conflict[]): void {
    const { startJob, startHet } = this.#plan;
    const before = this.#limits?.checkpoint();
    const made: CommittedStart[] = [];
    this.#together = { leader: startHet![from]!, size: to - from };
    for (let start = from; start < to; start++) {
      const one = this.#commitStart(start);
      if (!("code" in one)) {
        made.push(one);
        continue;
      }
      for (const each of made) this.#withdraw(each);
      if (before !== undefined) this.#limits?.restore(before);
      for (let other = from; other < to; other++) {
        const jobId = startJob[other]!;
        if (other === start) conflicts.push({ jobId, ...one });
        else
          conflicts.push({
            jobId,
            code: "HET_WITHDRAWN",
            text: `job ${startJob[start]} could not start with it`,
          });
      }
      break;
    }
    this.#together = ALONE;
    if (made.length === to - from) allocations.push(...made);
  }

  #withdraw({ row, allocation }: CommittedStart): void {
    for (const { node, cpus, memMib, devices } of allocation.nodes)
      free.takeBack(node, cpus, memMib, devices);
    const { licences } = this.#live;
    if (licences !== undefined) returnToSpare(licences, this.#live.pending.columns.shape[row]!);
    this.#owners?.withdraw(allocation.nodes);
    this.#startedTasks?.delete(row);
  }

  #commitStart(start: number): CommittedStart | Refused {
    const jobId = this.#plan.startJob[start]!;
    const partition = this.#plan.startPartition[start]!;
    const row = this.#findRow(this.#plan.startRow[start]!, jobId);
    if (row < 0) return { code: "JOB_GONE", text: `job ${jobId} is not pending any more` };
    const from = this.#plan.startOffset[start]!;
    const to = this.#plan.startOffset[start + 1]!;
    const request = this.#lookup.request(this.#live.pending.columns.shape[row]!);
    const refused =
      this.#checkJob(row, jobId) ??
      this.#checkLicences(row, jobId) ??
      this.#checkPartition(row, jobId, partition, to - from) ??
      this.#checkRequest(row, jobId, request, from, to) ??
      this.#checkNodes(jobId, partition, from, to) ??
      this.#checkReservations(row, from, to) ??
      this.#checkOwners(jobId, partition, from, to);
    if (refused !== undefined) return refused;
    const nodes = new Array<NodeAllocation>(to - from);
    const shares = new NodeShares(free, this.#live, this.#lookup);
    shares.align(request, this.#plan.startNodes.subarray(from, to));
    for (let i = from; i < to; i++) {
      const share = shares.of(jobId, request, this.#plan.startNodes[i]!, this.#plan.startTasks[i]!);
      if ("code" in share) return share;
      nodes[i - from] = share;
    }
    const over = this.#limits?.take(row, partition, nodes);
    if (over !== undefined) return { code: "LIMIT_REACHED", text: over };
    for (let i = 0; i < nodes.length; i++) {
      const { node, cpus, memMib, devices } = nodes[i]!;
      free.give(node, cpus, memMib, devices);
    }
    this.#owners?.note(jobId, partition, nodes);
    const { licences } = this.#live;
    if (licences !== undefined) reserveLicences(licences, this.#live.pending.columns.shape[row]!);
    if (this.#plan.startCount > 1) this.#noteStarted(row);
    return { start, jobId, row, partition, allocation: { nodes } };
  }

  #noteStarted(row: number): void {
    this.#startedTasks ??= new Map();
    this.#startedTasks.set(row, (this.#startedTasks.get(row) ?? 0) + 1);
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
    const { leader, size } = this.#together;
    if (columns.hetLeader[row] !== leader || columns.hetSize[row] !== size) {
      return {
        code: "JOB_CHANGED",
        text: `job ${jobId} is to start with ${size} components of job ${leader}`,
      };
    }
    if (columns.beginS[row]! > this.#live.nowS) {
      return {
        code: "JOB_HELD",
        text: `job ${jobId} must not start for ${columns.beginS[row]! - this.#live.nowS} s`,
      };
    }
    const startable = Math.min(columns.tasksStartable[row]!, columns.tasksWaiting[row]!);
    const started = this.#startedTasks?.get(row) ?? 0;
    if (started < startable) return undefined;
    return {
      code: "NO_TASK_LEFT",
      text: `job ${jobId} may start ${startable} more, and ${started} have been started`,
    };
  }

  /** The live tables' own count, made for this commit and used up by it. */
  #checkLicences(row: number, jobId: number): Refused | undefined {
    const { licences } = this.#live;
    if (licences === undefined || missingLicence(licences, this.#live.pending.columns.shape[row]!) < 0)
      return undefined;
    return { code: "LICENSES_TAKEN", text: `too few licences are left for job ${jobId}` };
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
    const may = (rule: number): boolean =>
      hasQosRule(this.#live.qosRules, this.#live.pending.columns.qos[row]!, rule);
    const isShort = timeLimitS <= limits.maxTimeS || may(QOS_RULE.ANY_TIME);
    const isSmall = nodes <= limits.maxNodes || may(QOS_RULE.ANY_MAX_NODES);
    if (limits.up && isShort && isSmall) return undefined;
    return { code: "JOB_CHANGED", text: `partition ${limits.name} does not take job ${jobId} any more` };
  }

  /** The plan's answer must be one to the request as it is now. */
  #checkRequest(row: number, jobId: number, request: Request, from: number, to: number): Refused | undefined {
    const nodes = to - from;
    const isAnswer =
      nodes >= request.minNodes &&
      nodes <= Math.max(request.maxNodes, request.minNodes) &&
      this.#areTasksOf(request, from, to) &&
      this.#areNodesOf(request, row, from, to);
    if (isAnswer) return undefined;
    return { code: "JOB_CHANGED", text: `job ${jobId} asks for other nodes or tasks than it did` };
  }

  /** All tasks are placed, and no node has more, or an uneven job's fewer, than it may. */
  #areTasksOf(request: Request, from: number, to: number): boolean {
    const { startTasks } = this.#plan;
    const fewest = request.uneven ? 1 : 0;
    let placed = 0;
    for (let i = from; i < to; i++) {
      const tasks = startTasks[i]!;
      if (tasks < fewest || tasks > request.tasksPerNode) return false;
      placed += tasks;
    }
    return placed === request.tasks;
  }

  /** Each is named once, exists, has the features and lies as asked; those that must or must not be there are or are not. */
  #areNodesOf(request: Request, row: number, from: number, to: number): boolean {
    const { startNodes } = this.#plan;
    const shape = this.#live.pending.columns.shape[row]!;
    const { columns, count } = this.#live.nodes;
    const { featureLo, featureHi } = columns;
    const lo = this.#live.shapes.columns.featureLo[shape]!;
    const hi = this.#live.shapes.columns.featureHi[shape]!;
    named.begin(count);
    for (let i = from; i < to; i++) {
      const node = startNodes[i]!;
      if (node < 0 || node >= count || !named.add(node)) return false;
      if ((featureLo[node]! & lo) >>> 0 !== lo || (featureHi[node]! & hi) >>> 0 !== hi) return false;
    }
    const options = this.#live.constraints?.get(shape);
    if (options !== undefined && !meetsConstraint(options, this.#live.nodes, startNodes.subarray(from, to)))
      return false;
    if (!meetsSetRule(this.#live, row, startNodes.subarray(from, to))) return false;
    return (
      request.requiredNodes.every((node) => named.has(node)) &&
      !request.excludedNodes.some((node) => named.has(node))
    );
  }

  #checkNodes(jobId: number, partition: number, from: number, to: number): Refused | undefined {
    const { startNodes } = this.#plan;
    const { columns } = this.#live.nodes;
    const { flags } = columns;
    const bits = partition < 32 ? columns.partitionLo : columns.partitionHi;
    for (let i = from; i < to; i++) {
      const node = startNodes[i]!;
      if (((bits[node]! >>> (partition & 31)) & 1) === 0) {
        return {
          code: "JOB_CHANGED",
          text: `node row ${node} is not in the partition of job ${jobId} any more`,
        };
      }
      if (!isNodeUsable(flags[node]!)) {
        return {
          code: "NODE_NOT_USABLE",
          text: `node row ${node}, planned for job ${jobId}, takes no jobs now`,
        };
      }
    }
    return undefined;
  }

  #checkReservations(row: number, from: number, to: number): Refused | undefined {
    const text = reservedAgainst(this.#live, row, this.#plan.startNodes.subarray(from, to));
    return text === undefined ? undefined : { code: "RESERVED", text };
  }

  #checkOwners(jobId: number, partition: number, from: number, to: number): Refused | undefined {
    const text = this.#owners?.refusal(jobId, partition, this.#plan.startNodes.subarray(from, to));
    return text === undefined ? undefined : { code: "OF_OTHER_USER", text };
  }
}
