/**
 * What will be free at the shadow time on the nodes where something ends by then: with it a reservation is laid on what
 * is not free yet. The kernel judges what is free now; this is for the choice alone. Made once for each reservation.
 */
import type { PassTables } from "../../state/tables.ts";
import { tasksHeld } from "../capacity.ts";
import { type Demand, filterOf, partitionBitHi, partitionBitLo, shortOf } from "../demand.ts";
import type { PlanKernel } from "../kernel.ts";
import type { EndColumns } from "../running-ends.ts";
import { NEVER_S } from "../slots.ts";

export class LaterRoom {
  readonly #tables: PassTables;
  /** Nodes on which something ends by then, the last to free first. */
  readonly nodes: readonly number[];
  /** By node, those above only. */
  readonly cpus: Int32Array;
  readonly #memMib: Int32Array;
  /** Plane d = GRES dimension d, as in the node table. */
  readonly #gres: Uint8Array;

  constructor(tables: PassTables, kernel: PlanKernel, ends: EndColumns, atS: number) {
    const { count, capacity } = tables.nodes;
    this.#tables = tables;
    this.cpus = new Int32Array(count);
    this.#memMib = new Int32Array(count);
    this.#gres = new Uint8Array(tables.nodes.columns.freeGres.length);
    const lastS = new Map<number, number>();
    const byS = tables.nowS + atS;
    for (let i = 0; i < ends.count; i++) {
      const endS = ends.endS[i]!;
      if (endS > byS || endS >= NEVER_S) continue;
      const node = ends.node[i]!;
      const known = lastS.get(node);
      if (known === undefined) {
        this.cpus[node] = kernel.freeCpus(node);
        this.#memMib[node] = kernel.freeMemMib(node);
        kernel.dimensions.forEach((dimension, plane) => {
          this.#gres[dimension * capacity + node] = kernel.freeGres(plane, node);
        });
      }
      lastS.set(node, Math.max(known ?? 0, endS));
      this.cpus[node]! += ends.cpus[i]!;
      this.#memMib[node]! += ends.memMib[i]!;
      kernel.dimensions.forEach((dimension, plane) => {
        this.#gres[dimension * capacity + node]! += ends.gres[plane]![i]!;
      });
    }
    this.nodes = [...lastS].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([node]) => node);
  }

  /** Whether one node of the job, or of an uneven one a task, will fit on this node; the job must be allowed there. */
  fits(demand: Demand, partition: number, node: number): boolean {
    const lo = partitionBitLo(partition);
    const hi = partitionBitHi(partition);
    const isExcluded = demand.excluded.includes(node);
    return (
      filterOf(this.#tables, demand, node, lo, hi, isExcluded) === "" &&
      shortOf(this.#tables, demand, node, this.cpus, this.#memMib, this.#gres) === ""
    );
  }

  /** Tasks of an uneven job that this node will hold; 0 also where one fits but for the memory of its threads. */
  tasks(demand: Demand, node: number): number {
    const { capacity } = this.#tables.nodes;
    return tasksHeld(this.#tables, demand, node, this.cpus[node]!, this.#memMib[node]!, (check) => {
      return this.#gres[check.dimension * capacity + node]!;
    });
  }
}
