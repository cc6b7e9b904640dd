/**
 * The first fit in time of classes that ask something of their nodes together. The kernel says which nodes hold a part of
 * the job for the whole of its time, one slot after the other; the choice among them is made here. Costs a look at every
 * node for each slot, which only such classes pay. One a group of a pass.
 */
import type { PassTables } from "../../state/tables.ts";
import { tasksOnEmpty } from "../capacity.ts";
import type { Demand } from "../demand.ts";
import type { PlanKernel } from "../kernel.ts";
import { PART_ROOM } from "../part-answers.ts";
import { type SetAsk, setAskOf } from "./set-ask.ts";
import { chooseSet, type SetChoice } from "./set-choice.ts";
import type { Holds } from "./spanning.ts";

export class RuledSearch {
  readonly #tables: PassTables;
  readonly #kernel: PlanKernel;
  readonly #asks = new Map<number, SetAsk>();
  readonly #nodes: Int32Array;
  /** By node, of the last look: units that it holds. */
  readonly holds: Holds;
  /** Of the last search. */
  foundNode = 0;

  constructor(tables: PassTables, kernel: PlanKernel) {
    this.#tables = tables;
    this.#kernel = kernel;
    this.#nodes = new Int32Array(tables.nodes.count);
    this.holds = new Int32Array(tables.nodes.count);
  }

  askOf(classIndex: number, demand: Demand): SetAsk {
    let ask = this.#asks.get(classIndex);
    if (ask === undefined) {
      ask = setAskOf(this.#tables, demand, demand.rule!);
      this.#asks.set(classIndex, ask);
    }
    return ask;
  }

  /**
   * As PlanKernel.search. Only of a class that asks parts of devices, and nothing of its nodes together, does `foundNode`
   * say in which node of the slot the next may begin to look, as `fromNode` does.
   */
  search(
    classIndex: number,
    demand: Demand,
    length: number,
    fromSlot: number,
    until: number,
    fromNode: number,
  ): number {
    const kernel = this.#kernel;
    this.foundNode = 0;
    if (asksPartsOnly(demand)) {
      for (let slot = fromSlot; slot < until; slot++) {
        const nodes = this.#firstAble(classIndex, demand, length, slot, slot === fromSlot ? fromNode : 0);
        if (nodes === undefined) continue;
        kernel.usePicks(nodes, undefined);
        this.foundNode = nodes[0]!;
        return slot;
      }
      return -1;
    }
    for (let slot = fromSlot; slot < until; slot++) {
      const choice = this.at(classIndex, demand, length, slot);
      if (choice === undefined) continue;
      kernel.usePicks(choice.picks, undefined);
      if (demand.uneven) kernel.share(classIndex, length, choice.picks.length, slot);
      return slot;
    }
    return -1;
  }

  /** Nodes for a job of the class from a slot on; undefined where it does not fit. The class's mask is in memory. */
  at(classIndex: number, demand: Demand, length: number, slot: number): SetChoice | undefined {
    const nodes = this.#able(classIndex, demand, length, slot);
    if (nodes === undefined) return undefined;
    const liked = asksPartsOnly(demand) ? this.#besideParts(demand, nodes, length, slot) : nodes;
    return chooseSet(this.askOf(classIndex, demand), liked, this.holds);
  }

  /** Whether such nodes hold the job while they are empty; `isAble` of the nodes that it may have. */
  isPossible(classIndex: number, demand: Demand, isAble: (row: number) => boolean): boolean {
    let count = 0;
    for (let row = 0; row < this.#nodes.length; row++) {
      if (!isAble(row)) continue;
      const most = demand.uneven ? tasksOnEmpty(this.#tables, demand, row) : 1;
      if (most === 0) continue;
      this.holds[row] = most;
      this.#nodes[count++] = row;
    }
    const nodes = this.#nodes.subarray(0, count);
    const hasNamed = demand.required.every((row) => nodes.includes(row));
    return hasNamed && chooseSet(this.askOf(classIndex, demand), nodes, this.holds) !== undefined;
  }

  /** Where these suffice, the nodes on which no device that is whole goes into parts: whole devices stay whole. */
  #besideParts({ part, wantNodes }: Demand, nodes: Int32Array, length: number, slot: number): Int32Array {
    const isBeside = (node: number): boolean =>
      this.#kernel.partRoom(part!, node, length, slot) === PART_ROOM.BESIDE_PARTS;
    const beside = nodes.filter(isBeside);
    return beside.length >= wantNodes ? beside : nodes;
  }

  /** The first nodes that hold the job in a slot, which are as good as any others. */
  #firstAble(
    classIndex: number,
    { part, wantNodes }: Demand,
    length: number,
    slot: number,
    fromNode: number,
  ): Int32Array | undefined {
    const kernel = this.#kernel;
    if (kernel.feasible(classIndex, length, slot) < wantNodes) return undefined;
    const mask = kernel.feasibleMask;
    let count = 0;
    for (let node = fromNode; node < mask.length && count < wantNodes; node++)
      if (mask[node] !== 0 && kernel.partRoom(part!, node, length, slot) !== PART_ROOM.NONE)
        this.#nodes[count++] = node;
    return count < wantNodes ? undefined : this.#nodes.subarray(0, count);
  }

  /** Nodes that hold a part of the job, ascending, with what each holds in `holds`; undefined where a named one does not. */
  #able(classIndex: number, demand: Demand, length: number, slot: number): Int32Array | undefined {
    const kernel = this.#kernel;
    const { required, uneven, wantNodes, part } = demand;
    const marked = kernel.feasible(classIndex, length, slot);
    if (marked + required.length < wantNodes) return undefined;
    if (required.length > 0 && !uneven && !kernel.requiredFit(classIndex, length, slot)) return undefined;
    const mask = kernel.feasibleMask;
    let count = 0;
    const add = (node: number): boolean => {
      const most = uneven ? kernel.capacityNow(classIndex, length, node, slot) : 1;
      if (most === 0) return false;
      if (part !== undefined && kernel.partRoom(part, node, length, slot) === PART_ROOM.NONE) return false;
      this.holds[node] = most;
      this.#nodes[count++] = node;
      return true;
    };
    for (const node of required) if (!add(node)) return undefined;
    for (let node = 0; node < mask.length; node++) if (mask[node] !== 0) add(node);
    const nodes = this.#nodes.subarray(0, count);
    return required.length === 0 ? nodes : nodes.sort();
  }
}

const asksPartsOnly = ({ part, rule, uneven, required }: Demand): boolean =>
  part !== undefined &&
  !uneven &&
  required.length === 0 &&
  rule!.counts.length === 0 &&
  !rule!.isContiguous &&
  rule!.switches === 0;
