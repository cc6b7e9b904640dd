/**
 * Which nodes a job that starts now gets: the kernel says which ones hold it, the policies choose among them. Leaves the
 * choice in the kernel's picks, in rank order, for `take`. Runs once for each job that may start.
 */
import type { PolicyJob } from "../model/policy.ts";
import type { ClassTable } from "./class-table.ts";
import type { PlanKernel } from "./kernel.ts";
import type { NodeChooser } from "./node-chooser.ts";
import { pickRuled } from "./rules/ruled-picker.ts";

export class Picker {
  readonly #kernel: PlanKernel;
  readonly #classes: ClassTable;
  readonly #chooser: NodeChooser;

  constructor(kernel: PlanKernel, classes: ClassTable, chooser: NodeChooser) {
    this.#kernel = kernel;
    this.#classes = classes;
    this.#chooser = chooser;
  }

  /**
   * Picks nodes for a job of the class that starts now and holds `length` slots; gives how many, 0 where it does not fit.
   * `describe` gives the job to the policies, and is called only where it fits.
   */
  pick(classIndex: number, length: number, describe: () => PolicyJob): number {
    this.#classes.ready(classIndex);
    const demand = this.#classes.demand[classIndex]!;
    if (demand.rule !== undefined)
      return pickRuled(
        this.#kernel,
        this.#classes.rules,
        this.#chooser,
        classIndex,
        demand,
        length,
        describe,
      );
    return demand.uneven
      ? this.#pickUneven(classIndex, length, describe)
      : this.#pickEven(classIndex, length, describe);
  }

  /** Whether a job of the class could start now and hold `length` slots. Writes over the marks of nodes. */
  fits(classIndex: number, length: number): boolean {
    this.#classes.ready(classIndex);
    const demand = this.#classes.demand[classIndex]!;
    const { uneven, required } = demand;
    if (demand.rule !== undefined) return this.#classes.rules.at(classIndex, demand, length, 0) !== undefined;
    if (uneven) return this.#kernel.unevenNow(classIndex, length) > 0;
    const rest = this.#classes.want[classIndex]! - required.length;
    if (rest > 0 && this.#kernel.feasible(classIndex, length) < rest) return false;
    return required.length === 0 || this.#kernel.requiredFit(classIndex, length);
  }

  #pickEven(classIndex: number, length: number, describe: () => PolicyJob): number {
    const { required } = this.#classes.demand[classIndex]!;
    const want = this.#classes.want[classIndex]!;
    const rest = want - required.length;
    const feasible = rest > 0 ? this.#kernel.feasible(classIndex, length) : 0;
    if (feasible < rest) return 0;
    if (required.length > 0 && !this.#kernel.requiredFit(classIndex, length)) return 0;
    this.#kernel.picks.set(required);
    this.#chooser.choose(describe(), rest, required.length);
    if (required.length > 0) this.#kernel.picks.subarray(0, want).sort();
    return want;
  }

  /** Nodes in the order of the policies until the tasks fit; the fullest first where that takes too many. */
  #pickUneven(classIndex: number, length: number, describe: () => PolicyJob): number {
    const fewest = this.#kernel.unevenNow(classIndex, length);
    if (fewest === 0) return 0;
    const named = this.#classes.demand[classIndex]!.required.length;
    const byPolicy = fewest > named ? this.#pickByPolicy(classIndex, length, fewest - named, describe()) : 0;
    const count = byPolicy > 0 ? byPolicy : fewest;
    if (byPolicy === 0) this.#kernel.pickFullest(classIndex);
    this.#kernel.share(classIndex, length, count);
    return count;
  }

  #pickByPolicy(classIndex: number, length: number, fewest: number, job: PolicyJob): number {
    const { required, maxNodes, wantNodes, tasks } = this.#classes.demand[classIndex]!;
    let left = tasks;
    for (const row of required) left -= this.#kernel.capacityNow(classIndex, length, row);
    /** How many of these rows, in their order, hold what is left; 0 where all do not. */
    const enough = (rows: Int32Array): number => {
      let held = 0;
      for (let i = 0; i < rows.length; i++) {
        held += this.#kernel.capacityNow(classIndex, length, rows[i]!);
        if (held >= left && i + 1 + required.length >= wantNodes) return i + 1;
      }
      return 0;
    };
    const most = Math.min(maxNodes - required.length, this.#kernel.unevenAtMost(classIndex));
    const set = this.#chooser.set(job, fewest);
    let rows = set;
    let count = set === undefined ? 0 : enough(set);
    if (count === 0) {
      rows = this.#chooser.order(job, most);
      count = enough(rows);
      rows.subarray(0, count).sort();
    }
    if (count === 0) return 0;
    const { picks } = this.#kernel;
    picks.set(required);
    picks.set(rows!.subarray(0, count), required.length);
    if (required.length > 0) picks.subarray(0, required.length + count).sort();
    return required.length + count;
  }
}
