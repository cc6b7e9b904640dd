/**
 * Preemption in a plan: for a job that does not start now, the running jobs that are ended so that it does soon, and the
 * nodes that it has first until then. A job for which others are already on their way out takes up its nodes before
 * anybody else is planned. One a pass, and only where the site has preemption. Touches nothing but the planes.
 */

import type { Plan } from "../model/plan.ts";
import type { PreemptionPolicy } from "../model/policy.ts";
import { MAX_PREEMPTORS } from "../model/preemption.ts";
import {
  hasTurns,
  type JobClaim,
  mayTake,
  mayTakeAny,
  type PreemptionTables,
} from "../state/preemption-tables.ts";
import type { PassTables } from "../state/tables.ts";
import type { ClassTable } from "./class-table.ts";
import type { PlanKernel } from "./kernel.ts";
import { type NodeNeeds, needsOf } from "./preempt-amounts.ts";
import { leavingJobs, soonSlotOf } from "./preempt-ends.ts";
import { PreemptRoom } from "./preempt-room.ts";
import { VictimSearch } from "./preempt-search.ts";
import { type Share, spread } from "./preempt-spread.ts";
import { VictimBook } from "./preempt-victims.ts";
import { TurnBook } from "./turn-book.ts";

/** Jobs that are tried in a pass; the rest wait as if they could not preempt. */
const MAX_TRIALS = 4 * MAX_PREEMPTORS;
/** Nodes that are looked at for all of them together. */
const MAX_LOOKS = 200_000;

/** Nodes, ascending, that a job has first, and which of the running jobs are ended for it. */
export interface Preempted {
  readonly nodes: readonly number[];
  /** Units on each: tasks, or of an even job 1. */
  readonly units: readonly number[];
  /** Ids. */
  readonly victims: readonly number[];
  /** Too little is free on the nodes at this moment. */
  readonly isShort: boolean;
}

export class Preempting {
  readonly #tables: PassTables;
  readonly #preemption: PreemptionTables;
  readonly #kernel: PlanKernel;
  readonly #borders: Int32Array;
  readonly #gresParent: readonly number[];
  readonly #policy: PreemptionPolicy | undefined;
  readonly #room: PreemptRoom;
  #book: VictimBook | undefined;
  #turns: TurnBook | undefined;
  /** By who may be taken: not 0 for each victim that may. */
  readonly #allowed = new Map<string, Uint8Array>();
  /** What did not fit although all were gone that may be taken. */
  readonly #vain = new Set<string>();
  #trials = 0;
  #looks = 0;
  #count = 0;

  constructor(
    tables: PassTables,
    preemption: PreemptionTables,
    kernel: PlanKernel,
    borders: Int32Array,
    gresParent: readonly number[],
    policy: PreemptionPolicy | undefined,
  ) {
    this.#tables = tables;
    this.#preemption = preemption;
    this.#kernel = kernel;
    this.#borders = borders;
    this.#gresParent = gresParent;
    this.#policy = policy;
    this.#room = new PreemptRoom(kernel.cells(), soonSlotOf(tables, borders));
    this.#readEnding();
  }

