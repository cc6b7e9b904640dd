/**
 * What the modes have in common where a sum of CPUs decides: how many each job of the queue needs, how many are free,
 * and how a job starts. One object for all passes, begun anew for each; nothing of an earlier pass shows in a plan.
 */
import type { Plan } from "../../model/plan.ts";
import type { RankedQueue } from "../../model/ranked.ts";
import { waitReasonCode } from "../../model/reasons.ts";
import type { PassTables } from "../../state/tables.ts";
import type { PlanKernel } from "../kernel.ts";
import { MAX_DECISIONS, MAX_TASKS_PLANNED_PER_ROW, type PlanOptions, type PlanPolicies } from "../queue.ts";
import { REASON_PRIORITY, REASON_RESOURCES, REASON_TASK_LIMIT } from "../waits.ts";
import { CountedCluster, NOT_COUNTABLE } from "./counted-cluster.ts";
import { CountedNodes } from "./counted-nodes.ts";
import { PlanColumns } from "./plan-columns.ts";
import { PolicyNodes } from "./policy-nodes.ts";

const REASON_BAD_CONSTRAINTS = waitReasonCode("BadConstraints");

export class CountedPass {
  readonly columns = new PlanColumns();
  readonly #kernel: PlanKernel;
  readonly #nodes = new CountedNodes();
  /** Of the pass at hand; undefined where nodes are taken as they come. */
  #policyNodes: PolicyNodes | undefined;
  readonly #cluster = new CountedCluster();
  tables!: PassTables;
  ranked!: RankedQueue;
  #watchRow = -1;
  /** CPUs that no running job holds and the plan has not given out. */
  free = 0;
  /** By place in the queue: CPUs that one task of the row's array, or the job, needs. */
  need = new Int32Array(64);
  /** CPUs of all nodes: a job that needs more can never start. */
  total = 0;
  /** By pending row, of the tables. */
  jobId: Int32Array = new Int32Array(0);
  limitS: Int32Array = new Int32Array(0);
  /** By pending row: the version of which `knownNeed` is, 0 for none. */
  #knownVersion = new Uint32Array(0);
  #knownNeed = new Int32Array(0);
  #pendingBuffer: SharedArrayBuffer | undefined;
  #shapeBuffer: SharedArrayBuffer | undefined;
  #facts = 0;
  #startable: Int32Array = new Int32Array(0);
  #waiting: Int32Array = new Int32Array(0);

  constructor(kernel: PlanKernel) {
    this.#kernel = kernel;
  }

