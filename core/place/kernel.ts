/**
 * The planner's kernel on the host's side: one WASM instance, its memory's layout for a pass, and typed calls. A pass
 * begins by laying memory out anew, so nothing is left from the pass before. Never reads files: the bytes are given.
 */
import type { PartDemand } from "../model/device-parts.ts";
import type { PassTables } from "../state/tables.ts";
import { ALONE_WORD, MASK_WORD, OWNER_WORD, spreadOf } from "./descriptor.ts";
import type { KernelExports } from "./kernel-exports.ts";
import {
  BLOCK,
  DESCRIPTOR_WORDS,
  FALL_BYTES,
  HISTOGRAM,
  INDEX_LEVELS,
  MAX_CLASSES,
  MAX_KERNEL_PAGES,
  masksFor,
  mostClasses,
  PAGE,
  RESERVED,
  roundUp,
  strideOf,
} from "./kernel-memory.ts";
import { writeNodePlanes } from "./node-planes.ts";
import type { Owner, OwnerPlanes } from "./owner-planes.ts";
import type { PartRoom } from "./part-answers.ts";
import type { PartPlanes } from "./part-planes.ts";
import { PlaneCells } from "./plane-cells.ts";
import type { EndColumns } from "./running-ends.ts";
import { type PickedClass, SidePlanes } from "./side-planes.ts";
import { OVERDUE_S } from "./slots.ts";

export class PlanKernel {
  readonly #memory = new WebAssembly.Memory({ initial: 2, maximum: MAX_KERNEL_PAGES });
  readonly #call: KernelExports;
  #i32 = new Int32Array(0);
  #u8 = new Uint8Array(0);
  /** Rows that the last search chose; a policy's choice is written here before `take`. */
  picks = new Int32Array(0);
  /** Tasks on each pick of an uneven job. */
  pickTasks = new Int32Array(0);
  /** One byte a node, not 0 where the last `feasible` found room. */
  feasibleMask = new Uint8Array(0);

  #nodeCount = 0;
  #rows = 0;
  /** Of a mask, with those of its blocks and groups behind it. */
  #maskBytes = 0;
  /** GRES dimension of each plane. */
  #dimensions: readonly number[] = [];
  #slots = 0;
  #nowS = 0;
  #borders = 0;
  #cpu = 0;
  #mem = 0;
  #gres = 0;
  #feasible = 0;
  #picks = 0;
  #pickTasks = 0;
  /** Scratch of the kernel between two of its calls. */
  #rowList = 0;
  #lists = 0;
  #masks = 0;
  #descriptors = 0;
  #ends = 0;
  #ownerPlanes = 0;
  readonly #side = new SidePlanes();
  maskCount = 0;

