/** How many tasks of arrays a plan may still start where several of its rows share one `%limit`. One a pass. Pure. */
import type { PassTables } from "../state/tables.ts";

export class TaskBudget {
  readonly #groupOf: ReadonlyMap<number, number>;
  readonly #left: Int32Array;

  private constructor(groupOf: ReadonlyMap<number, number>, left: Int32Array) {
    this.#groupOf = groupOf;
    this.#left = left;
  }

  /** undefined where no rows share a limit. */
  static of({ taskGroups }: PassTables): TaskBudget | undefined {
    return taskGroups && new TaskBudget(taskGroups.groupOf, taskGroups.left.slice());
  }

  /** Tasks of the row that may start, `own` of them at most. */
  most(row: number, own: number): number {
    const group = this.#groupOf.get(row);
    return group === undefined ? own : Math.min(own, this.#left[group]!);
  }

  /** A task of the row starts. */
  take(row: number): void {
    const group = this.#groupOf.get(row);
    if (group !== undefined) this.#left[group]!--;
  }
}
