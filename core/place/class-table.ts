/**
 * Classes of a pass: a shape in a partition, with its descriptor in the kernel's memory, whether any set of usable nodes
 * could hold it, and from where to go on looking for each length. Since nothing is given back within a plan, a class that
 * found nothing before a point finds nothing there later, nor does one that is longer.
 */
import { waitReasonCode } from "../model/reasons.ts";
import { isNodeUsable, type PassTables } from "../state/tables.ts";
import { type Demand, demandOf, filterOf, partitionBitHi, partitionBitLo } from "./demand.ts";
import { MASK_WORD, writeDescriptor } from "./descriptor.ts";
import { Frontier, type FrontierDemand } from "./frontier.ts";
import { MAX_CLASSES, type PlanKernel } from "./kernel.ts";
import { MaskCache } from "./masks.ts";

/** Classes of a group from which on they learn from each other. */
const SHARE_FROM = 32;
/** 12 MiB each. */
const MAX_FRONTIERS = 8;

/** Classes whose demands differ in amounts only. */
interface Group {
  classes: number;
  frontier: Frontier | undefined;
}

const REASON_BAD_CONSTRAINTS = waitReasonCode("BadConstraints");
const REASON_NOT_AVAILABLE = waitReasonCode("ReqNodeNotAvail");

export class ClassTable {
  readonly #tables: PassTables;
  readonly #kernel: PlanKernel;
  readonly #gresParent: readonly number[];
  readonly #masks: MaskCache;
  /** By shape × partition: class, or -1. */
  readonly #byShape: Int32Array;
  readonly #maskId: number[] = [];
  readonly #partition: number[] = [];
  readonly demand: Demand[] = [];
  /** 0 for a class that some set of usable nodes could hold, else the code of the reason why none can. */
  readonly deadReason: number[] = [];
  readonly want: number[] = [];
  readonly #groups = new Map<string, Group>();
  readonly #group: Group[] = [];
  readonly #amounts: FrontierDemand[] = [];
  #frontiers = 0;
  #hintSlot = new Uint8Array(0);
  #hintNode = new Int32Array(0);

  constructor(tables: PassTables, kernel: PlanKernel, gresParent: readonly number[]) {
    this.#tables = tables;
    this.#kernel = kernel;
    this.#gresParent = gresParent;
    this.#masks = new MaskCache(tables, kernel);
    this.#byShape = new Int32Array(tables.shapes.count * tables.partitions.length).fill(-1);
  }

  get count(): number {
    return this.demand.length;
  }

  /** The class of a shape in a partition, ready for the kernel; -1 when the pass has MAX_CLASSES already. */
  of(shape: number, partition: number): number {
    const at = shape * this.#tables.partitions.length + partition;
    let index = this.#byShape[at]!;
    if (index < 0) {
      if (this.count === MAX_CLASSES) return -1;
      index = this.#add(shape, partition);
      this.#byShape[at] = index;
    }
    this.ready(index);
    return index;
  }

  /** Sees to it that the class's mask is in memory. */
  ready(index: number): void {
    const pointer = this.#masks.pointer(this.#maskId[index]!, this.demand[index]!, this.#partition[index]!);
    this.#kernel.setWord(index, MASK_WORD, pointer);
  }

  /** First slot that may still hold a job of this class and length; slots of the plan when none does. */
  hintSlot(index: number, length: number): number {
    return this.#hintSlot[index * (this.#kernel.slots + 1) + length]!;
  }
  /** First node to look at in that slot. */
  hintNode(index: number, length: number): number {
    return this.#hintNode[index * (this.#kernel.slots + 1) + length]!;
  }

  /** Raises the hint to what the other classes have learnt. */
  learn(index: number, length: number): void {
    const slot = this.#group[index]!.frontier?.first(this.#amounts[index]!, length) ?? 0;
    if (slot > this.hintSlot(index, length)) this.raiseHint(index, length, slot, 0);
  }

