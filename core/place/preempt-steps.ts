/**
 * The steps of a plan that preempt: jobs for which others are being ended have their nodes before anybody else is planned,
 * and a job that does not start now may have others ended for it. Says what is taken and why the job waits. One a pass.
 */
import type { PreemptionPolicy } from "../model/policy.ts";
import { type LicenceTables, missingLicence, reserveLicences } from "../state/licences.ts";
import type { JobClaim, PreemptionTables } from "../state/preemption-tables.ts";
import type { PassTables } from "../state/tables.ts";
import type { Candidates } from "./candidates.ts";
import type { ClassTable } from "./class-table.ts";
import type { PlanKernel } from "./kernel.ts";
import { type LimitGate, pickedOf } from "./limit-gate.ts";
import type { NodeChooser } from "./node-chooser.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import { Preempting } from "./preempt.ts";
import { slotsOfLimit } from "./slots.ts";
import { REASON_RESOURCES, type WaitBook } from "./waits.ts";

/** Of the whole pass. */
export interface PreemptPass {
  readonly kernel: PlanKernel;
  readonly tables: PassTables;
  readonly borders: Int32Array;
  readonly gresParent: readonly number[];
  readonly chooser: NodeChooser;
  readonly builder: PlanBuilder;
  readonly licences: LicenceTables | undefined;
  readonly gate: LimitGate | undefined;
  /** By row, for `explain`: the class whose free nodes are counted, or -1. */
  readonly countedClass: Int32Array;
  readonly watchRow: number;
  readonly policy: PreemptionPolicy | undefined;
  /** Starts the row on the first `count` picks of the kernel. */
  readonly start: (row: number, classIndex: number, partition: number, length: number, count: number) => void;
}

/** What is of the group of jobs at hand. */
export interface PreemptGroup {
  readonly classes: ClassTable;
  readonly candidates: Candidates;
  readonly waits: WaitBook;
}

export class PreemptSteps {
  readonly #pass: PreemptPass;
  readonly #preempting: Preempting;
  /** Rows of which a task has what was claimed for it. */
  readonly #resumed = new Set<number>();
  /** Rows of which a task waits for others to end, and these. */
  readonly #awaiting = new Map<number, readonly number[]>();

  private constructor(pass: PreemptPass, preemption: PreemptionTables) {
    const { tables, kernel, borders, gresParent, policy } = pass;
    this.#pass = pass;
    this.#preempting = new Preempting(tables, preemption, kernel, borders, gresParent, policy);
  }

  /** undefined where nothing is preempted. */
  static of(pass: PreemptPass): PreemptSteps | undefined {
    const { preemption } = pass.tables;
    return preemption && new PreemptSteps(pass, preemption);
  }

  get faults(): Preempting["faults"] {
    return this.#preempting.faults;
  }

