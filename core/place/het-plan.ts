/**
 * Plans heterogeneous jobs: all components of one start at the same moment or none does. Where its leader stands in the
 * queue, a job starts now if its components fit now beside each other; else it gets the earliest slot in which they do.
 * What was taken for some of them is given back when another does not fit. Runs within a pass over its planes. Pure.
 *
 * The components are placed one after the other, the one with the fewest nodes to spare first; where one does not fit
 * beside those before it, all is tried again with that one first. Which nodes an earlier one has is never changed for the
 * sake of a later one: a job that fits only by such a choice starts later.
 */
import type { RankedQueue } from "../model/ranked.ts";
import { type LicenceTables, missingLicence, reserveLicences, returnToSpare } from "../state/licences.ts";
import type { LimitHit } from "../state/limit-use.ts";
import type { PassTables } from "../state/tables.ts";
import type { Candidates } from "./candidates.ts";
import type { ClassTable } from "./class-table.ts";
import { type Part, partsOf } from "./het-parts.ts";
import type { HetSet } from "./het-sets.ts";
import type { PlanKernel } from "./kernel.ts";
import type { LimitGate } from "./limit-gate.ts";
import type { NodeChooser } from "./node-chooser.ts";
import type { Picker } from "./picker.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import { policyJobOf } from "./policy-job.ts";
import { TakenCells } from "./taken-cells.ts";
import { lastToEnd, REASON_LICENSES, REASON_PRIORITY, REASON_RESOURCES, type WaitBook } from "./waits.ts";

/** Slots in which each component fits alone and not all do, after which the search goes on in larger steps. */
const MAX_CLOSE_LOOKS = 16;

/** What a pass has of its own, whatever group of jobs has its turn. */
export interface HetPass {
  readonly kernel: PlanKernel;
  readonly tables: PassTables;
  readonly ranked: RankedQueue;
  readonly borders: Int32Array;
  readonly chooser: NodeChooser;
  readonly builder: PlanBuilder;
  readonly licences: LicenceTables | undefined;
  readonly gate: LimitGate | undefined;
  /** By row, for `explain`: the class whose free nodes are counted, or -1. */
  readonly countedClass: Int32Array;
  readonly watchRow: number;
  /** A job has its turn only where nobody waits before it. */
  readonly isStrict: boolean;
}

/** What is of the group of jobs at hand. */
export interface HetRoom {
  readonly classes: ClassTable;
  readonly candidates: Candidates;
  readonly picker: Picker;
  readonly waits: WaitBook;
}

/** What a component has been given. */
interface Share {
  readonly part: Part;
  readonly classIndex: number;
  readonly partition: number;
  readonly slot: number;
  readonly picks: Int32Array;
  /** Of an uneven job. */
  readonly tasks: Int32Array | undefined;
  readonly taken: TakenCells;
}

type PlaceOne = (part: Part, isFirst: boolean) => Share | undefined;

export class HetPlanner {
  readonly #pass: HetPass;
  /** The limit that kept a component of the job at hand from starting now, where one did. */
  #limited: LimitHit | undefined;

  constructor(pass: HetPass) {
    this.#pass = pass;
  }

  /** Starts the job, or reserves for it and says why it waits. */
  plan(set: HetSet, room: HetRoom): void {
    const { builder, licences } = this.#pass;
    builder.decisions += set.rows.length;
    this.#standWithLeader(set);
    const parts = set.blocked === 0 ? partsOf(set, this.#pass, room) : set.blocked;
    if (typeof parts === "number") {
      this.#giveReason(set, parts);
      return;
    }
    if (licences !== undefined && !this.#holdLicences(set, licences)) {
      this.#giveReason(set, REASON_LICENSES);
      return;
    }
    this.#limited = undefined;
    const isBehind = this.#isBehind(parts, room);
    const shares = isBehind ? [] : this.#placeEarliest(parts, room);
    if (shares[0]?.slot === 0) {
      this.#start(set, shares);
      return;
    }
    // Reservations hold no licences: whoever starts first has them.
    if (licences !== undefined) this.#returnLicences(set.rows, licences);
    this.#wait(set, parts, shares, room);
  }

  /** Shares of all components, taken, now or in the first slot that has room; none where no slot has. */
  #placeEarliest(parts: readonly Part[], room: HetRoom): readonly Share[] {
    const now = this.#placeAll(parts, (part, isFirst) => this.#placeNow(part, room, isFirst));
    return now ?? this.#reserve(parts, room) ?? [];
  }