  /** Nothing before (slot, node) holds a job of this class and length, nor a longer one. */
  raiseHint(index: number, length: number, slot: number, node: number): void {
    const base = index * (this.#kernel.slots + 1);
    if (slot > this.#hintSlot[base + length]!) {
      this.#group[index]!.frontier?.raise(this.#amounts[index]!, length, slot);
    }
    for (let at = base + length; at <= base + this.#kernel.slots; at++) {
      const old = this.#hintSlot[at]!;
      if (old > slot || (old === slot && this.#hintNode[at]! >= node)) return;
      this.#hintSlot[at] = slot;
      this.#hintNode[at] = node;
    }
  }

  /** Forgets where to go on looking: after the slots have been made anew. */
  resetHints(): void {
    this.#hintSlot.fill(0);
    this.#hintNode.fill(0);
    for (const group of this.#groups.values()) group.frontier = undefined;
    this.#frontiers = 0;
  }

  #add(shape: number, partition: number): number {
    const demand = demandOf(this.#tables, shape, this.#gresParent);
    const index = this.count;
    this.demand.push(demand);
    this.#partition.push(partition);
    this.#maskId.push(this.#masks.idOf(demand, partition));
    this.want.push(demand.wantNodes);
    this.#join(index, demand);
    this.#growHints();
    writeDescriptor(this.#kernel, index, demand, this.#tables.shapes, this.#gresParent);
    this.ready(index);
    this.deadReason.push(this.#whyDead(index, demand, partition));
    return index;
  }

  #join(index: number, demand: Demand): void {
    const [first, ...rest] = demand.checks;
    // Of further devices the counts are part of the key, so that classes of a group can be compared.
    const others = rest.map(({ dimension, count }) => `${dimension}:${count}`).join();
    const modes = `${demand.wholeCpus} ${demand.perThread} ${demand.wholeMem}`;
    const key = `${this.#maskId[index]} ${modes} ${first?.dimension} ${others}`;
    const group = this.#groups.get(key) ?? { classes: 0, frontier: undefined };
    this.#groups.set(key, group);
    this.#group.push(group);
    this.#amounts.push({
      nodes: demand.wantNodes,
      gres: first?.count ?? 0,
      cpus: demand.cpus,
      memMib: demand.memMib,
    });
    group.classes++;
    if (group.frontier === undefined && group.classes > SHARE_FROM && this.#frontiers < MAX_FRONTIERS) {
      group.frontier = new Frontier();
      this.#frontiers++;
    }
  }

  #growHints(): void {
    const needed = this.count * (this.#kernel.slots + 1);
    if (this.#hintSlot.length >= needed) return;
    const size = Math.max(2 * needed, 64 * (this.#kernel.slots + 1));
    const slots = new Uint8Array(size);
    const nodes = new Int32Array(size);
    slots.set(this.#hintSlot);
    nodes.set(this.#hintNode);
    this.#hintSlot = slots;
    this.#hintNode = nodes;
  }

  #whyDead(index: number, demand: Demand, partition: number): number {
    const { columns, count } = this.#tables.nodes;
    const lo = partitionBitLo(partition);
    const hi = partitionBitHi(partition);
    const filter = (row: number, isExcluded: boolean): string =>
      row < count ? filterOf(this.#tables, demand, row, lo, hi, isExcluded) : "partition";
    let unavailable = false;
    for (const row of demand.required) {
      const removed = filter(row, demand.excluded.includes(row));
      if (removed !== "" && removed !== "usable") return REASON_BAD_CONSTRAINTS;
      if (removed === "usable" || !isNodeUsable(columns.flags[row]!)) unavailable = true;
    }
    if (demand.wantNodes > this.#tables.shapes.columns.maxNodes[demand.shape]!) return REASON_BAD_CONSTRAINTS;
    if (unavailable) return REASON_NOT_AVAILABLE;
    if (this.#kernel.countTotals(index) + demand.required.length >= demand.wantNodes) return 0;
    const excluded = new Set(demand.excluded);
    let able = 0;
    for (let row = 0; row < count; row++) {
      const removed = filter(row, excluded.has(row));
      if (removed === "" || removed === "usable") able++;
    }
    return able < demand.wantNodes ? REASON_BAD_CONSTRAINTS : REASON_NOT_AVAILABLE;
  }
}
