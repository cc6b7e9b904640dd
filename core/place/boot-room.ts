/**
 * Room for jobs on nodes that are asleep: a job that starts on one holds all its nodes for as much longer as it waits for
 * it, so the room it needs is that much longer. One a pass, while nodes are asleep. Pure but for the kernel's marks.
 */
import { isAsleepAt } from "../state/node-costs.ts";
import type { PassTables } from "../state/tables.ts";
import type { PlanKernel } from "./kernel.ts";
import { slotsOfLimit } from "./slots.ts";

export class BootRoom {
  readonly #costs: Float64Array;
  readonly #bootS: number;
  readonly #borders: Int32Array;

  private constructor(costs: Float64Array, bootS: number, borders: Int32Array) {
    this.#costs = costs;
    this.#bootS = bootS;
    this.#borders = borders;
  }

  /** undefined while no node is asleep. */
  static of({ nodeCosts, bootS }: PassTables, borders: Int32Array): BootRoom | undefined {
    return nodeCosts === undefined || bootS === undefined
      ? undefined
      : new BootRoom(nodeCosts, bootS, borders);
  }

  isAsleep(row: number): boolean {
    return isAsleepAt(this.#costs[row]!);
  }

  /** Slots that a job of so many holds when it first waits for a node; rounded up. */
  lengthWithBoot(length: number): number {
    const border = this.#borders[length];
    return border === undefined ? length : slotsOfLimit(this.#borders, border + this.#bootS);
  }

  /** Leaves of the kernel's marks those of nodes that are awake where these are as many as wanted; whether they are. */
  keepAwake(kernel: PlanKernel, want: number): boolean {
    const mask = kernel.feasibleMask;
    let awake = 0;
    for (let row = 0; row < mask.length; row++) if (mask[row] !== 0 && !this.isAsleep(row)) awake++;
    if (awake < want) return false;
    for (let row = 0; row < mask.length; row++) if (this.isAsleep(row)) mask[row] = 0;
    return true;
  }

  /** Whether any of the first `count` picks is asleep. */
  isAnyAsleep(picks: Int32Array, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.isAsleep(picks[i]!)) return true;
    return false;
  }
}
