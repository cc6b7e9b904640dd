/**
 * The tasks of an uneven job while they are spread over nodes that something else than the kernel chooses. One a choice;
 * never looks at what is free.
 */
import type { Demand } from "../demand.ts";
import type { PlanKernel } from "../kernel.ts";

export class NodeShares {
  readonly #demand: Demand;
  readonly #shares = new Map<number, number>();
  /** Tasks that have no node yet. */
  left: number;

  constructor(demand: Demand) {
    this.#demand = demand;
    this.left = demand.tasks;
  }

  /** Whether all tasks have a node, and the nodes are as many as the job may have. */
  get isAnswer(): boolean {
    const { size } = this.#shares;
    return this.left === 0 && size >= this.#demand.wantNodes && size <= this.#demand.maxNodes;
  }

  has(node: number): boolean {
    return this.#shares.has(node);
  }

  /** Tasks on the node so far. */
  of(node: number): number {
    return this.#shares.get(node) ?? 0;
  }

  /** Gives the node so many more of the tasks that are left. */
  add(node: number, tasks: number): void {
    const share = Math.min(this.left, tasks);
    if (share <= 0) return;
    this.#shares.set(node, this.of(node) + share);
    this.left -= share;
  }

  /** Fills each node that has a share up to what it holds. */
  fillUp(holds: (node: number) => number): void {
    for (const [node, share] of this.#shares) this.add(node, holds(node) - share);
  }

  /** Writes nodes and the tasks of each as the kernel's picks, lowest rows first; gives how many nodes. */
  pick(kernel: PlanKernel): number {
    const nodes = Int32Array.from(this.#shares.keys()).sort();
    kernel.usePicks(
      nodes,
      nodes.map((node) => this.of(node)),
    );
    return nodes.length;
  }
}