  /** The whole has the leader's place in the queue. */
  #standWithLeader({ rows }: HetSet): void {
    const { rank } = this.#pass.builder;
    for (const row of rows) if (rank[row]! >= 0 && rank[rows[0]!]! >= 0) rank[row] = rank[rows[0]!]!;
  }

  #giveReason({ rows }: HetSet, reason: number): void {
    const { builder, ranked } = this.#pass;
    for (const row of rows) if (ranked.reason[row] === 0) builder.reason[row] = reason;
  }

  /** Takes the licences of all components, or none. */
  #holdLicences({ rows }: HetSet, licences: LicenceTables): boolean {
    const { shape } = this.#pass.tables.pending.columns;
    for (let i = 0; i < rows.length; i++) {
      if (missingLicence(licences, shape[rows[i]!]!) < 0) {
        reserveLicences(licences, shape[rows[i]!]!);
        continue;
      }
      this.#returnLicences(rows.slice(0, i), licences);
      return false;
    }
    return true;
  }

  #returnLicences(rows: readonly number[], licences: LicenceTables): void {
    for (const row of rows) returnToSpare(licences, this.#pass.tables.pending.columns.shape[row]!);
  }

  /** A share from now on, taken, on the nodes that the policies choose; undefined where the component does not fit. */
  #placeNow(part: Part, { classes, picker }: HetRoom, isFirst: boolean): Share | undefined {
    const { chooser, tables, ranked } = this.#pass;
    const { row, length } = part;
    for (let i = 0; i < part.nowCount; i++) {
      const classIndex = part.classes[i]!;
      const partition = part.partitions[i]!;
      classes.learn(classIndex, length);
      if (classes.hintSlot(classIndex, length) > 0 || !this.#isAllowed(part, partition, 0)) continue;
      const demand = classes.demand[classIndex]!;
      const count = picker.pick(classIndex, length, () =>
        policyJobOf(tables, ranked, demand, row, partition),
      );
      if (count > 0 && !this.#mayHave(part, partition, 0)) continue;
      if (count > 0) {
        const share = this.#take(part, i, 0, count, demand.uneven);
        chooser.update(count);
        return share;
      }
      // What the other components took may be given back, so only the first one learns.
      if (isFirst) classes.raiseHint(classIndex, length, 1, 0);
    }
    return undefined;
  }

  /** The earliest shares of all components, taken; undefined where they have none within the slots. */
  #reserve(parts: readonly Part[], room: HetRoom): readonly Share[] | undefined {
    const slots = this.#pass.borders.length;
    let slot = 0;
    // Each turn looks further on, so there are at most as many as slots.
    for (let looks = 0; slot < slots; looks++) {
      for (const part of parts) {
        const earliest = this.#earliest(part, room, slot);
        if (earliest < 0) return undefined;
        slot = Math.max(slot, earliest);
      }
      let next = looks < MAX_CLOSE_LOOKS ? slot + 1 : slots;
      const at = slot;
      const shares = this.#placeAll(parts, (part) => {
        const share = this.#placeAt(part, room, at);
        const later =
          share === undefined && looks >= MAX_CLOSE_LOOKS ? this.#earliest(part, room, at + 1) : -1;
        if (later >= 0) next = Math.min(next, later);
        return share;
      });
      if (shares !== undefined) return shares;
      slot = next;
    }
    return undefined;
  }

  /** First slot from `from` on in which the component fits beside what is taken; -1 for none. */
  #earliest(part: Part, room: HetRoom, from: number): number {
    const slots = this.#pass.borders.length;
    let best = slots;
    for (let i = 0; i < part.classes.length; i++) {
      let slot = from;
      while (slot < best) {
        const fitting = this.#search(part, room, i, slot, best);
        if (fitting < 0) break;
        slot = this.#allowedFrom(part, part.partitions[i]!, fitting);
        if (slot === fitting) best = fitting;
      }
    }
    return best < slots ? best : -1;
  }

  #placeAt(part: Part, room: HetRoom, slot: number): Share | undefined {
    const { kernel } = this.#pass;
    for (let i = 0; i < part.classes.length; i++) {
      if (this.#allowedFrom(part, part.partitions[i]!, slot) !== slot) continue;
      if (this.#search(part, room, i, slot, slot + 1) !== slot) continue;
      const { uneven } = room.classes.demand[part.classes[i]!]!;
      const count = kernel.pickCount();
      if (!this.#mayHave(part, part.partitions[i]!, slot)) continue;
      if (!uneven) kernel.picks.subarray(0, count).sort();
      return this.#take(part, i, slot, count, uneven);
    }
    return undefined;
  }

  /** First slot within [from, until) that has room; what is found is no hint to others. */
  #search(part: Part, { classes }: HetRoom, i: number, from: number, until: number): number {
    const classIndex = part.classes[i]!;
    classes.learn(classIndex, part.length);
    const hint = classes.hintSlot(classIndex, part.length);
    const slot = Math.max(from, hint, i < part.nowCount ? 0 : part.laterSlot);
    if (slot >= until) return -1;
    const node = slot === hint ? classes.hintNode(classIndex, part.length) : 0;
    return classes.search(classIndex, part.length, slot, node, until);
  }

  #isAllowed(part: Part, partition: number, slot: number): boolean {
    if (this.#allowedFrom(part, partition, slot) === slot) return true;
    const hit = this.#pass.gate?.hit;
    if (slot === 0 && hit !== undefined) this.#limited ??= hit;
    return false;
  }

  /** Whether the limits let the component have the kernel's picks, which alone may say how much it takes. */
  #mayHave({ row, length }: Part, partition: number, slot: number): boolean {
    const { gate } = this.#pass;
    if (gate === undefined || gate.letsStart(row, partition, slot, length)) return true;
    if (slot === 0 && gate.hit !== undefined) this.#limited ??= gate.hit;
    return false;
  }

  #allowedFrom({ row, length }: Part, partition: number, slot: number): number {
    return this.#pass.gate?.firstSlot(row, partition, slot, length) ?? slot;
  }

  /** Shares of all, or none: in the order given, then with the one first that found no room beside those before it. */
  #placeAll(parts: readonly Part[], place: PlaceOne): readonly Share[] | undefined {
    const leads = new Set<Part>();
    let order = parts;
    while (!leads.has(order[0]!)) {
      leads.add(order[0]!);
      const placed = this.#placeInOrder(order, place);
      if ("shares" in placed) return placed.shares;
      const { stuck } = placed;
      order = [stuck, ...order.filter((part) => part !== stuck)];
    }
    return undefined;
  }

  /** Shares of all; or, with all given back that was taken, the one that has none. */
  #placeInOrder(
    parts: readonly Part[],
    place: PlaceOne,
  ): { readonly shares: readonly Share[] } | { readonly stuck: Part } {
    const shares: Share[] = [];
    for (const part of parts) {
      const share = place(part, shares.length === 0);
      if (share === undefined) {
        for (const taken of shares.reverse()) this.#giveBack(taken);
        return { stuck: part };
      }
      shares.push(share);
    }
    return { shares };
  }

  /** Takes the kernel's picks for the component. */
  #take(part: Part, i: number, slot: number, count: number, isUneven: boolean): Share {
    const { kernel, gate } = this.#pass;
    const classIndex = part.classes[i]!;
    const partition = part.partitions[i]!;
    const picks = kernel.picks.slice(0, count);
    const tasks = isUneven ? kernel.pickTasks.slice(0, count) : undefined;
    const taken = TakenCells.of(kernel, picks, slot, () => kernel.take(classIndex, slot, part.length));
    gate?.take(part.row, partition, slot, part.length);
    return { part, classIndex, partition, slot, picks, tasks, taken };
  }

  #giveBack({ part, partition, slot, picks, tasks, taken }: Share): void {
    const { kernel, chooser, gate } = this.#pass;
    taken.giveBack();
    kernel.usePicks(picks, tasks);
    gate?.giveBack(part.row, partition, slot, part.length);
    if (slot > 0) return;
    chooser.update(picks.length);
  }

  /** In strict order: whether somebody waits before it in a partition of each of its components. */
  #isBehind(parts: readonly Part[], { waits }: HetRoom): boolean {
    if (!this.#pass.isStrict) return false;
    return parts.some(({ partitions }) => partitions.some((partition) => waits.headOf(partition) !== 0));
  }

  #start(set: HetSet, shares: readonly Share[]): void {
    const { builder, tables, kernel, chooser } = this.#pass;
    const byOffset = [...shares].sort((a, b) => set.rows.indexOf(a.part.row) - set.rows.indexOf(b.part.row));
    for (const { part, partition, picks, tasks } of byOffset) {
      const { jobId, shape } = tables.pending.columns;
      const { row } = part;
      kernel.picks.set(picks);
      chooser.update(picks.length);
      const all = tables.shapes.columns.tasks[shape[row]!]!;
      builder.addStart(row, jobId[row]!, partition, picks, picks.length, all, tasks);
      builder.reason[row] = 0;
      builder.expectedStartS[row] = tables.nowS;
    }
    builder.tieStarts(set.rows.length, set.leader);
  }

  #wait(set: HetSet, parts: readonly Part[], reserved: readonly Share[], room: HetRoom): void {
    const { builder, gate, tables, countedClass, borders, watchRow } = this.#pass;
    for (const { row, classes } of parts) if (countedClass[row]! < 0) countedClass[row] = classes[0]!;
    const borderS = reserved[0] === undefined ? -1 : borders[reserved[0].slot]!;
    if (borderS >= 0) for (const row of set.rows) builder.expectedStartS[row] = tables.nowS + borderS;
    const nodes = Int32Array.from(new Set(reserved.flatMap(({ picks }) => [...picks]))).sort();
    const leading = reserved.find(({ part }) => part.row === set.rows[0]);
    if (set.rows.includes(watchRow) && leading !== undefined)
      builder.watched = { nodes, partition: leading.partition };
    if (this.#limited !== undefined && gate !== undefined) {
      // It waits for its own limit, so nobody waits behind it.
      this.#giveReason(set, gate.reasonOf(this.#limited));
      return;
    }
    let head = 0;
    for (const { partitions } of parts)
      for (const partition of partitions) if (head === 0) head = room.waits.headOf(partition);
    let behind = head;
    if (head !== 0 || this.#fitBesideReservations(parts, room)) {
      this.#giveReason(set, REASON_PRIORITY);
      if (behind === 0) behind = room.waits.first;
    } else {
      this.#giveReason(set, REASON_RESOURCES);
      if (borderS > 0) behind = lastToEnd(tables, builder, nodes, nodes.length, borderS);
    }
    for (const { row, partitions } of parts) {
      builder.behindJob[row] = behind;
      room.waits.block(set.leader, partitions, partitions.length);
      if (this.#pass.isStrict) room.waits.blockOverlapping(set.leader, partitions, partitions.length);
    }
  }

  /** Whether each component alone has its nodes free at this moment, so that reservations of others stand in the way. */
  #fitBesideReservations(parts: readonly Part[], { picker, waits }: HetRoom): boolean {
    if (waits.first === 0) return false;
    return parts.every(({ classes, nowCount }) =>
      classes.subarray(0, nowCount).some((classIndex) => picker.fits(classIndex, 1)),
    );
  }
}
