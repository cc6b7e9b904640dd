/**
 * Classes of a pass: a shape in a partition, with its descriptor in the kernel's memory, whether any set of usable nodes
 * could hold it, and from where to go on looking for each length. Since nothing is given back within a plan, a class that
 * found nothing before a point finds nothing there later, nor does one that is longer.
 */
import { waitReasonCode } from "../model/reasons.ts";
import { isNodeUsable, type PassTables } from "../state/tables.ts";
import { holdsUneven } from "./capacity.ts";
import { type Demand, demandOf, filterOf, partitionBitHi, partitionBitLo } from "./demand.ts";
import { MASK_WORD, writeDescriptor } from "./descriptor.ts";
import { Frontier, type FrontierDemand } from "./frontier.ts";
import type { PlanKernel } from "./kernel.ts";
import { MAX_CLASSES } from "./kernel-memory.ts";
import { MaskCache } from "./masks.ts";
import type { Owner } from "./owner-planes.ts";

/** Classes that have room for hints from the beginning. */
const FIRST_CLASSES = 1_024;
/** Classes of a group from which on they learn from each other. */
const SHARE_FROM = 32;
/** Slots that a class has searched in vain from which on the others are told: telling costs more than a few searches. */
const WORTH_SHARING = 2;
/** Of a hint: the node; the slot lies above. */
const NODE_BITS = 20;
const NODE_MASK = (1 << NODE_BITS) - 1;
/** 1.5 MiB each. */
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
  readonly #within: Uint8Array | undefined;
  readonly #masks: MaskCache;
  /** By shape × partition: class, or -1. */
  readonly #byShape: Int32Array;
  /** The same of jobs that go by no limit on nodes of their partition. */
  readonly #freeClasses = new Map<number, number>();
  /** By shape × partition × user, where it matters whose jobs are where. */
  readonly #byUser = new Map<number, number>();
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
  }

  get count(): number {
    return this.demand.length;
  }

  /**
   * The class of a shape in a partition, ready for the kernel; -1 when the pass has MAX_CLASSES already. `user` is the number
   * of the job's, 0 where it does not matter whose jobs are where; `isFree` of a job that its QOS lets have more nodes than
   * the partition gives.
   */
  of(shape: number, partition: number, user = 0, isFree = false): number {
    const at = shape * this.#tables.partitions.length + partition;
    if (user > 0) return this.#ofUser(shape, partition, at, user, isFree);
    let index = isFree ? (this.#freeClasses.get(at) ?? -1) : this.#byShape[at]!;
    if (index < 0) {
      if (this.count === MAX_CLASSES) return -1;
      index = this.#add(shape, partition, isFree);
      if (isFree) this.#freeClasses.set(at, index);
      else this.#byShape[at] = index;
    }
    this.ready(index);
    return index;
  }

  #ofUser(shape: number, partition: number, at: number, user: number, isFree: boolean): number {
    const { owners } = this.#tables;
    const key = 2 * (at * (owners!.users + 1) + user) + (isFree ? 1 : 0);
    const known = this.#byUser.get(key);
    if (known !== undefined) {
      this.ready(known);
      return known;
    }
    if (this.count === MAX_CLASSES) return -1;
    const isAlone = owners!.shapes.has(shape) || owners!.partitions.has(partition);
    const index = this.#add(shape, partition, isFree, isAlone ? -user : user);
    this.#byUser.set(key, index);
    return index;
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
    this.#hints.fill(0);
    for (const group of this.#groups.values()) group.frontier = undefined;
    this.#frontiers = 0;
  }

  #add(shape: number, partition: number, isFree: boolean, owner: Owner = 0): number {
    const asked = demandOf(this.#tables, shape, this.#gresParent);
    // Of a job that may lie on more or fewer nodes the partition has a say in how many.
    const given = isFree ? asked.maxNodes : this.#tables.partitions[partition]!.maxNodes;
    const most = Math.min(asked.maxNodes, given);
    const demand = asked.uneven && most < asked.maxNodes ? { ...asked, maxNodes: most } : asked;
    const index = this.count;
    this.demand.push(demand);
    this.#partition.push(partition);
    this.#maskId.push(this.#masks.idOf(demand, partition));
    this.want.push(demand.wantNodes);
    this.#join(index, demand, owner);
    this.#growHints();
    writeDescriptor(this.#kernel, index, demand, this.#tables.shapes, this.#gresParent);
    this.#kernel.setOwner(index, owner);
    this.ready(index);
    this.deadReason.push(this.#whyDead(index, demand, partition));
    return index;
  }

  #join(index: number, demand: Demand, owner: Owner): void {
    const key = `${this.#maskId[index]} ${owner} ${comparable(demand)}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { classes: 0, frontier: undefined };
      this.#groups.set(key, group);
    }
    this.#group.push(group);
    this.#amounts.push(amountsOf(demand));
    group.classes++;
    if (group.frontier === undefined && group.classes > SHARE_FROM && this.#frontiers < MAX_FRONTIERS) {
      group.frontier = new Frontier();
      this.#frontiers++;
    }
  }

  #growHints(): void {
    const needed = this.count * (this.#kernel.slots + 1);
    if (this.#hints.length >= needed) return;
    const hints = new Int32Array(Math.max(2 * needed, FIRST_CLASSES * (this.#kernel.slots + 1)));
    hints.set(this.#hints);
    this.#hints = hints;
  }

  #whyDead(index: number, demand: Demand, partition: number): number {
    const { columns, count } = this.#tables.nodes;
    const lo = partitionBitLo(partition);
    const hi = partitionBitHi(partition);
    const filter = (row: number, isExcluded: boolean): string =>
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

/** Classes of one mask with equal keys differ in the amounts of amountsOf only, so one asks for more than another or not. */
function comparable(demand: Demand): string {
  const { checks, tasks } = demand;
  // Of further devices the counts are part of the key.
  let others = "";
  for (let i = 1; i < checks.length; i++)
    others += `${checks[i]!.dimension}:${checks[i]!.flat}+${checks[i]!.perTask} `;
  const modes = `${demand.wholeCpus ? 1 : 0}${demand.perThread ? 1 : 0}${demand.wholeMem ? 1 : 0}`;
  const key = `${modes} ${checks[0]?.dimension ?? -1} ${others}`;
  if (!demand.uneven) return key;
  const cap = demand.tasksPerNode >= tasks ? "any" : demand.tasksPerNode;
  const most = demand.maxNodes >= tasks ? "any" : demand.maxNodes;
  const base = demand.fullCpus - demand.tasksPerNode * demand.cpusPerTask;
  const first = checks[0] === undefined ? "" : `${checks[0].flat}`;
  const { memPerCpuMib, fullMemMib } = demand;
  // Where memory by CPU has a cap that is felt, the cap is part of the key.
  const isCapped = memPerCpuMib > 0 && (demand.perThread || fullMemMib !== memPerCpuMib * demand.fullCpus);
  const memory = memPerCpuMib === 0 ? "flat" : isCapped ? `${fullMemMib} ${demand.tasksPerNode}` : "cpu";
  return `u ${key}${first} ${cap} ${most} ${demand.wantNodes} ${base} ${memory}`;
}

/** An uneven job is compared by its tasks and by what one task more asks of a node. */
function amountsOf(demand: Demand): FrontierDemand {
  const [first] = demand.checks;
  if (!demand.uneven) {
    return {
      nodes: demand.wantNodes,
      gres: first?.count ?? 0,
      cpus: demand.cpus,
      memMib: demand.memMib,
    };
  }
  return {
    nodes: demand.tasks,
    gres: first?.perTask ?? 0,
    cpus: demand.cpusPerTask,
    memMib: demand.memPerCpuMib > 0 ? demand.memPerCpuMib : demand.fullMemMib,
  };
}