  /** Begins a pass; false where counting does not do, and nothing has been planned. */
  begin(tables: PassTables, ranked: RankedQueue, options: PlanOptions, policies: PlanPolicies): boolean {
    if (ranked.order.length > 0 && !this.#cluster.begin(tables)) return false;
    this.columns.begin(tables.nowS, tables.pending.count, ranked);
    if (!this.#measure(tables, ranked)) return false;
    const { columns } = tables.pending;
    this.tables = tables;
    this.ranked = ranked;
    this.#watchRow = options.watchRow ?? -1;
    this.jobId = columns.jobId;
    this.limitS = columns.timeLimitS;
    this.#startable = columns.tasksStartable;
    this.#waiting = columns.tasksWaiting;
    this.free = this.#countFree();
    this.total = this.#cluster.totalCpus;
    this.#nodes.begin(tables);
    const isFirstFit = policies.placement === policies.fallback && policies.topology === undefined;
    this.#policyNodes =
      isFirstFit || tables.nodes.count === 1
        ? undefined
        : new PolicyNodes(this.#kernel, tables, ranked, policies);
    return true;
  }

  /** Jobs of a row that a pass plans: 1, or the tasks of an array. */
  tasksOf(row: number): number {
    return Math.min(Math.max(0, this.#startable[row]!), MAX_TASKS_PLANNED_PER_ROW);
  }

  get isOverDecided(): boolean {
    return this.columns.decisions >= MAX_DECISIONS;
  }

  /** Starts one job of the row at this place. The CPUs are there. */
  start(place: number, row: number): void {
    const { columns } = this;
    const need = this.need[place]!;
    const partition = this.#partitionOf(row);
    columns.addStart(row, this.jobId[row]!, partition);
    if (this.#policyNodes === undefined) {
      const shape = this.tables.pending.columns.shape[row]!;
      this.#nodes.take(need, this.tables.shapes.columns.tasks[shape]!, columns);
    } else {
      this.#policyNodes.take(row, partition, columns);
    }
    this.free -= need;
    if (columns.expectedStartS[row] === 0) columns.expectedStartS[row] = this.tables.nowS;
  }

  /** All planned jobs of the row have started: what is left of an array waits at its own limit. */
  finishRow(row: number): void {
    if (this.#startable[row]! < this.#waiting[row]!) this.columns.reason[row] = REASON_TASK_LIMIT;
  }

  killRow(row: number): void {
    this.columns.reason[row] = REASON_BAD_CONSTRAINTS;
  }

  /** The row waits for running jobs to end, `job` the last of them. */
  waitForResources(row: number, job: number): void {
    this.columns.reason[row] = REASON_RESOURCES;
    this.columns.behindJob[row] = job;
  }

  /** The row waits for its turn behind another. */
  waitBehind(row: number, job: number): void {
    this.columns.reason[row] = REASON_PRIORITY;
    this.columns.behindJob[row] = job;
  }

  /** All rows from a place in the queue on wait for their turn behind another job. */
  leaveFrom(first: number, job: number): void {
    const { order } = this.ranked;
    const { need, total } = this;
    const { reason, behindJob } = this.columns;
    for (let place = first; place < order.length; place++) {
      const row = order[place]!;
      const isDead = need[place]! > total;
      reason[row] = isDead ? REASON_BAD_CONSTRAINTS : REASON_PRIORITY;
      behindJob[row] = isDead ? 0 : job;
    }
    this.columns.decisions += Math.max(0, order.length - first);
  }

  /** The row, or the first of its tasks that waits, starts in so many seconds. */
  expect(place: number, row: number, leftS: number): void {
    const { expectedStartS } = this.columns;
    const { nowS } = this.tables;
    if (expectedStartS[row]! > nowS && expectedStartS[row]! <= nowS + leftS) return;
    expectedStartS[row] = nowS + leftS;
    if (row !== this.#watchRow) return;
    const nodes = this.#nodes.expectAt(leftS, this.need[place]!);
    this.columns.watched = { nodes, partition: this.#partitionOf(row) };
  }

  /** The plan, until the next pass begins. */
  finish(): Plan {
    const { faults } = this.ranked;
    const more = this.#policyNodes?.faults ?? [];
    return this.columns.finish(more.length === 0 ? faults : [...faults, ...more]);
  }

  /**
   * Writes what each job needs. A row of which nothing was written since the last pass needs what it did then: its
   * version says so, as long as it is one of the same table.
   */
  #measure(tables: PassTables, ranked: RankedQueue): boolean {
    const { pending, shapes } = tables;
    const { order } = ranked;
    const count = order.length;
    if (this.need.length < count) this.need = new Int32Array(2 ** Math.ceil(Math.log2(count)));
    const isSameTable = this.#pendingBuffer === pending.buffer && this.#shapeBuffer === shapes.buffer;
    if (!isSameTable || this.#cluster.facts !== this.#facts) this.#forget(tables);
    const { need } = this;
    const { rank } = this.columns;
    const { version, shape } = pending.columns;
    const knownVersion = this.#knownVersion;
    const knownNeed = this.#knownNeed;
    for (let place = 0; place < count; place++) {
      const row = order[place]!;
      rank[row] = place;
      if (knownVersion[row] === version[row] && version[row] !== 0) {
        need[place] = knownNeed[row]!;
        continue;
      }
      const amount = this.#cluster.amountOf(tables, shape[row]!);
      if (amount === NOT_COUNTABLE) return false;
      need[place] = amount;
      knownVersion[row] = version[row]!;
      knownNeed[row] = amount;
    }
    return true;
  }

  #forget(tables: PassTables): void {
    const { capacity } = tables.pending;
    this.#pendingBuffer = tables.pending.buffer;
    this.#shapeBuffer = tables.shapes.buffer;
    this.#facts = this.#cluster.facts;
    if (this.#knownVersion.length < capacity) {
      this.#knownVersion = new Uint32Array(capacity);
      this.#knownNeed = new Int32Array(capacity);
    } else {
      this.#knownVersion.fill(0);
    }
  }

  #countFree(): number {
    const { nodes, runningJobs } = this.tables;
    if (nodes.count === 1) return nodes.columns.freeCpus[0]!;
    const { cpus } = runningJobs.columns;
    const { count } = runningJobs;
    let free = this.#cluster.totalCpus;
    for (let row = 0; row < count; row++) free -= cpus[row]!;
    return free;
  }

  /** First partition in which the row may run; they all have the same nodes. */
  #partitionOf(row: number): number {
    const { partitionSets, pending } = this.tables;
    const set = partitionSets[pending.columns.partitionSet[row]!]!;
    for (let i = 0; i < set.length; i++) {
      const partition = set[i]!;
      const allowed = partition < 32 ? this.ranked.allowedLo[row]! : this.ranked.allowedHi[row]!;
      if (((allowed >>> (partition & 31)) & 1) !== 0) return partition;
    }
    throw new Error(`pending row ${row} is ranked and may run in no partition`);
  }
}
