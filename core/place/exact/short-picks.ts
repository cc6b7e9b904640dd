/**
 * Nodes for a job that ends by the shadow time: first those that are kept for the head of the queue from then on, which
 * only such a job can use. What is free beside the reservation then stays for longer jobs, as much of it as if nodes had
 * no names. Leaves the choice in the kernel's picks, in rank order.
 */
import type { PolicyJob } from "../../model/policy.ts";
import type { PassTables } from "../../state/tables.ts";
import type { ClassTable } from "../class-table.ts";
import { type Demand, filterOf, partitionBitHi, partitionBitLo } from "../demand.ts";
import type { PlanKernel } from "../kernel.ts";
import type { NodeChooser } from "../node-chooser.ts";
import type { Picker } from "../picker.ts";
import { NodeShares } from "./node-shares.ts";
import type { Reservation } from "./reservation.ts";

/** Lengths in the kernel's slots: until the shadow time, and beyond it. */
const SHORT = 1;
const LONG = 2;

export class ShortPicks {
  readonly #tables: PassTables;
  readonly #kernel: PlanKernel;
  readonly #classes: ClassTable;
  readonly #chooser: NodeChooser;
  readonly #picker: Picker;
  readonly #reservation: Reservation;
  /** By node: 1 where a long job of the class at hand fits. */
  readonly #holdsLong: Uint8Array;

  constructor(
    tables: PassTables,
    kernel: PlanKernel,
    classes: ClassTable,
    chooser: NodeChooser,
    picker: Picker,
    reservation: Reservation,
  ) {
    this.#tables = tables;
    this.#kernel = kernel;
    this.#classes = classes;
    this.#chooser = chooser;
    this.#picker = picker;
    this.#reservation = reservation;
    this.#holdsLong = new Uint8Array(tables.nodes.count);
  }

  /** Picks nodes for a job that starts now; gives how many, 0 where it does not fit. As Picker.pick. */
  pick(classIndex: number, partition: number, describe: () => PolicyJob): number {
    // What nodes cost goes before what is left for others.
    if (this.#tables.nodeCosts !== undefined) return this.#picker.pick(classIndex, SHORT, describe);
    this.#classes.ready(classIndex);
    const demand = this.#classes.demand[classIndex]!;
    return demand.uneven
      ? this.#pickUneven(classIndex, partition, demand, describe)
      : this.#pickEven(classIndex, demand, describe);
  }

  #pickEven(classIndex: number, demand: Demand, describe: () => PolicyJob): number {
    const kernel = this.#kernel;
    const { required, wantNodes } = demand;
    const rest = wantNodes - required.length;
    if (rest > 0) {
      kernel.feasible(classIndex, LONG);
      this.#holdsLong.set(kernel.feasibleMask);
      if (kernel.feasible(classIndex, SHORT) < rest) return 0;
    }
    if (required.length > 0 && !kernel.requiredFit(classIndex, SHORT)) return 0;
    kernel.picks.set(required);
    if (rest > 0) this.#chooseKept(demand, rest, describe());
    if (required.length > 0) kernel.picks.subarray(0, wantNodes).sort();
    return wantNodes;
  }

  /** The policies choose among the kept nodes where these are enough, else beside them. */
  #chooseKept(demand: Demand, rest: number, job: PolicyJob): void {
    const kernel = this.#kernel;
    const mask = kernel.feasibleMask;
    const kept: number[] = [];
    for (let node = 0; node < mask.length; node++)
      if (mask[node] !== 0 && this.#isKept(demand, node)) kept.push(node);
    const offset = demand.required.length;
    if (kept.length >= rest) {
      mask.fill(0);
      for (const node of kept) mask[node] = 255;
      this.#chooser.choose(job, rest, offset);
      return;
    }
    for (const node of kept) mask[node] = 0;
    kernel.picks.set(kept, offset);
    this.#chooser.choose(job, rest - kept.length, offset + kept.length);
    kernel.picks.subarray(offset, offset + rest).sort();
  }

  /** Whether the job takes nothing on this node that a longer one could have. */
  #isKept(demand: Demand, node: number): boolean {
    if (this.#holdsLong[node] === 0) return true;
    if (this.#reservation.marked[node] === 0 || demand.wholeCpus) return false;
    const threads = demand.perThread ? this.#tables.nodes.columns.threadsPerCore[node]! : 1;
    const surplus = this.#kernel.freeCpus(node) - this.#reservation.laterCpus[node]!;
    return surplus >= demand.cpus * threads;
  }

  #pickUneven(classIndex: number, partition: number, demand: Demand, describe: () => PolicyJob): number {
    const kernel = this.#kernel;
    if (kernel.unevenNow(classIndex, SHORT) === 0) return 0;
    const shares = new NodeShares(demand);
    const holds = (node: number, length: number): number => kernel.capacityNow(classIndex, length, node);
    for (const node of demand.required) shares.add(node, 1);
    const { marked } = this.#reservation;
    for (let node = 0; node < marked.length && shares.left > 0; node++) {
      if (marked[node] === 0 || !this.#mayUse(demand, partition, node)) continue;
      shares.add(node, holds(node, SHORT) - holds(node, LONG) - shares.of(node));
    }
    shares.fillUp((node) => holds(node, SHORT));
    for (let node = 0; node < marked.length && shares.left > 0; node++) {
      if (!shares.has(node) && this.#mayUse(demand, partition, node)) shares.add(node, holds(node, SHORT));
    }
    return shares.isAnswer ? shares.pick(kernel) : this.#picker.pick(classIndex, SHORT, describe);
  }

  #mayUse(demand: Demand, partition: number, node: number): boolean {
    const lo = partitionBitLo(partition);
    const hi = partitionBitHi(partition);
    return filterOf(this.#tables, demand, node, lo, hi, demand.excluded.includes(node)) === "";
  }
}
