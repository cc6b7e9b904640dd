/**
 * The modes `none` and `easy` node by node, for whatever jobs may ask: through the kernel with two slots, before and from
 * the shadow time on. Plans the rows of one group of partitions. For jobs that ask for CPUs alone it starts the same
 * ones as counting does (see reservation.ts and short-picks.ts).
 */
import type { Plan } from "../../model/plan.ts";
import type { RankedQueue } from "../../model/ranked.ts";
import { type LicenceTables, missingLicence, reserveLicences, spareLicences } from "../../state/licences.ts";
import type { LimitHit } from "../../state/limit-use.ts";
import type { PassTables } from "../../state/tables.ts";
import { Candidates } from "../candidates.ts";
import { ClassTable } from "../class-table.ts";
import { dimensionsInUse } from "../dimensions.ts";
import type { PlanKernel } from "../kernel.ts";
import { LimitGate } from "../limit-gate.ts";
import { NodeChooser } from "../node-chooser.ts";
import { Picker } from "../picker.ts";
import { keepsNoPlace } from "../place-keeping.ts";
import { PlanBuilder } from "../plan-builder.ts";
import { policyJobOf } from "../policy-job.ts";
import { MAX_DECISIONS, MAX_TASKS_PLANNED_PER_ROW, type PlanOptions, type PlanPolicies } from "../queue.ts";
import { NEVER_S } from "../slots.ts";
import { TaskBudget } from "../task-budget.ts";
import { REASON_LICENSES, REASON_PRIORITY, REASON_RESOURCES, REASON_TASK_LIMIT, WaitBook } from "../waits.ts";
import { NO_ENDS, NodeEnds } from "./node-ends.ts";
import { groupRows } from "./partition-groups.ts";
import { Reservation } from "./reservation.ts";
import { ShortPicks } from "./short-picks.ts";

/** Classes whose free nodes are counted for `explain`; jobs of others get -1. */
const MAX_FREE_COUNTS = 2_048;
/** Borders of limits that are looked at as they are now. */
const NOW_ONLY = Int32Array.of(0);
/** Lengths in slots: until the shadow time, and beyond it. */
const SHORT = 1;
const LONG = 2;

/** Plans the whole queue in one of the modes `none` and `easy`. */
export function planByNodes(
  kernel: PlanKernel,
  tables: PassTables,
  ranked: RankedQueue,
  options: PlanOptions,
  policies: PlanPolicies,
): Plan {
  const builder = new PlanBuilder(tables.nowS, tables.pending.count, ranked);
  const faults = [...ranked.faults];
  const groups = options.mode === "easy" ? groupRows(tables, ranked) : [ranked.order];
  const gate = LimitGate.of(tables, options.gresParent, NOW_ONLY, kernel);
  const budget = TaskBudget.of(tables);
  for (const rows of groups) {
    faults.push(
      ...new NodePass(kernel, tables, ranked, options, policies, builder, rows, gate, budget).run(),
    );
  }
  return builder.finish(faults);
}

class NodePass {
  readonly #kernel: PlanKernel;
  readonly #tables: PassTables;
  readonly #ranked: RankedQueue;
  readonly #options: PlanOptions;
  readonly #builder: PlanBuilder;
  readonly #rows: Int32Array;
  readonly #classes: ClassTable;
  readonly #candidates: Candidates;
  readonly #chooser: NodeChooser;
  readonly #picker: Picker;
  readonly #waits: WaitBook;
  readonly #licences: LicenceTables | undefined;
  readonly #ends: NodeEnds;
  readonly #reservation: Reservation;
  readonly #shortPicks: ShortPicks;
  /** Limits as they are now; undefined where no job has any. */
  readonly #gate: LimitGate | undefined;
  readonly #budget: TaskBudget | undefined;
  /** The limit that kept the job at hand from starting, where one did. */
  #limited: LimitHit | undefined;
  /** The first blocked job of an easy plan has been found. */
  #hasHead = false;
  /** By pending row: class of which a waiting row's free nodes are counted. */
  readonly #countedClass = new Map<number, number>();