  get soonSlot(): number {
    return this.#room.soonSlot;
  }
  /** When a job that waits for others to end may start, seconds from now. */
  get soonS(): number {
    return this.#borders[this.#room.soonSlot]!;
  }
  /** Whether jobs of the partition take turns. */
  hasTurns(partition: number): boolean {
    return hasTurns(this.#preemption, partition);
  }
  get claims(): readonly JobClaim[] {
    return this.#preemption.claims;
  }
  get faults(): Plan["faults"] {
    return this.#book?.faults ?? [];
  }

  /** Whether a job of the class can start on the nodes of its claim: now, soon, or not on these any more. */
  stateOf(claim: JobClaim, classes: ClassTable, classIndex: number, length: number): "now" | "soon" | "void" {
    if (classes.demand[classIndex]!.rule !== undefined) return "void";
    const needs = this.#needsOf(classes, classIndex);
    classes.ready(classIndex);
    const mask = this.#kernel.maskOf(classIndex);
    const end = this.#endOf(length);
    const isOn = (held: (node: number) => number): boolean => {
      if (!claim.nodes.every((node) => this.#admits(classIndex, node, end))) return false;
      let units = 0;
      for (const [i, node] of claim.nodes.entries()) {
        const wanted = needs.mostOnNode === 1 ? 1 : claim.tasks[i]!;
        if (mask[node] === 0 && !needs.required.includes(node)) return false;
        if (held(node) < wanted) return false;
        units += wanted;
      }
      const { length: count } = claim.nodes;
      return units >= needs.units && count >= needs.leastNodes && count <= needs.mostNodes;
    };
    if (isOn((node) => this.#room.heldNow(needs, node, length))) return "now";
    return isOn((node) => this.#room.holder(needs, node, end, []).held(() => false)) ? "soon" : "void";
  }

  /** Takes the nodes of a claim for a job that can start on them soon. */
  take(claim: JobClaim, classes: ClassTable, classIndex: number, length: number): void {
    const needs = this.#needsOf(classes, classIndex);
    const end = this.#endOf(length);
    const shares = claim.nodes.map((node, i) => ({ node, units: claim.tasks[i]! }));
    this.#hasTurnFor(claim.partition, shares, needs);
    for (const [i, node] of claim.nodes.entries())
      this.#room.take(node, needs.taken(node, claim.tasks[i]!), end);
    this.#hold(classIndex, claim.nodes, end);
  }

  /**
   * Ends others for the row, which does not start now, and takes the nodes; undefined where that is not possible, not
   * needed since what is ending already suffices, or where `mayHave` says no to the nodes and the units on each.
   */
  attempt(
    row: number,
    partition: number,
    classes: ClassTable,
    classIndex: number,
    length: number,
    mayHave: (nodes: readonly number[], units: readonly number[]) => boolean,
  ): Preempted | undefined {
    const isOver = this.#count >= MAX_PREEMPTORS || this.#trials >= MAX_TRIALS || this.#looks >= MAX_LOOKS;
    // Where its nodes must lie together, ending others here and there would seldom help.
    if (isOver || classes.demand[classIndex]!.rule !== undefined) return undefined;
    if (!mayTakeAny(this.#tables, row, partition)) return undefined;
    const taker = this.#takerOf(row, partition);
    const key = `${classIndex} ${partition} ${length} ${taker}`;
    if (this.#vain.has(key)) return undefined;
    this.#trials++;
    const book = this.#victims();
    const allowed = this.#allowedFor(row, partition, taker, book);
    const needs = this.#needsOf(classes, classIndex);
    const end = this.#endOf(length);
    classes.ready(classIndex);
    const isNamedClosed = needs.required.some((node) => !this.#admits(classIndex, node, end));
    const free = this.#freeNodes(needs, classes, classIndex, end);
    const search = new VictimSearch({
      book,
      room: this.#room,
      needs,
      end,
      mask: this.#openMask(classIndex, end),
      free,
      isAllowed: (victim) => allowed[victim] !== 0 && book.taken[victim] === 0,
    });
    const choice = isNamedClosed ? undefined : search.run();
    this.#looks += search.looks;
    if (choice === undefined) {
      this.#vain.add(key);
      return undefined;
    }
    if (choice.victims.length === 0) return undefined;
    const shares = spread(needs, choice.held, free, search.freedBy(choice));
    const nodes = shares.map(({ node }) => node);
    const units = shares.map((share) => share.units);
    if (!mayHave(nodes, units) || !this.#hasTurnFor(partition, shares, needs)) return undefined;
    this.#count++;
    const isShort = shares.some((share) => this.#room.heldUnkept(needs, share.node) < share.units);
    for (const victim of choice.victims) this.#end(book, victim);
    for (const share of shares) this.#room.take(share.node, needs.taken(share.node, share.units), end);
    this.#hold(classIndex, nodes, end);
    const { jobId } = this.#tables.runningJobs.columns;
    return {
      nodes,
      units,
      victims: choice.victims.map((victim) => jobId[book.jobRow[victim]!]!),
      isShort,
    };
  }

  /** Whether no CPU gets more jobs than take turns on it; counts the job where that is so. */
  #hasTurnFor(partition: number, shares: readonly Share[], needs: NodeNeeds): boolean {
    if (!hasTurns(this.#preemption, partition)) return true;
    this.#turns ??= new TurnBook(this.#tables, this.#preemption);
    return this.#turns.add(
      partition,
      shares.map(({ node, units }) => ({ node, cpus: needs.taken(node, units).cpus })),
    );
  }

  /** Nobody is ended so that a node may be one user's: it must be open to the job beside all who are there. */
  #admits(classIndex: number, node: number, end: number): boolean {
    const { owners } = this.#kernel;
    return owners === undefined || owners.admits(node, this.#kernel.ownerOf(classIndex), 0, end);
  }

  #openMask(classIndex: number, end: number): Uint8Array {
    const mask = this.#kernel.maskOf(classIndex);
    if (this.#kernel.owners === undefined) return mask;
    return mask.map((mark, node) => (this.#admits(classIndex, node, end) ? mark : 0));
  }

  #hold(classIndex: number, nodes: readonly number[], end: number): void {
    const owner = this.#kernel.ownerOf(classIndex);
    for (const node of nodes) this.#kernel.owners?.hold(node, owner, 0, end);
  }

  #end(book: VictimBook, victim: number): void {
    book.taken[victim] = 1;
    for (const node of book.nodesOf(victim))
      for (const credit of book.on(node)) if (credit.victim === victim) this.#room.addVictim(node, credit);
  }

  /** Units that the nodes hold as they are; none for those that hold nothing. */
  #freeNodes(
    needs: NodeNeeds,
    classes: ClassTable,
    classIndex: number,
    end: number,
  ): ReadonlyMap<number, number> {
    const free = new Map<number, number>();
    const { uneven } = classes.demand[classIndex]!;
    if (!uneven && this.#kernel.feasible(classIndex, end) === 0) return free;
    const mask = uneven ? this.#kernel.maskOf(classIndex) : this.#kernel.feasibleMask;
    for (let node = 0; node < mask.length; node++) {
      if (mask[node] === 0) continue;
      const held = uneven ? this.#kernel.capacityNow(classIndex, end, node) : 1;
      if (held > 0) free.set(node, Math.min(held, needs.mostOnNode));
    }
    return free;
  }

  #victims(): VictimBook {
    this.#book ??= new VictimBook(
      this.#tables,
      this.#policy,
      this.#borders,
      this.#room.soonSlot,
      this.#kernel.dimensions,
    );
    return this.#book;
  }

  /** Rows with the same may take the same. */
  #takerOf(row: number, partition: number): string {
    const like = hasTurns(this.#preemption, partition) ? ` p${partition}` : "";
    return this.#preemption.by === "qos"
      ? `q${this.#tables.pending.columns.qos[row]}${like}`
      : `t${this.#tables.partitions[partition]!.priorityTier}${like}`;
  }

  #allowedFor(row: number, partition: number, taker: string, book: VictimBook): Uint8Array {
    let allowed = this.#allowed.get(taker);
    if (allowed === undefined) {
      allowed = Uint8Array.from(book.jobRow, (job) => (mayTake(this.#tables, row, partition, job) ? 1 : 0));
      this.#allowed.set(taker, allowed);
    }
    return allowed;
  }

  #needsOf(classes: ClassTable, classIndex: number): NodeNeeds {
    return needsOf(this.#tables, classes.demand[classIndex]!, this.#kernel.dimensions, this.#gresParent);
  }

  #readEnding(): void {
    const { running } = this.#tables;
    const leaving = leavingJobs(this.#tables);
    if (leaving.size === 0) return;
    const { columns, capacity } = running;
    for (let row = 0; row < running.count; row++) {
      const how = leaving.get(columns.jobId[row]!);
      if (how === undefined) continue;
      const gres = this.#kernel.dimensions.map((dimension) => columns.gres[dimension * capacity + row]!);
      const memMib = how === "suspending" ? 0 : columns.memMib[row]!;
      const amounts = { cpus: columns.cpus[row]!, memMib, gres };
      this.#room.addEnding(columns.node[row]!, amounts);
    }
  }

  /** Slot before which a job of so many slots has ended when it starts soon, rounded up. */
  #endOf(length: number): number {
    const borders = this.#borders;
    if (length >= borders.length) return borders.length;
    const endS = this.soonS + borders[length]!;
    let end = Math.max(length, this.#room.soonSlot + 1);
    while (end < borders.length && borders[end]! < endS) end++;
    return end;
  }
}