  /** Jobs with a claim start on its nodes, or keep them until they can; the others of these rows are left alone. */
  resume(rows: Int32Array, group: PreemptGroup): void {
    const { claims } = this.#preempting;
    if (claims.length === 0) return;
    const claimOf = new Map(claims.map((claim) => [claim.jobId, claim]));
    const { jobId, tasksStartable } = this.#pass.tables.pending.columns;
    for (const row of rows) {
      const claim = claimOf.get(jobId[row]!);
      if (claim !== undefined && tasksStartable[row]! > 0 && this.#take(row, claim, group))
        this.#resumed.add(row);
    }
  }

  /** Whether a task of the row has what was claimed for it. */
  isResumed(row: number): boolean {
    return this.#resumed.has(row);
  }

  /** The first task of the row that is still to be planned: 1 where one has what was claimed for it. */
  firstTask(row: number, group: PreemptGroup): number {
    if (!this.#resumed.has(row)) return 0;
    this.#pass.builder.decisions++;
    const victims = this.#awaiting.get(row);
    if (victims !== undefined) this.#explain(row, victims, group);
    return 1;
  }

  /**
   * Ends others so that the row, which does not start now and which no limit holds, does soon; false where that is not to
   * be had. The group's candidates are those of the row.
   */
  preempt(row: number, group: PreemptGroup): boolean {
    const { tables, borders, builder, kernel } = this.#pass;
    const { reservation, hetSize, timeLimitS, jobId } = tables.pending.columns;
    // One at a time: an array has the next task's nodes when this one has started.
    if (reservation[row] !== 0 || hetSize[row] !== 0 || this.#awaiting.has(row)) return false;
    const { classes, candidates } = group;
    const length = slotsOfLimit(borders, timeLimitS[row]!);
    for (let i = 0; i < candidates.nowCount; i++) {
      const partition = candidates.partitions[i]!;
      const classIndex = candidates.classes[i]!;
      if (this.#isLimited(row, partition, length)) continue;
      const attempt = (slots: number) =>
        this.#preempting.attempt(row, partition, classes, classIndex, slots, (on, units) =>
          this.#mayHave(row, partition, length, on, units),
        );
      // Where jobs take turns there must be room for the next one; who stands still then has planned to go on later.
      const made = attempt(length) ?? (this.#preempting.hasTurns(partition) ? attempt(1) : undefined);
      if (made === undefined) continue;
      const { nodes, units: tasks, victims, isShort } = made;
      builder.preemptions.push({ row, jobId: jobId[row]!, partition, nodes, tasks, victims, isShort });
      const { uneven } = classes.demand[classIndex]!;
      kernel.usePicks(Int32Array.from(nodes), uneven ? Int32Array.from(tasks) : undefined);
      this.#await(row, classIndex, partition, length, nodes, victims);
      this.#explain(row, victims, group);
      return true;
    }
    return false;
  }

  #take(row: number, claim: JobClaim, { classes, candidates }: PreemptGroup): boolean {
    const { tables, borders, kernel, licences, start } = this.#pass;
    const { shape, timeLimitS } = tables.pending.columns;
    const { partition, nodes, tasks, victims } = claim;
    candidates.find(row);
    if (licences !== undefined && missingLicence(licences, shape[row]!) >= 0) return false;
    const length = slotsOfLimit(borders, timeLimitS[row]!);
    if (this.#isLimited(row, partition, length)) return false;
    // Of several options of its constraint it is the first that the nodes meet.
    let state: ReturnType<Preempting["stateOf"]> = "void";
    let at = -1;
    while (state === "void" && ++at < candidates.nowCount)
      if (candidates.partitions[at] === partition)
        state = this.#preempting.stateOf(claim, classes, candidates.classes[at]!, length);
    if (state === "void") return false;
    const classIndex = candidates.classes[at]!;
    const { uneven } = classes.demand[classIndex]!;
    if (!this.#mayHave(row, partition, length, nodes, tasks)) return false;
    kernel.usePicks(Int32Array.from(nodes), uneven ? Int32Array.from(tasks) : undefined);
    if (state === "now") {
      start(row, classIndex, partition, length, nodes.length);
      return true;
    }
    this.#preempting.take(claim, classes, classIndex, length);
    this.#await(row, classIndex, partition, length, nodes, victims);
    return true;
  }

  /** The row has these nodes, which are the kernel's picks, as soon as others have ended. */
  #await(
    row: number,
    classIndex: number,
    partition: number,
    length: number,
    nodes: readonly number[],
    victims: readonly number[],
  ): void {
    const { tables, builder, chooser, gate, licences, countedClass, watchRow } = this.#pass;
    const { soonSlot, soonS } = this.#preempting;
    this.#awaiting.set(row, victims);
    chooser.update(nodes.length);
    gate?.take(row, partition, soonSlot, length);
    if (licences !== undefined) reserveLicences(licences, tables.pending.columns.shape[row]!);
    if (row === watchRow) builder.watched = { nodes: Int32Array.from(nodes), partition };
    if (countedClass[row]! < 0) countedClass[row] = classIndex;
    // Of an array it is the first task that waits.
    if (builder.expectedStartS[row]! <= tables.nowS) builder.expectedStartS[row] = tables.nowS + soonS;
  }

  #explain(row: number, victims: readonly number[], { candidates, waits }: PreemptGroup): void {
    const { builder, tables } = this.#pass;
    if (builder.reason[row] === 0) {
      builder.reason[row] = REASON_RESOURCES;
      builder.behindJob[row] = victims[0] ?? 0;
    }
    waits.block(tables.pending.columns.jobId[row]!, candidates.partitions, candidates.count);
  }

  #isLimited(row: number, partition: number, length: number): boolean {
    const { gate } = this.#pass;
    return gate !== undefined && gate.firstSlot(row, partition, 0, length) > 0;
  }

  /** Whether the limits let the row have these nodes, which alone may say how much it takes. */
  #mayHave(
    row: number,
    partition: number,
    length: number,
    nodes: readonly number[],
    tasks: readonly number[],
  ): boolean {
    const { gate } = this.#pass;
    return gate === undefined || gate.letsStart(row, partition, 0, length, pickedOf(nodes, tasks));
  }
}
