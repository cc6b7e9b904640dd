/**
 * The plan of one pass in the mode `planned`: takes the ranked queue in order, starts what fits now, gives every other
 * job its earliest start that delays no higher one, and says why it waits. What jobs were promised by the last plan they
 * keep where that is given; else all is planned from nothing. Runs in a pass worker. Pure: the kernel is scratch memory,
 * laid out anew at the beginning.
 *
 * Times are rounded to slots so that a reservation is never too early: limits and expected ends go up to the next
 * border. Slot 0 begins now, so a job that fits now for its time limit, beside the reservations above it, starts now.
 */
import type { Plan } from "../model/plan.ts";
import type { RankedQueue } from "../model/ranked.ts";
import { type LicenceTables, missingLicence, reserveLicences, spareLicences } from "../state/licences.ts";
import type { LimitHit } from "../state/limit-use.ts";
import type { PassTables } from "../state/tables.ts";
import { Candidates } from "./candidates.ts";
import { ClassTable } from "./class-table.ts";
import { dimensionsInUse } from "./dimensions.ts";
import { type HetPass, HetPlanner } from "./het-plan.ts";
import { HetSets } from "./het-sets.ts";
import type { PlanKernel } from "./kernel.ts";
import { LimitGate } from "./limit-gate.ts";
import { NodeChooser } from "./node-chooser.ts";
import { type PartPlan, partPlanOf } from "./part-plan.ts";
import { passBorders } from "./pass-borders.ts";
import { Picker } from "./picker.ts";
import { keepsNoPlace } from "./place-keeping.ts";
import { PlanBuilder } from "./plan-builder.ts";
import { policyJobOf } from "./policy-job.ts";
import { endsOf } from "./preempt-ends.ts";
import { type PreemptGroup, type PreemptPass, PreemptSteps } from "./preempt-steps.ts";
import { PromiseSteps } from "./promise-steps.ts";
import { PromisedRows } from "./promised-rows.ts";
import { MAX_DECISIONS, MAX_TASKS_PLANNED_PER_ROW, type PlanOptions, type PlanPolicies } from "./queue.ts";
import { awaitReservations, groupsOf, nodeMarks, type PlanGroup, ReservedPlanes } from "./reserved.ts";
import { ResumeSteps } from "./resume-steps.ts";
import { SlotSearch } from "./slot-search.ts";
import { slotsOfLimit } from "./slots.ts";
import { TaskBudget } from "./task-budget.ts";
import { type WaitParts, WaitWriter } from "./wait-writer.ts";
import { REASON_LICENSES, REASON_PRIORITY, REASON_TASK_LIMIT, WaitBook } from "./waits.ts";

/** Plans the whole queue, whatever mode the options name. */
export function plan(
  kernel: PlanKernel,
  tables: PassTables,
  ranked: RankedQueue,
  options: PlanOptions,
  policies: PlanPolicies,
): Plan {
  return new Pass(kernel, tables, ranked, options, policies).run();
}

/** Plans the rows of a part that splitQueue gave, in the mode `planned`; `ranked` is the whole queue. */
export function planPart(
  kernel: PlanKernel,
  tables: PassTables,
  ranked: RankedQueue,
  options: PlanOptions,
  policies: PlanPolicies,
  rows: Int32Array,
): PartPlan {
  return new Pass(kernel, tables, ranked, options, policies).runPart(rows);
}

class Pass {
  readonly #kernel: PlanKernel;
  readonly #tables: PassTables;
  readonly #ranked: RankedQueue;
  readonly #borders: Int32Array;
  readonly #chooser: NodeChooser;
  readonly #builder: PlanBuilder;
  /** undefined while there are no reservations. */
  readonly #reserved: ReservedPlanes | undefined;
  /** undefined where nothing was promised: then all is planned from nothing. */
  readonly #promises: PromiseSteps | undefined;
  // Of the group at hand.
  #classes!: ClassTable;
  #candidates!: Candidates;
  #picker!: Picker;
  #waits!: WaitBook;
  #search!: SlotSearch;
  #writer!: WaitWriter;

  readonly #budget: TaskBudget | undefined;
  readonly #licences: LicenceTables | undefined;
  /** undefined where no job has limits. */
  readonly #gate: LimitGate | undefined;
  /** undefined where nothing is preempted. */
  readonly #preempting: PreemptSteps | undefined;
  /** undefined where no suspended job is to go on. */
  readonly #resuming: ResumeSteps | undefined;
  /** undefined where no heterogeneous job waits. */
  readonly #sets: HetSets | undefined;
  #hets: HetPlanner | undefined;
  /** The limit that kept the job at hand from starting now, where one did. */
  #limited: LimitHit | undefined;