  constructor(bytes: Uint8Array) {
    const module = new WebAssembly.Module(bytes);
    const abort = (): never => {
      throw new Error("the planner's kernel aborted");
    };
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory, abort } });
    this.#call = instance.exports as unknown as KernelExports;
  }

  get slots(): number {
    return this.#slots;
  }
  get dimensions(): readonly number[] {
    return this.#dimensions;
  }

  /** Lays memory out for the tables and writes the first plane and the totals. `dimensions` are those with a plane. */
  begin(tables: PassTables, dimensions: readonly number[], borders: Int32Array): void {
    const rows = roundUp(Math.max(1, tables.nodes.count), BLOCK);
    const planes = borders.length + 1;
    const stride = strideOf(rows);
    const groups = strideOf(stride);
    const classes = Math.min(MAX_CLASSES, mostClasses(tables));
    this.#nodeCount = tables.nodes.count;
    this.#rows = rows;
    this.#dimensions = dimensions;
    this.#slots = borders.length;
    this.#nowS = tables.nowS;
    this.maskCount = masksFor(rows);
    let at = RESERVED;
    const next = (bytes: number): number => {
      const start = at;
      at = roundUp(at + bytes, 64);
      return start;
    };
    this.#borders = next((borders.length + 2) * 4);
    const falls = next((rows / BLOCK) * FALL_BYTES);
    const lastVain = next(rows / BLOCK);
    const threads = next(rows * 4);
    this.#feasible = next(rows);
    this.#picks = next(rows * 4);
    this.#pickTasks = next(rows * 4);
    const amounts = next(rows * 4);
    const capacities = next(rows * 4);
    const able = next(rows * 4);
    this.#rowList = able;
    const histogram = next(HISTOGRAM * 4);
    this.#cpu = next(planes * rows * 4);
    this.#mem = next(planes * rows * 4);
    this.#gres = next(dimensions.length * planes * rows);
    const cpuIndex = next(INDEX_LEVELS * planes * stride);
    const memIndex = next(INDEX_LEVELS * planes * stride);
    const gresIndex = next(dimensions.length * planes * stride);
    const stale = next(planes * stride);
    const cpuGroups = next(INDEX_LEVELS * planes * groups);
    const memGroups = next(INDEX_LEVELS * planes * groups);
    const gresGroups = next(dimensions.length * planes * groups);
    const staleGroups = next(planes * groups);
    this.#ownerPlanes = tables.owners === undefined ? 0 : next(planes * rows * 4);
    this.#lists = next(tables.shapeLists.length * 4);
    this.#maskBytes = rows + stride + groups;
    this.#masks = next(this.maskCount * this.#maskBytes);
    this.#descriptors = next(classes * DESCRIPTOR_WORDS * 4);
    this.#ends = at;
    this.#reserve(at);
    this.#viewResults();
    this.#i32.set(borders, this.#borders >> 2);
    this.#i32.set(tables.shapeLists, this.#lists >> 2);
    const [cpus, memMib, gres] = [this.#cpu, this.#mem, this.#gres];
    const places = { rows, totals: borders.length, threads, cpus, memMib, gres };
    writeNodePlanes(tables, dimensions, this.#i32, this.#u8, places);
    this.#call.configure(
      rows,
      borders.length,
      stride,
      groups,
      dimensions.length,
      this.#cpu,
      this.#mem,
      this.#gres,
      cpuIndex,
      memIndex,
      gresIndex,
      stale,
      cpuGroups,
      memGroups,
      gresGroups,
      staleGroups,
      threads,
      this.#borders,
      falls,
      lastVain,
      this.#feasible,
      this.#picks,
      this.#pickTasks,
      amounts,
      capacities,
      able,
      histogram,
      this.#ownerPlanes,
    );
    this.#side.begin(tables, dimensions, rows, borders.length, () => this.#ownerCells());
  }

  /** Makes the planes of the later slots from what ends when. */
  fill(ends: EndColumns): void {
    const { count } = ends;
    const wide = roundUp(count * 4, 64);
    const capacity = roundUp(count, 64);
    const at = this.#ends;
    const gres = at + 5 * wide;
    const starts = gres + capacity * this.#dimensions.length;
    this.#reserve(starts + (this.#slots + 4) * 4);
    this.#i32.set(ends.node.subarray(0, count), (at + wide) >> 2);
    this.#i32.set(ends.cpus.subarray(0, count), (at + 2 * wide) >> 2);
    this.#i32.set(ends.memMib.subarray(0, count), (at + 3 * wide) >> 2);
    new Uint32Array(this.#memory.buffer, at, count).set(ends.endS.subarray(0, count));
    ends.gres.forEach((column, plane) => {
      this.#u8.set(column.subarray(0, count), gres + plane * capacity);
    });
    this.#call.fill(
      count,
      this.#nowS,
      OVERDUE_S,
      at,
      at + wide,
      at + 2 * wide,
      at + 3 * wide,
      gres,
      capacity,
      starts,
      at + 4 * wide,
    );
    const endSlotOf = (endS: number): number => this.#call.endSlotOf(endS, this.#nowS, OVERDUE_S);
    this.#side.fill(ends, endSlotOf, () => this.cells());
  }

  /** Moves the border of the second slot: for plans with two. */
  setBorder(slot: number, atS: number): void {
    this.#i32[(this.#borders >> 2) + slot] = atS;
  }

  /** Where the DESCRIPTOR_WORDS words of a class's descriptor are, to be written. */
  descriptor(index: number): { readonly words: Int32Array; readonly from: number } {
    return { words: this.#i32, from: this.#pointer(index) >> 2 };
  }
  setWord(index: number, word: number, value: number): void {
    this.#i32[(this.#pointer(index) >> 2) + word] = value;
  }
  maskPointer(mask: number): number {
    return this.#masks + mask * this.#maskBytes;
  }
  /** Makes a mask that was written ready for use. */
  sealMask(mask: number): void {
    this.#call.sealMask(this.maskPointer(mask), this.#rows);
  }
  mask(mask: number): Uint8Array {
    return this.#u8.subarray(this.maskPointer(mask), this.maskPointer(mask) + this.#rows);
  }
  /** The mask of a class that is ready; without the nodes that it names. */
  maskOf(index: number): Uint8Array {
    const at = this.#i32[(this.#pointer(index) >> 2) + MASK_WORD]!;
    return this.#u8.subarray(at, at + this.#nodeCount);
  }
  /** Single cells of the planes; good until the next `begin` or `fill`. */
  cells(): PlaneCells {
    const planes = this.#dimensions.length;
    const cells = (this.#slots + 1) * this.#rows;
    return new PlaneCells({
      cpus: this.#i32.subarray(this.#cpu >> 2, (this.#cpu >> 2) + cells),
      memMib: this.#i32.subarray(this.#mem >> 2, (this.#mem >> 2) + cells),
      gres: this.#u8.subarray(this.#gres, this.#gres + planes * cells),
      rows: this.#rows,
      slots: this.#slots,
      planes,
      changed: (slot, node) => this.#call.changed(slot, node),
    });
  }
  listPointer(offset: number): number {
    return this.#lists + offset * 4;
  }
  feasible(index: number, length: number, slot = 0): number {
    return this.#call.feasibleAt(this.#pointer(index), slot, length);
  }
  requiredFit(index: number, length: number, slot = 0): boolean {
    return this.#call.requiredFit(this.#pointer(index), slot, length) !== 0;
  }
  /** Nodes, asked-for ones included, on which the class fits in the first slot alone; counted no further than `enough`. */
  countNow(index: number, enough = this.#rows): number {
    return (
      this.#call.countAt(this.#pointer(index), 0, enough) +
      this.#call.requiredCountAt(this.#pointer(index), 0)
    );
  }
  /** Empty nodes on which it fits, but for those asked for; counted no further than `enough`. */
  countTotals(index: number, enough: number): number {
    return this.#call.countAt(this.#pointer(index), this.#slots, enough);
  }
  /** Slot of the first fit below `until`, or -1; see foundSlot and foundNode. */
  search(index: number, length: number, fromSlot: number, fromNode: number, until: number): number {
    return this.#call.search(this.#pointer(index), length, fromSlot, fromNode, until);
  }
  foundSlot(): number {
    return this.#call.foundSlot();
  }
  foundNode(): number {
    return this.#call.foundNode();
  }
  /** Nodes that the last search, or the last `share`, chose. */
  pickCount(): number {
    return this.#call.pickCount();
  }
  /** Picks of the caller's own, with the tasks of each where the class is uneven: `count` of the columns from `at` on. */
  usePicks(nodes: Int32Array, tasks: Int32Array | undefined, at = 0, count = nodes.length): void {
    const { picks, pickTasks } = this;
    for (let i = 0; i < count; i++) picks[i] = nodes[at + i]!;
    if (tasks !== undefined) for (let i = 0; i < count; i++) pickTasks[i] = tasks[at + i]!;
    this.#call.setPickCount(count);
  }
  /** Until 0 is set: seconds for which jobs hold later slots, in place of their length, which is rounded. */
  setSpan(seconds: number): void {
    this.#call.setSpan(seconds);
  }
  /** Takes from the picks; of an uneven job so many as pickCount, with the tasks of pickTasks. */
  take(index: number, slot: number, length: number): void {
    this.#call.take(this.#pointer(index), slot, length);
    if (this.#side.isUsed) this.#side.take(this.#pickedBy(index), slot, this.#call.endOf(slot, length));
  }
  /** Gives back what `take` took with the same picks, tasks, slot and length. */
  give(index: number, slot: number, length: number): void {
    this.#call.give(this.#pointer(index), slot, length);
    if (this.#side.isUsed) this.#side.give(this.#pickedBy(index), slot, this.#call.endOf(slot, length));
  }
  /** As SidePlanes has them. */
  get owners(): OwnerPlanes | undefined {
    return this.#side.owners;
  }
  get parts(): PartPlanes | undefined {
    return this.#side.parts;
  }
  /** Says whose jobs a class's are: see owner-planes.ts. */
  setOwner(index: number, owner: Owner): void {
    this.setWord(index, OWNER_WORD, Math.abs(owner));
    this.setWord(index, ALONE_WORD, owner < 0 ? 1 : 0);
  }
  ownerOf(index: number): Owner {
    const at = this.#pointer(index) >> 2;
    const number = this.#i32[at + OWNER_WORD]!;
    return this.#i32[at + ALONE_WORD] === 0 ? number : -number;
  }
  /** Adds `amount` to the free CPUs of these rows in the slots from `from` up to, and not with, `to`. */
  shiftCpus(rows: Int32Array, from: number, to: number, amount: number): void {
    this.#i32.set(rows, this.#rowList >> 2);
    this.#call.shiftCpus(this.#rowList, rows.length, from, to, amount);
  }
  /** Of an uneven class: whether the nodes hold it while they are empty. */
  unevenTotalsFit(index: number): boolean {
    return this.#call.unevenTotalsFit(this.#pointer(index)) !== 0;
  }
  /** Of an uneven class: fewest nodes on which it fits from now on, 0 where it does not. Marks those to choose from. */
  unevenNow(index: number, length: number): number {
    return this.#call.unevenNow(this.#pointer(index), length);
  }
  /** After unevenNow: how many of the marked nodes hold the job, whichever they are. */
  unevenAtMost(index: number): number {
    return this.#call.unevenAtMost(this.#pointer(index));
  }
  /** Tasks of an uneven class that a node holds from now, or from a slot, on. */
  capacityNow(index: number, length: number, node: number, slot = 0): number {
    return this.#call.capacityAt(this.#pointer(index), slot, length, node);
  }
  /** After unevenNow: writes the fullest nodes as picks. */
  pickFullest(index: number): void {
    this.#call.pickFullest(this.#pointer(index));
  }
  /** Spreads the tasks of an uneven job that starts now, or in a slot, over the first `count` picks. */
  share(index: number, length: number, count: number, slot = 0): void {
    this.#call.share(this.#pointer(index), slot, length, count);
  }
  freeCpus(node: number): number {
    return this.#i32[(this.#cpu >> 2) + node]!;
  }
  freeMemMib(node: number): number {
    return this.#i32[(this.#mem >> 2) + node]!;
  }
  /** Of the plane of dimension `dimensions[plane]`. */
  freeGres(plane: number, node: number): number {
    return this.#u8[this.#gres + plane * (this.#slots + 1) * this.#rows + node]!;
  }

  /** In a pass with parts of devices: whether a node has such ones from a slot on, and on what devices. */
  partRoom(demand: PartDemand, node: number, length: number, slot: number): PartRoom {
    return this.parts!.roomOn(node, demand, slot, this.#call.endOf(slot, length));
  }

  #pickedBy(index: number): PickedClass {
    const { want, isUneven, tasksPerNode } = spreadOf(this.#i32, this.#pointer(index) >> 2);
    return {
      index,
      owner: this.ownerOf(index),
      nodes: this.picks.subarray(0, isUneven ? this.pickCount() : want),
      tasks: (i) => (isUneven ? this.pickTasks[i]! : tasksPerNode),
    };
  }

  #ownerCells(): Int32Array {
    const from = this.#ownerPlanes >> 2;
    return this.#i32.subarray(from, from + (this.#slots + 1) * this.#rows);
  }
  #pointer(index: number): number {
    return this.#descriptors + index * DESCRIPTOR_WORDS * 4;
  }

  #reserve(bytes: number): void {
    const missing = Math.ceil(bytes / PAGE) - this.#memory.buffer.byteLength / PAGE;
    if (missing > 0) this.#memory.grow(missing);
    if (this.#i32.buffer !== this.#memory.buffer) {
      this.#i32 = new Int32Array(this.#memory.buffer);
      this.#u8 = new Uint8Array(this.#memory.buffer);
      this.#viewResults();
      this.owners?.view(this.#ownerCells());
    }
  }

  #viewResults(): void {
    this.picks = this.#i32.subarray(this.#picks >> 2, (this.#picks >> 2) + this.#rows);
    this.pickTasks = this.#i32.subarray(this.#pickTasks >> 2, (this.#pickTasks >> 2) + this.#rows);
    this.feasibleMask = this.#u8.subarray(this.#feasible, this.#feasible + this.#nodeCount);
  }
}
