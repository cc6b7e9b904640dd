/**
 * Which nodes a job that starts now gets: the kernel says which ones hold it, the policies choose among them. Leaves the
 * choice in the kernel's picks, in rank order, for `take`. Runs once for each job that may start.
 */
import type { PolicyJob } from "../model/policy.ts";
import type { PassTables } from "../state/tables.ts";
import { BootRoom } from "./boot-room.ts";
import type { ClassTable } from "./class-table.ts";
import type { PlanKernel } from "./kernel.ts";
import type { NodeChooser } from "./node-chooser.ts";
import { pickRuled } from "./rules/ruled-picker.ts";

export class Picker {
  readonly #kernel: PlanKernel;
  readonly #classes: ClassTable;
  readonly #chooser: NodeChooser;
  readonly #boot: BootRoom | undefined;
  /** Slots that a job with the last picks holds: more than asked where it waits for a node first. */
  held = 0;

  /** `borders` are those of the kernel's slots; without them no node is asleep. */
  constructor(
    kernel: PlanKernel,
    classes: ClassTable,
    chooser: NodeChooser,
    tables?: PassTables,
    borders?: Int32Array,
  ) {
    this.#boot = tables === undefined || borders === undefined ? undefined : BootRoom.of(tables, borders);
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
    this.held = length;
    return this.#boot === undefined
      ? this.#pickHolding(classIndex, length, describe)
      : this.#pickAwakeFirst(this.#boot, classIndex, length, describe);
  }

  #pickHolding(classIndex: number, length: number, describe: () => PolicyJob): number {
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

  /** On nodes that are awake where they hold it, else on any, for as much longer as it waits for those that are not. */
  #pickAwakeFirst(boot: BootRoom, classIndex: number, length: number, describe: () => PolicyJob): number {
    const { uneven, rule, required } = this.#classes.demand[classIndex]!;
    const long = boot.lengthWithBoot(length);
    if (uneven || rule !== undefined) {
      // The cheapest nodes are named first where they may be, and those that are asleep cost more than all others.
      const count = this.#pickHolding(classIndex, length, describe);
      if (count === 0 || long === length || !boot.isAnyAsleep(this.#kernel.picks, count)) return count;
      this.held = long;
      return this.#pickHolding(classIndex, long, describe);
    }
    const rest = this.#classes.want[classIndex]! - required.length;
    const mayDo = required.every((row) => !boot.isAsleep(row));
    if (mayDo && this.#kernel.feasible(classIndex, length) >= rest && boot.keepAwake(this.#kernel, rest))
      return this.#takeMarked(classIndex, length, describe);
    this.held = long;
    return this.#pickEven(classIndex, long, describe);
  }

  #pickEven(classIndex: number, length: number, describe: () => PolicyJob): number {
    const rest = this.#classes.want[classIndex]! - this.#classes.demand[classIndex]!.required.length;
    const feasible = rest > 0 ? this.#kernel.feasible(classIndex, length) : 0;
    return feasible < rest ? 0 : this.#takeMarked(classIndex, length, describe);
  }

  /** Among the marked nodes, which are enough beside those that the job names. */
  #takeMarked(classIndex: number, length: number, describe: () => PolicyJob): number {
    const { required } = this.#classes.demand[classIndex]!;
    const want = this.#classes.want[classIndex]!;
    const rest = want - required.length;
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