  /** Class of which a waiting row's free nodes are counted, -1 for none. */
  readonly #countedClass: Int32Array;
  /** What the steps of a pass work on. */
  readonly #parts: Omit<PreemptPass & HetPass & WaitParts, "policy" | "start">;

  constructor(
    kernel: PlanKernel,
    tables: PassTables,
    ranked: RankedQueue,
    options: PlanOptions,
    policies: PlanPolicies,
  ) {
    const dimensions = dimensionsInUse(tables, ranked, options.gresParent);
    this.#kernel = kernel;
    this.#tables = tables;
    this.#ranked = ranked;
    this.#sets = HetSets.of(tables, ranked);
    this.#builder = new PlanBuilder(tables.nowS, tables.pending.count, ranked);
    const promised = PromisedRows.of(tables, ranked, options, this.#builder.rank);
    this.#borders = passBorders(tables, options, promised, ranked.order, dimensions.length);
    kernel.begin(tables, dimensions, this.#borders);
    kernel.fill(endsOf(tables, dimensions, this.#borders));
    this.#chooser = new NodeChooser(tables, kernel, policies);
    this.#reserved =
      tables.reservations === undefined
        ? undefined
        : new ReservedPlanes(kernel, tables.reservations, this.#borders, tables.nowS);
    this.#budget = TaskBudget.of(tables);
    this.#licences = spareLicences(tables.licences);
    this.#gate = LimitGate.of(tables, options.gresParent, this.#borders, kernel);
    this.#countedClass = new Int32Array(tables.pending.count).fill(-1);
    this.#parts = {
      kernel,
      tables,
      ranked,
      borders: this.#borders,
      gresParent: options.gresParent,
      chooser: this.#chooser,
      builder: this.#builder,
      reserved: this.#reserved,
      licences: this.#licences,
      gate: this.#gate,
      countedClass: this.#countedClass,
      watchRow: options.watchRow ?? -1,
      isStrict: options.mode === "none",
    };
    this.#beginGroup({ reservation: undefined, rows: ranked.order });
    this.#resuming = ResumeSteps.of(tables, kernel, this.#borders, this.#builder);
    this.#preempting = PreemptSteps.of({
      ...this.#parts,
      policy: policies.preemption,
      start: this.#start.bind(this),
    });
    this.#promises = promised && this.#promiseSteps(promised, options.mode === "conservative");
  }

  runPart(rows: Int32Array): PartPlan {
    const made = this.run(rows);
    return partPlanOf(made, rows, this.#ranked, this.#builder, this.#countedClass, this.#classes.likenesses);
  }

  run(part?: Int32Array): Plan {
    const groups = groupsOf(this.#tables, part ?? this.#ranked.order);
    if (groups.length > 1 || groups[0]!.rows.length < this.#ranked.order.length)
      awaitReservations(this.#tables, this.#ranked.order, this.#builder.reason);
    for (const group of groups) {
      if (group.reservation !== undefined || groups.length > 1) this.#beginGroup(group);
      this.#reserved?.close(group.reservation);
      if (group.reservation === undefined) this.#preempting?.resume(group.rows, this.#preemptGroup());
      this.#planGroup(group, part !== undefined);
      this.#reserved?.open();
    }
    const { faults = [] } = this.#preempting ?? {};
    return this.#builder.finish([...this.#ranked.faults, ...this.#chooser.faults, ...faults]);
  }

  #promiseSteps(promised: PromisedRows, isMovedUp: boolean): PromiseSteps {
    const mayPreempt = this.#preempting !== undefined;
    return new PromiseSteps(
      { ...this.#parts, promised, mayPreempt, isMovedUp },
      {
        isElsewhere: (row) =>
          this.#sets?.of(row) !== undefined ||
          this.#preempting?.isResumed(row) === true ||
          keepsNoPlace(this.#tables, this.#ranked, row),
        findCandidates: (row) => this.#candidates.find(row),
        planOne: (row) => this.#planOne(row),
        planRest: (row) => this.#planTasks(row, 1),
        lacksLicences: (row) => this.#lacksLicences(row),
        startNow: (row) => this.#startNow(row, true),
        startOn: ({ row, partition, classIndex, length, count }) =>
          this.#start(row, classIndex, partition, length, count),
        preempt: (row) => this.#preempt(row),
        wait: ({ row, partition, classIndex }, leftS) => {
          this.#notePlace(row, partition, classIndex);
          if (this.#builder.reason[row] === 0) this.#writer.explain(row, leftS, this.#limited);
          this.#builder.expect(row, leftS);
        },
      },
    );
  }

  #preemptGroup(): PreemptGroup {
    return { classes: this.#classes, candidates: this.#candidates, waits: this.#waits };
  }

  /** Others are ended for a row that does not start now, and that none of its limits holds. */
  #preempt(row: number): boolean {
    if (this.#preempting === undefined || this.#limited !== undefined) return false;
    return this.#preempting.preempt(row, this.#preemptGroup());
  }

  /** Lays out anew what is kept of classes: where they may look, and from where on, is each group's own. */
  #beginGroup(group: PlanGroup): void {
    const within = nodeMarks(group, this.#tables.nodes.count);
    this.#classes = new ClassTable(this.#tables, this.#kernel, this.#parts.gresParent, within);
    this.#candidates = new Candidates(this.#tables, this.#ranked, this.#classes);
    this.#picker = new Picker(this.#kernel, this.#classes, this.#chooser, this.#tables, this.#borders);
    this.#waits = new WaitBook(this.#tables);
    this.#search = new SlotSearch(this.#borders, this.#classes, this.#gate);
    this.#writer = new WaitWriter(this.#parts, {
      group,
      classes: this.#classes,
      candidates: this.#candidates,
      picker: this.#picker,
      waits: this.#waits,
    });
  }

  #planGroup({ reservation, rows }: PlanGroup, isPart: boolean): void {
    const split = reservation === undefined ? this.#resuming?.partsOf(rows) : undefined;
    for (const some of split ?? [rows]) this.#planRows(some, isPart);
    this.#writer.countFreeNodes(rows);
  }

  #planRows(rows: Int32Array, isPart: boolean): void {
    const [classes, candidates, search] = [this.#classes, this.#candidates, this.#search];
    const planned = this.#promises?.plan(rows, { ...this.#parts, classes, candidates, search }, isPart) ?? 0;
    for (let i = planned; i < rows.length; i++) this.#planOne(rows[i]!);
  }

  #planOne(row: number): void {
    if (this.#planAsComponent(row)) return;
    this.#builder.reason[row] = 0;
    if (this.#builder.decisions >= MAX_DECISIONS) this.#builder.reason[row] = REASON_PRIORITY;
    else this.#planRow(row);
  }

  /** Whether the row is a component of a heterogeneous job, which is planned as one where its leader stands. */
  #planAsComponent(row: number): boolean {
    const set = this.#sets?.of(row);
    if (set === undefined) return false;
    this.#hets ??= new HetPlanner(this.#parts);
    // Without its leader it is not ranked as a whole, and waits for what its leader waits for.
    if (row === set.rows[0] || set.blocked !== 0)
      this.#hets.plan(set, {
        classes: this.#classes,
        candidates: this.#candidates,
        picker: this.#picker,
        waits: this.#waits,
      });
    return true;
  }

  #planRow(row: number): void {
    this.#candidates.find(row);
    if (this.#candidates.count === 0) {
      this.#builder.decisions++;
      this.#builder.reason[row] = this.#candidates.deadReason;
      return;
    }
    this.#planTasks(row, this.#preempting?.firstTask(row, this.#preemptGroup()) ?? 0);
  }

  #planTasks(row: number, first: number): void {
    const own = Math.max(0, this.#tables.pending.columns.tasksStartable[row]!);
    const startable = this.#budget?.most(row, own - first) ?? own - first;
    const planned = Math.min(startable, MAX_TASKS_PLANNED_PER_ROW - first);
    for (let task = 0; task < planned; task++) {
      this.#builder.decisions++;
      if (this.#lacksLicences(row)) return;
      if (!this.#startNow(row) && !this.#preempt(row) && !this.#wait(row)) return;
    }
    // Only of a row whose tasks have all started is the reason still open.
    if (
      this.#builder.reason[row] === 0 &&
      first + startable < this.#tables.pending.columns.tasksWaiting[row]!
    )
      this.#builder.reason[row] = REASON_TASK_LIMIT;
  }

  /** A job has no place kept while licences are short: when running jobs give them back is not planned. */
  #lacksLicences(row: number): boolean {
    const shape = this.#tables.pending.columns.shape[row]!;
    if (this.#licences === undefined || missingLicence(this.#licences, shape) < 0) return false;
    if (this.#builder.reason[row] === 0) this.#builder.reason[row] = REASON_LICENSES;
    return true;
  }

  /** `isLifted` of a row whose own place was lifted: what others of its class have learnt does not hold for it. */
  #startNow(row: number, isLifted = false): boolean {
    const limitS = this.#tables.pending.columns.timeLimitS[row]!;
    const length = slotsOfLimit(this.#borders, limitS);
    this.#limited = undefined;
    for (let i = 0; i < this.#candidates.nowCount; i++) {
      const classIndex = this.#candidates.classes[i]!;
      if (!isLifted && this.#isVain(classIndex, length)) continue;
      if (this.#startIn(row, classIndex, this.#candidates.partitions[i]!, length)) return true;
    }
    return false;
  }

  /** Whether others of the class were looked for in vain. */
  #isVain(classIndex: number, length: number): boolean {
    if (this.#classes.hintSlot(classIndex, length) > 0) return true;
    this.#classes.learn(classIndex, length);
    return this.#classes.hintSlot(classIndex, length) > 0;
  }

  #startIn(row: number, classIndex: number, partition: number, length: number): boolean {
    if (this.#parts.isStrict && this.#waits.headOf(partition) !== 0) return false;
    if (this.#gate !== undefined && this.#gate.firstSlot(row, partition, 0, length) > 0) {
      this.#limited ??= this.#gate.hit;
      return false;
    }
    const demand = this.#classes.demand[classIndex]!;
    const count = this.#picker.pick(classIndex, length, () =>
      policyJobOf(this.#tables, this.#ranked, demand, row, partition),
    );
    if (count === 0) {
      this.#classes.raiseHint(classIndex, length, 1, 0);
      return false;
    }
    if (!this.#mayHave(row, partition, 0, length)) return false;
    this.#start(row, classIndex, partition, this.#picker.held, count);
    return true;
  }

  /** Whether the limits of its owner let the row have its picks, which alone may say how much it takes. */
  #mayHave(row: number, partition: number, slot: number, length: number): boolean {
    if (this.#gate === undefined || this.#gate.letsStart(row, partition, slot, length)) return true;
    this.#limited ??= this.#gate.hit;
    return false;
  }

  /** Starts the row on the first `count` picks. */
  #start(row: number, classIndex: number, partition: number, length: number, count: number): void {
    const { picks, pickTasks } = this.#kernel;
    this.#kernel.take(classIndex, 0, length);
    this.#gate?.take(row, partition, 0, length);
    this.#chooser.update(count);
    const { jobId: ids, shape } = this.#tables.pending.columns;
    const jobId = ids[row]!;
    const { uneven, tasks } = this.#classes.demand[classIndex]!;
    if (this.#licences !== undefined) reserveLicences(this.#licences, shape[row]!);
    this.#budget?.take(row);
    this.#builder.addStart(row, jobId, partition, picks, count, tasks, uneven ? pickTasks : undefined);
    if (this.#builder.expectedStartS[row] === 0) this.#builder.expectedStartS[row] = this.#tables.nowS;
  }

  /** Reserves and writes down why the row waits; false when its other tasks need not be looked at. */
  #wait(row: number): boolean {
    const keeps = !keepsNoPlace(this.#tables, this.#ranked, row);
    const borderS = this.#reserve(row, keeps);
    if (this.#builder.reason[row] === 0) this.#writer.explain(row, borderS, this.#limited, keeps);
    // In strict order there may be room now, and others wait before it.
    if (borderS > 0 || (borderS === 0 && !this.#parts.isStrict)) this.#builder.expect(row, borderS);
    return borderS >= 0;
  }

  /** Earliest start beside the plan so far, in seconds from now, taken if it `keeps`; -1 when beyond the last slot. */
  #reserve(row: number, keeps: boolean): number {
    const length = slotsOfLimit(this.#borders, this.#tables.pending.columns.timeLimitS[row]!);
    const best = this.#search.earliest(row, this.#candidates, length);
    if (best < 0) return -1;
    const bestSlot = this.#search.slot;
    const classIndex = this.#candidates.classes[best]!;
    const partition = this.#candidates.partitions[best]!;
    if (!this.#mayHave(row, partition, bestSlot, length)) return -1;
    if (keeps) {
      this.#kernel.take(classIndex, bestSlot, length);
      this.#gate?.take(row, partition, bestSlot, length);
    }
    this.#notePlace(row, partition, classIndex);
    return this.#borders[bestSlot]!;
  }

  /** For `explain`; the nodes are the kernel's picks. */
  #notePlace(row: number, partition: number, classIndex: number): void {
    const { picks } = this.#kernel;
    if (this.#countedClass[row]! < 0) this.#countedClass[row] = classIndex;
    if (row === this.#parts.watchRow)
      this.#builder.watched = { nodes: picks.slice(0, this.#kernel.pickCount()).sort(), partition };
  }
}