  constructor(
    kernel: PlanKernel,
    tables: PassTables,
    ranked: RankedQueue,
    options: PlanOptions,
    policies: PlanPolicies,
    builder: PlanBuilder,
    rows: Int32Array,
    gate: LimitGate | undefined,
    budget: TaskBudget | undefined,
  ) {
    this.#gate = gate;
    this.#budget = budget;
    this.#kernel = kernel;
    this.#tables = tables;
    this.#ranked = ranked;
    this.#options = options;
    this.#builder = builder;
    this.#rows = rows;
    kernel.begin(tables, dimensionsInUse(tables, ranked, options.gresParent), Int32Array.of(0, NEVER_S));
    kernel.fill({ ...NO_ENDS, gres: kernel.dimensions.map(() => new Uint8Array(0)) });
    this.#classes = new ClassTable(tables, kernel, options.gresParent);
    this.#candidates = new Candidates(tables, ranked, this.#classes);
    this.#chooser = new NodeChooser(tables, kernel, policies);
    this.#picker = new Picker(kernel, this.#classes, this.#chooser);
    this.#waits = new WaitBook(tables);
    this.#licences = spareLicences(tables.licences);
    this.#ends = new NodeEnds(tables, kernel);
    this.#reservation = new Reservation(tables, kernel, this.#classes);
    this.#shortPicks = new ShortPicks(
      tables,
      kernel,
      this.#classes,
      this.#chooser,
      this.#picker,
      this.#reservation,
    );
  }

  run(): Plan["faults"] {
    let rows = this.#rows;
    let wasHead = false;
    for (let i = 0; i < rows.length; i++) {
      if (this.#builder.decisions >= MAX_DECISIONS) this.#builder.reason[rows[i]!] = REASON_PRIORITY;
      else this.#planRow(rows[i]!);
      if (this.#hasHead && !wasHead && this.#options.backfillOrder === "shortest")
        rows = this.#shortestFrom(i + 1);
      wasHead = this.#hasHead;
    }
    this.#countFreeNodes();
    return this.#chooser.faults;
  }

  #planRow(row: number): void {
    const { columns } = this.#tables.pending;
    this.#candidates.find(row);
    if (this.#candidates.count === 0) {
      this.#builder.decisions++;
      this.#builder.reason[row] = this.#candidates.deadReason;
      return;
    }
    const own = Math.max(0, columns.tasksStartable[row]!);
    const startable = this.#budget?.most(row, own) ?? own;
    const planned = Math.min(startable, MAX_TASKS_PLANNED_PER_ROW);
    for (let task = 0; task < planned; task++) {
      this.#builder.decisions++;
      if (this.#lacksLicences(row)) return;
      if (this.#startNow(row)) continue;
      this.#wait(row);
      return;
    }
    if (startable < columns.tasksWaiting[row]!) this.#builder.reason[row] = REASON_TASK_LIMIT;
  }

  /** A job has no place kept while licences are short: when running jobs give them back is not planned. */
  #lacksLicences(row: number): boolean {
    const shape = this.#tables.pending.columns.shape[row]!;
    if (this.#licences === undefined || missingLicence(this.#licences, shape) < 0) return false;
    if (this.#builder.reason[row] === 0) this.#builder.reason[row] = REASON_LICENSES;
    return true;
  }

  /** In strict order a job has its turn only in partitions where nobody waits before it. */
  #startNow(row: number): boolean {
    const { nowCount, classes, partitions } = this.#candidates;
    const isStrict = this.#options.mode === "none";
    this.#limited = undefined;
    for (let i = 0; i < nowCount; i++) {
      if (isStrict && this.#waits.headOf(partitions[i]!) !== 0) continue;
      if (this.#startIn(row, classes[i]!, partitions[i]!)) return true;
    }
    return false;
  }

  #startIn(row: number, classIndex: number, partition: number): boolean {
    const limitS = this.#tables.pending.columns.timeLimitS[row]!;
    const length = limitS <= this.#reservation.atS ? SHORT : LONG;
    if (this.#classes.hintSlot(classIndex, length) > 0) return false;
    if (this.#gate !== undefined && this.#gate.firstSlot(row, partition, 0, 1) > 0) {
      this.#limited ??= this.#gate.hit;
      return false;
    }
    const demand = this.#classes.demand[classIndex]!;
    const describe = () => policyJobOf(this.#tables, this.#ranked, demand, row, partition);
    const count =
      length === SHORT && this.#reservation.classIndex >= 0 && demand.rule === undefined
        ? this.#shortPicks.pick(classIndex, partition, describe)
        : this.#picker.pick(classIndex, length, describe);
    if (count === 0) {
      this.#classes.raiseHint(classIndex, length, 1, 0);
      return false;
    }
    const { picks, pickTasks } = this.#kernel;
    if (this.#gate?.letsStart(row, partition, 0, 1) === false) {
      this.#limited ??= this.#gate.hit;
      return false;
    }
    const job = this.#tables.pending.columns.jobId[row]!;
    if (length === LONG) this.#takeLong(classIndex, count);
    else if (this.#hasHead) this.#kernel.take(classIndex, 0, SHORT);
    else this.#ends.note(job, limitS, count, () => this.#kernel.take(classIndex, 0, SHORT));
    this.#chooser.update(count);
    this.#gate?.take(row, partition, 0, 1);
    this.#budget?.take(row);
    const { uneven, tasks } = demand;
    if (this.#licences !== undefined) reserveLicences(this.#licences, demand.shape);
    this.#builder.addStart(row, job, partition, picks, count, tasks, uneven ? pickTasks : undefined);
    if (this.#builder.expectedStartS[row] === 0) this.#builder.expectedStartS[row] = this.#tables.nowS;
    return true;
  }

  /** Takes for a job that runs beyond the shadow time: that much less is left then. */
  #takeLong(classIndex: number, count: number): void {
    const { picks } = this.#kernel;
    const { marked, laterCpus } = this.#reservation;
    for (let i = 0; i < count; i++)
      if (marked[picks[i]!] !== 0) laterCpus[picks[i]!]! -= this.#kernel.freeCpus(picks[i]!);
    this.#kernel.take(classIndex, 0, LONG);
    for (let i = 0; i < count; i++)
      if (marked[picks[i]!] !== 0) laterCpus[picks[i]!]! += this.#kernel.freeCpus(picks[i]!);
  }

  #wait(row: number): void {
    const builder = this.#builder;
    const candidates = this.#candidates;
    const job = this.#tables.pending.columns.jobId[row]!;
    this.#countedClass.set(row, candidates.classes[0]!);
    if (this.#gate !== undefined && this.#limited !== undefined) {
      // It waits for its own limit: it is no head, and nobody waits behind it.
      builder.reason[row] = this.#gate.reasonOf(this.#limited);
      return;
    }
    const keeps = !keepsNoPlace(this.#tables, this.#ranked, row);
    let head = 0;
    for (let i = 0; i < candidates.count && head === 0; i++)
      head = this.#waits.headOf(candidates.partitions[i]!);
    if (head !== 0) {
      builder.reason[row] = REASON_PRIORITY;
      builder.behindJob[row] = head;
    } else if (this.#hasHead) {
      builder.reason[row] = REASON_PRIORITY;
      builder.behindJob[row] = this.#waits.first;
    } else {
      builder.reason[row] = REASON_RESOURCES;
      if (this.#options.mode === "easy" && keeps) this.#reserve(row);
    }
    if (!keeps) return;
    this.#waits.block(job, candidates.partitions, candidates.count);
    if (this.#options.mode === "none")
      this.#waits.blockOverlapping(job, candidates.partitions, candidates.count);
  }

  /** The row is the head of its group: reserves for it. */
  #reserve(row: number): void {
    this.#hasHead = true;
    if (!this.#reservation.make(this.#ends, this.#candidates)) return;
    const { atS, classIndex, partition, marked } = this.#reservation;
    this.#countedClass.set(row, classIndex);
    this.#builder.behindJob[row] = this.#ends.lastToEnd(marked, atS);
    this.#builder.expectedStartS[row] = this.#tables.nowS + atS;
    if (row !== this.#options.watchRow) return;
    const nodes = this.#kernel.picks.slice(0, this.#kernel.pickCount()).sort();
    this.#builder.watched = { nodes, partition };
  }

  /** The rows with those from this place on by time limit, equal ones as ranked. */
  #shortestFrom(first: number): Int32Array {
    const { timeLimitS } = this.#tables.pending.columns;
    const { rank } = this.#builder;
    const rest = this.#rows.slice(first);
    rest.sort((a, b) => timeLimitS[a]! - timeLimitS[b]! || rank[a]! - rank[b]!);
    const rows = this.#rows.slice();
    rows.set(rest, first);
    return rows;
  }

  /** For the rows that wait: on how many nodes they would fit at this moment, beside what the plan starts. */
  #countFreeNodes(): void {
    const counts = new Map<number, number>();
    for (const [row, classIndex] of this.#countedClass) {
      let free = counts.get(classIndex);
      if (free === undefined && counts.size < MAX_FREE_COUNTS) {
        this.#classes.ready(classIndex);
        free = this.#kernel.countNow(classIndex);
        counts.set(classIndex, free);
      }
      this.#builder.freeNodes[row] = free ?? -1;
    }
  }
}
