/**
 * When a waiting row may start by the limits of its owner: what it takes of each TRES, held against the limits over the
 * slots of the plan. One a pass; costs nothing for rows without limits. Pure.
 *
 * What an uneven job takes, or one that takes nodes whole where nodes differ, only its nodes say. Until it has some, the
 * least that it could take is looked at; then its picks are, and where these are too much it waits for its limit, although
 * others might have done.
 */
import { TRES_PLACES } from "../state/associations.ts";
import type { LimitHit } from "../state/limit-use.ts";
import { overNodeLimit, type TakenNodes } from "../state/node-limit.ts";
import type { LimitTables, PassTables } from "../state/tables.ts";
import {
  askedAmounts,
  CPU_BILLING,
  isWholeShape,
  spreadAmounts,
  type WholeNodes,
  wholeNodes,
} from "../state/tres-amounts.ts";
import { LimitTimeline } from "./limit-timeline.ts";

/** Where a row's picks stand when the gate is asked: the kernel. */
export interface PickedNodes {
  readonly picks: Int32Array;
  readonly pickTasks: Int32Array;
  pickCount(): number;
}

/** Nodes that are at hand elsewhere. */
export const pickedOf = (nodes: readonly number[], tasks: readonly number[]): PickedNodes => ({
  picks: Int32Array.from(nodes),
  pickTasks: Int32Array.from(tasks),
  pickCount: () => nodes.length,
});

/** Of a gate that is only asked for the first slot. */
export const NO_PICKS = pickedOf([], []);

export class LimitGate {
  readonly #tables: PassTables;
  readonly #limits: LimitTables;
  readonly #gresParent: readonly number[];
  readonly #picked: PickedNodes;
  readonly #timeline: LimitTimeline;
  readonly #amounts = new Float64Array(TRES_PLACES);
  #whole: WholeNodes | undefined;
  #nodeHit: LimitHit | undefined;

  private constructor(
    tables: PassTables,
    limits: LimitTables,
    gresParent: readonly number[],
    borders: Int32Array,
    picked: PickedNodes,
  ) {
    this.#tables = tables;
    this.#limits = limits;
    this.#gresParent = gresParent;
    this.#picked = picked;
    this.#timeline = new LimitTimeline(tables, limits, borders);
  }

  /** undefined where the site has no limits. */
  static of(
    tables: PassTables,
    gresParent: readonly number[],
    borders: Int32Array,
    picked: PickedNodes,
  ): LimitGate | undefined {
    return tables.limits === undefined
      ? undefined
      : new LimitGate(tables, tables.limits, gresParent, borders, picked);
  }

  /** What the last question ran into; undefined when it ran into nothing. */
  get hit(): LimitHit | undefined {
    return this.#nodeHit ?? this.#timeline.hit;
  }

  /** See PlanKernel.setSpan. */
  setSpan(seconds: number): void {
    this.#timeline.spanS = seconds;
  }

  /** Code of the reason that a limit is. */
  reasonOf({ constraint }: LimitHit): number {
    return this.#limits.constraints[constraint]!.reason;
  }

  /** First slot from `from` on in which the row may start in the partition for so many slots; that many when none. */
  firstSlot(row: number, partition: number, from: number, length: number): number {
    const { constraints, timeLimitS, qos } = this.#tables.pending.columns;
    this.#nodeHit = undefined;
    if (constraints[row] === 0) {
      this.#timeline.hit = undefined;
      return from;
    }
    const amounts = this.#askedOf(row, partition);
    return this.#timeline.firstSlot(constraints[row]!, amounts, timeLimitS[row]!, from, length, qos[row]!);
  }

  /**
   * Whether the limits let the row start in a slot on the nodes that are picked, by default the kernel's; true where these
   * say no more than the row does. Where they do not let it, `hit` says why.
   */
  letsStart(
    row: number,
    partition: number,
    slot: number,
    length: number,
    picked: PickedNodes = this.#picked,
  ): boolean {
    const { constraints, timeLimitS, qos, shape } = this.#tables.pending.columns;
    this.#nodeHit = undefined;
    if (constraints[row] === 0 || !this.#goesByNodes(shape[row]!)) return true;
    const set = constraints[row]!;
    this.#nodeHit = overNodeLimit(
      this.#tables,
      this.#limits,
      set,
      shape[row]!,
      this.#nodesOf(shape[row]!, picked),
      this.#gresParent,
    );
    if (this.#nodeHit !== undefined) return false;
    const amounts = this.#takenBy(row, partition, picked);
    return this.#timeline.firstSlot(set, amounts, timeLimitS[row]!, slot, length, qos[row]!) === slot;
  }

  /** Counts what the plan gives the row on the nodes that are picked. */
  take(row: number, partition: number, slot: number, length: number): void {
    this.#count(row, partition, slot, length, 1);
  }

  /** Gives back what `take` counted, on the same picks. */
  giveBack(row: number, partition: number, slot: number, length: number): void {
    this.#count(row, partition, slot, length, -1);
  }

  #count(row: number, partition: number, slot: number, length: number, by: 1 | -1): void {
    const { subjects, timeLimitS, qos, shape } = this.#tables.pending.columns;
    if (subjects[row] === 0) return;
    const isKnown = !this.#goesByNodes(shape[row]!);
    const amounts = isKnown ? this.#askedOf(row, partition) : this.#takenBy(row, partition, this.#picked);
    this.#timeline.count(subjects[row]!, amounts, timeLimitS[row]!, slot, length, by, qos[row]!);
  }

  /** Only of an uneven job how many there are is the kernel's to say. */
  #nodesOf(shape: number, picked: PickedNodes): TakenNodes {
    const { picks, pickTasks } = picked;
    const { columns } = this.#tables.shapes;
    if (columns.uneven[shape] === 1)
      return { nodes: picks.subarray(0, picked.pickCount()), tasks: pickTasks };
    const count = Math.max(1, columns.minNodes[shape]!, columns.requiredCount[shape]!);
    return { nodes: picks.subarray(0, count), tasks: undefined };
  }

  #goesByNodes(shape: number): boolean {
    const { shapes } = this.#tables;
    if (shapes.columns.uneven[shape] === 1 || shapes.columns.oneThreadPerCore[shape] === 1) return true;
    return isWholeShape(shapes, shape) && this.#wholeNodes().differ;
  }

  #wholeNodes(): WholeNodes {
    this.#whole ??= wholeNodes(this.#tables);
    return this.#whole;
  }

  #askedOf(row: number, partition: number): Float64Array {
    const { shapes, pending, partitions } = this.#tables;
    const weights = partitions[partition]?.billing ?? CPU_BILLING;
    const { least } = this.#wholeNodes();
    const shape = pending.columns.shape[row]!;
    const part = this.#tables.parts?.counts.get(shape);
    return askedAmounts(shapes, shape, this.#gresParent, weights, least, this.#amounts, part);
  }

  #takenBy(row: number, partition: number, picked: PickedNodes): Float64Array {
    const weights = this.#tables.partitions[partition]?.billing ?? CPU_BILLING;
    const shape = this.#tables.pending.columns.shape[row]!;
    const { nodes, tasks } = this.#nodesOf(shape, picked);
    const part = this.#tables.parts?.counts.get(shape);
    return spreadAmounts(this.#tables, shape, this.#gresParent, weights, nodes, tasks, this.#amounts, part);
  }
}
