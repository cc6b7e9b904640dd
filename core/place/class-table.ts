/**
 * Classes of a pass: a shape in a partition, with its descriptor in the kernel's memory, whether any set of usable nodes
 * could hold it, and from where to go on looking for each length. Since nothing is given back within a plan, a class that
 * found nothing before a point finds nothing there later, nor does one that is longer.
 */
import { waitReasonCode } from "../model/reasons.ts";
import { isNodeUsable, type PassTables } from "../state/tables.ts";
import { holdsUneven } from "./capacity.ts";
import { ClassMemory } from "./class-memory.ts";
import { type Demand, filterOf, type NodeFilter, partitionBitHi, partitionBitLo } from "./demand.ts";
import { MASK_WORD, writeDescriptor } from "./descriptor.ts";
import type { Frontier, FrontierDemand } from "./frontier.ts";
import type { PlanKernel } from "./kernel.ts";
import { MAX_CLASSES } from "./kernel-memory.ts";
import { MaskCache } from "./masks.ts";
import type { Owner } from "./owner-planes.ts";
import { RuledSearch } from "./rules/ruled-search.ts";

/** Classes of a group from which on they learn from each other. */
const SHARE_FROM = 32;
/** Slots that a class has searched in vain from which on the others are told: telling costs more than a few searches. */
const WORTH_SHARING = 2;
/** Of a hint: the node; the slot lies above. */
const NODE_BITS = 20;
const NODE_MASK = (1 << NODE_BITS) - 1;
export const MAX_FRONTIERS = 8;
/** More than texts that are told apart. */
const MAX_LIKENESSES = 2 ** 20;

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
  readonly #within: Uint8Array | undefined;
  readonly #masks: MaskCache;
  /** By shape × partition: class, or -1. */
  readonly #byShape: Int32Array;
  /** The same of further classes of few shapes: of users, without a limit on nodes, in other forms. */
  readonly #byKind = new Map<number, number>();
  #ruled: RuledSearch | undefined;
  readonly #maskId: number[] = [];
  readonly #partition: number[] = [];
  readonly demand: Demand[] = [];
  /** 0 for a class that some set of usable nodes could hold, else the code of the reason why none can. */
  readonly deadReason: number[] = [];
  readonly want: number[] = [];
  /** Of the last search: nothing before this slot, and in it before this node, holds a job of the class. */
  foundSlot = 0;
  foundNode = 0;
  readonly #memory: ClassMemory;
  readonly #groups = new Map<number | string, Group>();
  readonly #group: Group[] = [];
  readonly #amounts: FrontierDemand[] = [];
  #frontiers = 0;
  /** By class, a tree of maxima over lengths (Fenwick's): slot and node in one number. */
  #hints = new Int32Array(0);

  /** `within`, by row, is not 0 for the nodes that any class may use; all of them by default. */
  constructor(tables: PassTables, kernel: PlanKernel, gresParent: readonly number[], within?: Uint8Array) {
    this.#within = within;
    this.#tables = tables;
    this.#kernel = kernel;
    this.#gresParent = gresParent;
    this.#masks = new MaskCache(tables, kernel, within);
    this.#byShape = new Int32Array(tables.shapes.count * tables.partitions.length).fill(-1);
    this.#memory = ClassMemory.of(kernel);
    this.#memory.begin(tables, gresParent, kernel.dimensions);
  }

  /** Kinds of classes of which so many are that they would learn from each other. */
  likenesses = 0;

  /** For classes that ask something of their nodes together. */
  get rules(): RuledSearch {
    this.#ruled ??= new RuledSearch(this.#tables, this.#kernel);
    return this.#ruled;
  }

  get count(): number {
    return this.demand.length;
  }

  /**
   * The class of a shape in a partition, ready for the kernel; -1 when the pass has MAX_CLASSES already. `user` is the number
   * of the job's, 0 where it does not matter whose jobs are where; `isFree` of a job that its QOS lets have more nodes than
   * the partition gives; `form` says which of the shape's options it is, see rules/node-rule.ts.
   */
  of(shape: number, partition: number, user = 0, isFree = false, form = 0): number {
    const at = shape * this.#tables.partitions.length + partition;
    if (user > 0 || isFree || form > 0) return this.#ofKind(shape, partition, at, user, isFree, form);
    let index = this.#byShape[at]!;
    if (index < 0) {
      if (this.count === MAX_CLASSES) return -1;
      index = this.#add(shape, partition, false, 0, 0);
      this.#byShape[at] = index;
    }
    this.ready(index);
    return index;
  }

  #ofKind(shape: number, partition: number, at: number, user: number, isFree: boolean, form: number): number {
    const { owners } = this.#tables;
    const kind = (2 * form + (isFree ? 1 : 0)) * ((owners?.users ?? 0) + 1) + user;
    const key = kind * this.#byShape.length + at;
    const known = this.#byKind.get(key);
    if (known !== undefined) {
      this.ready(known);
      return known;
    }
    if (this.count === MAX_CLASSES) return -1;
    const isAlone = user > 0 && (owners!.shapes.has(shape) || owners!.partitions.has(partition));
    const index = this.#add(shape, partition, isFree, isAlone ? -user : user, form);
    this.#byKind.set(key, index);
    return index;
  }

  /** As PlanKernel.search, whatever the class asks; afterwards `foundSlot` and `foundNode` say where to go on. */
  search(index: number, length: number, fromSlot: number, fromNode: number, until: number): number {
    this.ready(index);
    const demand = this.demand[index]!;
    if (demand.rule === undefined) {
      const slot = this.#kernel.search(index, length, fromSlot, fromNode, until);
      this.foundSlot = this.#kernel.foundSlot();
      this.foundNode = this.#kernel.foundNode();
      return slot;
    }
    const slot = this.rules.search(index, demand, length, fromSlot, until, fromNode);
    this.foundSlot = slot < 0 ? until : slot;
    this.foundNode = this.rules.foundNode;
    return slot;
  }

  /** Sees to it that the class's mask is in memory. */
  ready(index: number): void {
    const pointer = this.#masks.pointer(this.#maskId[index]!, this.demand[index]!, this.#partition[index]!);
    this.#kernel.setWord(index, MASK_WORD, pointer);
  }

  /** First slot that may still hold a job of this class and length; slots of the plan when none does. */
  hintSlot(index: number, length: number): number {
    return this.#hint(index, length) >>> NODE_BITS;
  }
  /** First node to look at in that slot. */
  hintNode(index: number, length: number): number {
    return this.#hint(index, length) & NODE_MASK;
  }

  /** Raises the hint to what the other classes have learnt. */
  learn(index: number, length: number): void {
    const slot = this.#group[index]!.frontier?.first(this.#amounts[index]!, length) ?? 0;
    if (slot > this.hintSlot(index, length)) this.raiseHint(index, length, slot, 0);
  }

  /** Nothing before (slot, node) holds a job of this class and length, nor a longer one. */
  raiseHint(index: number, length: number, slot: number, node: number): void {
    const hint = (slot << NODE_BITS) | node;
    const old = this.#hint(index, length);
    if (hint <= old) return;
    if (slot >= (old >>> NODE_BITS) + WORTH_SHARING)
      this.#group[index]!.frontier?.raise(this.#amounts[index]!, length, slot);
    const lengths = this.#kernel.slots;
    const base = index * (lengths + 1);
    for (let at = length; at <= lengths; at += at & -at)
      if (this.#hints[base + at]! < hint) this.#hints[base + at] = hint;
  }

  #hint(index: number, length: number): number {
    const base = index * (this.#kernel.slots + 1);
    let hint = 0;
    for (let at = length; at > 0; at &= at - 1) {
      const known = this.#hints[base + at]!;
      if (known > hint) hint = known;
    }
    return hint;
  }

  /** Forgets where to go on looking: after the slots have been made anew. */
  resetHints(): void {
    this.#hints.fill(0, 0, this.count * (this.#kernel.slots + 1));
    for (const group of this.#groups.values()) group.frontier = undefined;
    this.#frontiers = 0;
  }

  #add(shape: number, partition: number, isFree: boolean, owner: Owner, form: number): number {
    const kept = this.#memory.shapes.of(shape, this.#gresParent, this.#kernel.dimensions, form);
    const asked = kept.demand;
    // Of a job that may lie on more or fewer nodes the partition has a say in how many.
    const given = isFree ? asked.maxNodes : this.#tables.partitions[partition]!.maxNodes;
    const isCut = asked.uneven && given < asked.maxNodes;
    const demand = isCut ? { ...asked, maxNodes: given } : asked;
    const likeness = isCut ? this.#memory.shapes.likenessOf(demand) : kept.likeness;
    const mask = this.#masks.idOf(kept.mask, partition);
    const index = this.count;
    this.demand.push(demand);
    this.#partition.push(partition);
    this.#maskId.push(mask);
    this.want.push(demand.wantNodes);
    this.#amounts.push(kept.amounts);
    this.#group.push(this.#join(mask, likeness, owner));
    this.#hints = this.#memory.hintsFor(index, this.#kernel.slots + 1);
    writeDescriptor(this.#kernel, index, demand, this.#tables.shapes, kept.takes);
    this.#kernel.setOwner(index, owner);
    this.#kernel.parts?.setClass(index, demand);
    this.ready(index);
    this.deadReason.push(this.#isHeldEasily(index, demand) ? 0 : this.#whyDead(index, demand, partition));
    return index;
  }

  #join(mask: number, likeness: number, owner: Owner): Group {
    const of = mask * MAX_LIKENESSES + likeness;
    const key = owner === 0 ? of : `${of} ${owner}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { classes: 0, frontier: undefined };
      this.#groups.set(key, group);
    }
    group.classes++;
    if (group.classes === SHARE_FROM + 1) this.likenesses++;
    if (group.frontier === undefined && group.classes > SHARE_FROM && this.#frontiers < MAX_FRONTIERS)
      group.frontier = this.#memory.frontier(this.#frontiers++);
    return group;
  }

  /** Most classes name no nodes and are alike on each; what is said of them is what is said of the others. */
  #isHeldEasily(index: number, { uneven, required, wantNodes, maxNodes, rule }: Demand): boolean {
    if (rule !== undefined || uneven || required.length > 0 || wantNodes > maxNodes) return false;
    return this.#kernel.countTotals(index, wantNodes) >= wantNodes;
  }

  #whyDead(index: number, demand: Demand, partition: number): number {
    const { columns, count } = this.#tables.nodes;
    const lo = partitionBitLo(partition);
    const hi = partitionBitHi(partition);
    const filter = (row: number, isExcluded: boolean): NodeFilter | "" =>
      row < count && this.#within?.[row] !== 0
        ? filterOf(this.#tables, demand, row, lo, hi, isExcluded)
        : "partition";
    let unavailable = false;
    for (const row of demand.required) {
      const removed = filter(row, demand.excluded.includes(row));
      if (removed !== "" && removed !== "usable") return REASON_BAD_CONSTRAINTS;
      if (removed === "usable" || !isNodeUsable(columns.flags[row]!)) unavailable = true;
    }
    if (demand.wantNodes > demand.maxNodes) return REASON_BAD_CONSTRAINTS;
    if (unavailable) return REASON_NOT_AVAILABLE;
    const excluded = new Set(demand.excluded);
    const isAble = (row: number): boolean => {
      const removed = filter(row, excluded.has(row));
      return removed === "" || removed === "usable";
    };
    if (demand.rule !== undefined) {
      if (this.rules.isPossible(index, demand, (row) => filter(row, excluded.has(row)) === "")) return 0;
      return this.rules.isPossible(index, demand, isAble) ? REASON_NOT_AVAILABLE : REASON_BAD_CONSTRAINTS;
    }
    if (demand.uneven) {
      if (this.#kernel.unevenTotalsFit(index)) return 0;
      return holdsUneven(this.#tables, demand, isAble) ? REASON_NOT_AVAILABLE : REASON_BAD_CONSTRAINTS;
    }
    const rest = demand.wantNodes - demand.required.length;
    if (rest <= 0 || this.#kernel.countTotals(index, rest) >= rest) return 0;
    let able = 0;
    for (let row = 0; row < count; row++) if (isAble(row)) able++;
    return able < demand.wantNodes ? REASON_BAD_CONSTRAINTS : REASON_NOT_AVAILABLE;
  }
}
