/**
 * The one reservation of the mode `easy`, node by node: the second at which the first blocked job fits, and the nodes
 * that are kept for it. Nodes that are not free yet are kept first, the last to free first: what is free now then stays
 * for the jobs behind, as much of it as if nodes had no names. Exact: without other reservations what is free only
 * grows, so the second is found by halving.
 */
import type { PassTables } from "../../state/tables.ts";
import type { Candidates } from "../candidates.ts";
import type { ClassTable } from "../class-table.ts";
import type { Demand } from "../demand.ts";
import type { PlanKernel } from "../kernel.ts";
import type { EndColumns } from "../running-ends.ts";
import { NEVER_S } from "../slots.ts";
import { LaterRoom } from "./later-room.ts";
import { NO_ENDS, type NodeEnds } from "./node-ends.ts";
import { NodeShares } from "./node-shares.ts";

/** Slots of the kernel: before the shadow time, and from it on. */
const LATER = 1;
const BOTH = 2;

export class Reservation {
  readonly #tables: PassTables;
  readonly #kernel: PlanKernel;
  readonly #classes: ClassTable;
  /** Seconds from now; NEVER_S where there is none. */
  atS = NEVER_S;
  classIndex = -1;
  partition = -1;
  /** By node: 1 where something is kept. */
  readonly marked: Uint8Array;
  /** By marked node: CPUs free from the shadow time on, beside the reservation and what was started since. */
  readonly laterCpus: Int32Array;

  constructor(tables: PassTables, kernel: PlanKernel, classes: ClassTable) {
    this.#tables = tables;
    this.#kernel = kernel;
    this.#classes = classes;
    this.marked = new Uint8Array(tables.nodes.count);
    this.laterCpus = new Int32Array(tables.nodes.count);
  }

  /**
   * Reserves for the first of these candidates with the earliest time: sets the kernel's second slot and takes the nodes
   * there, which stay in its picks. False where it never fits by the ends that are known.
   */
  make(ends: NodeEnds, candidates: Candidates): boolean {
    const { classes, partitions, count } = candidates;
    const columns = ends.columns();
    const times = ends.times();
    for (let i = 0; i < count; i++) {
      this.#classes.ready(classes[i]!);
      const atS = this.#earliest(columns, times, classes[i]!, candidates.fromS(i));
      if (atS >= this.atS) continue;
      this.atS = atS;
      this.classIndex = classes[i]!;
      this.partition = partitions[i]!;
    }
    if (this.classIndex < 0) {
      this.#kernel.setBorder(LATER, NEVER_S);
      this.#kernel.fill(NO_ENDS);
    } else {
      this.#classes.ready(this.classIndex);
      this.#fits(columns, this.atS, this.classIndex);
      this.#take(new LaterRoom(this.#tables, this.#kernel, columns, this.atS));
    }
    this.#classes.resetHints();
    return this.classIndex >= 0;
  }

  /**
   * First of the times, ascending, or of `fromS` where that is not 0 and nothing before it is looked for, at which the class
   * fits, if before what was found so far; else NEVER_S.
   */
  #earliest(ends: EndColumns, times: Int32Array, classIndex: number, fromS: number): number {
    if (fromS > 0) {
      if (fromS >= this.atS) return NEVER_S;
      if (this.#fits(ends, fromS, classIndex)) return fromS;
    }
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle]! >= this.atS || this.#fits(ends, times[middle]!, classIndex)) high = middle;
      else low = middle + 1;
    }
    const atS = times[low];
    return atS === undefined || atS >= this.atS ? NEVER_S : atS;
  }

  #fits(ends: EndColumns, atS: number, classIndex: number): boolean {
    this.#kernel.setBorder(LATER, atS);
    this.#kernel.fill(ends);
    return this.#classes.search(classIndex, BOTH, LATER, 0, BOTH) === LATER;
  }

  /** The search has left a choice in the picks, which serves where the better one does not do. */
  #take(room: LaterRoom): void {
    const kernel = this.#kernel;
    const demand = this.#classes.demand[this.classIndex]!;
    if (demand.rule === undefined) {
      if (demand.uneven) this.#pickUneven(demand, room);
      else this.#pickEven(demand, room);
    }
    const count = kernel.pickCount();
    for (let i = 0; i < count; i++) {
      const node = kernel.picks[i]!;
      const tasks = demand.uneven ? kernel.pickTasks[i]! : demand.tasksPerNode;
      const asked = Math.max(1, demand.fullCpus - (demand.tasksPerNode - tasks) * demand.cpusPerTask);
      const threads = demand.perThread ? this.#tables.nodes.columns.threadsPerCore[node]! : 1;
      const later = Math.max(room.cpus[node]!, kernel.freeCpus(node));
      this.marked[node] = 1;
      this.laterCpus[node] = demand.wholeCpus ? 0 : later - asked * threads;
    }
    kernel.take(this.classIndex, LATER, BOTH);
  }

  #pickEven(demand: Demand, room: LaterRoom): void {
    const { required, wantNodes } = demand;
    const kernel = this.#kernel;
    const nodes: number[] = [...required];
    kernel.feasible(this.classIndex, 1);
    const isFreeNow = kernel.feasibleMask;
    for (const node of room.nodes) {
      if (nodes.length >= wantNodes) break;
      if (isFreeNow[node] !== 0 || required.includes(node)) continue;
      if (room.fits(demand, this.partition, node) && this.#admits(node)) nodes.push(node);
    }
    for (let node = isFreeNow.length - 1; node >= 0 && nodes.length < wantNodes; node--)
      if (isFreeNow[node] !== 0) nodes.push(node);
    if (nodes.length === wantNodes) kernel.picks.set(nodes.sort((a, b) => a - b));
  }

  /** Whether the jobs that are left on the node then may be beside one of the class. */
  #admits(node: number): boolean {
    const { owners } = this.#kernel;
    return owners === undefined || owners.admits(node, this.#kernel.ownerOf(this.classIndex), LATER, BOTH);
  }

  #pickUneven(demand: Demand, room: LaterRoom): void {
    const kernel = this.#kernel;
    const { required } = demand;
    const shares = new NodeShares(demand);
    const nowOf = (node: number): number => kernel.capacityNow(this.classIndex, 1, node);
    kernel.feasible(this.classIndex, 1);
    const isFreeNow = kernel.feasibleMask;
    const laterOf = new Map<number, number>();
    for (const node of room.nodes) {
      const isFit = room.fits(demand, this.partition, node) && this.#admits(node);
      const tasks = isFit ? room.tasks(demand, node) : 0;
      if (tasks > 0) laterOf.set(node, tasks);
    }
    for (const node of required) shares.add(node, 1);
    for (const [node, tasks] of laterOf) shares.add(node, tasks - nowOf(node) - shares.of(node));
    shares.fillUp((node) => laterOf.get(node) ?? nowOf(node));
    for (let node = isFreeNow.length - 1; node >= 0 && shares.left > 0; node--)
      if (isFreeNow[node] !== 0 && !shares.has(node)) shares.add(node, nowOf(node));
    if (shares.isAnswer) shares.pick(kernel);
  }
}
