/**
 * What is free on the nodes that one commit touches: the live columns less what the commit has given already. Copies a
 * node at its first use, so that the live tables are only read.
 */
import { DEVICE_LANES, WHOLE_DEVICE } from "../model/ids.ts";
import type { NodeTable } from "../state/tables.ts";

export interface FreeNode {
  cpus: number;
  memMib: number;
  /** Bit l is set when the device on lane l is wholly free. */
  freeLanes: number;
}

export class FreeBook {
  readonly #nodes: NodeTable;
  readonly #touched = new Map<number, FreeNode>();

  constructor(nodes: NodeTable) {
    this.#nodes = nodes;
  }

  of(node: number): FreeNode {
    let free = this.#touched.get(node);
    if (free === undefined) {
      const { columns } = this.#nodes;
      free = {
        cpus: columns.freeCpus[node]!,
        memMib: columns.freeMemMib[node]!,
        freeLanes: this.#freeLanes(node),
      };
      this.#touched.set(node, free);
    }
    return free;
  }

  take(node: number, cpus: number, memMib: number, lanes: readonly number[]): void {
    const free = this.of(node);
    free.cpus -= cpus;
    free.memMib -= memMib;
    for (const lane of lanes) free.freeLanes &= ~(1 << lane);
  }

  #freeLanes(node: number): number {
    const { columns, capacity } = this.#nodes;
    let lanes = 0;
    for (let lane = 0; lane < DEVICE_LANES; lane++) {
      if (columns.laneFree[lane * capacity + node] === WHOLE_DEVICE) lanes |= 1 << lane;
    }
    return lanes;
  }
}
