/**
 * What running jobs and the starts of a plan give back on each node, and when: the ends that the kernel fills its second
 * slot from. Starts are noted while they are made; the rows of the running table are added once somebody asks.
 */
import type { PassTables } from "../../state/tables.ts";
import type { PlanKernel } from "../kernel.ts";
import type { EndColumns } from "../running-ends.ts";
import { NEVER_S } from "../slots.ts";
import { DUE_S } from "./ends.ts";

/** Nothing ends. */
export const NO_ENDS: EndColumns = {
  count: 0,
  endS: new Uint32Array(0),
  node: new Int32Array(0),
  cpus: new Int32Array(0),
  memMib: new Int32Array(0),
  gres: [],
};

interface Held {
  readonly job: number;
  readonly node: number;
  readonly endS: number;
  /** As free before the start, then as held by it. */
  cpus: number;
  memMib: number;
  readonly gres: number[];
  /** Where it matters, whose it is. */
  owner: number;
}

export class NodeEnds {
  readonly #tables: PassTables;
  readonly #kernel: PlanKernel;
  readonly #held: Held[] = [];

  constructor(tables: PassTables, kernel: PlanKernel) {
    this.#tables = tables;
    this.#kernel = kernel;
  }

  /** Calls `take`, which takes from the first `count` picks, and notes what that was. */
  note(job: number, limitS: number, count: number, take: () => void): void {
    const kernel = this.#kernel;
    const endS = Math.min(NEVER_S, this.#tables.nowS + limitS);
    const first = this.#held.length;
    for (let i = 0; i < count; i++) {
      const node = kernel.picks[i]!;
      const gres = kernel.dimensions.map((_, plane) => kernel.freeGres(plane, node));
      this.#held.push({
        job,
        node,
        endS,
        cpus: kernel.freeCpus(node),
        memMib: kernel.freeMemMib(node),
        gres,
        owner: 0,
      });
    }
    take();
    const owner = kernel.owners?.lastOwner ?? 0;
    for (let at = first; at < this.#held.length; at++) {
      const held = this.#held[at]!;
      held.owner = owner;
      held.cpus -= kernel.freeCpus(held.node);
      held.memMib -= kernel.freeMemMib(held.node);
      for (let plane = 0; plane < held.gres.length; plane++)
        held.gres[plane]! -= kernel.freeGres(plane, held.node);
    }
  }

  /** All ends, in epoch seconds after now. */
  columns(): EndColumns {
    const { columns, capacity, count: running } = this.#tables.running;
    const { dimensions } = this.#kernel;
    const { nowS } = this.#tables;
    const count = running + this.#held.length;
    const gres = dimensions.map(() => new Uint8Array(count));
    const owners = this.#tables.owners?.running;
    const owner = new Int32Array(owners === undefined ? 0 : count);
    if (owners !== undefined) owner.set(owners);
    const ends = {
      count,
      ...(owners === undefined ? {} : { owner }),
      endS: new Uint32Array(count),
      node: new Int32Array(count),
      cpus: new Int32Array(count),
      memMib: new Int32Array(count),
      gres,
    };
    for (const name of ["endS", "node", "cpus", "memMib"] as const)
      ends[name].set(columns[name].subarray(0, running));
    dimensions.forEach((dimension, plane) => {
      gres[plane]!.set(columns.gres.subarray(dimension * capacity, dimension * capacity + running));
    });
    for (let row = 0; row < running; row++) if (ends.endS[row]! <= nowS) ends.endS[row] = nowS + DUE_S;
    this.#held.forEach((held, i) => {
      const at = running + i;
      ends.endS[at] = held.endS;
      ends.node[at] = held.node;
      ends.cpus[at] = held.cpus;
      ends.memMib[at] = held.memMib;
      if (owners !== undefined) owner[at] = held.owner;
      for (let plane = 0; plane < gres.length; plane++) gres[plane]![at] = held.gres[plane]!;
    });
    return ends;
  }

  /** Distinct seconds from now at which something ends, ascending. */
  times(): Int32Array {
    const { nowS, endOrder, runningJobs } = this.#tables;
    const { endS } = runningJobs.columns;
    const times = new Set<number>();
    for (let i = 0; i < endOrder.length; i++) {
      const end = endS[endOrder[i]!]!;
      if (end >= NEVER_S) break;
      times.add(Math.max(DUE_S, end - nowS));
    }
    for (const held of this.#held) if (held.endS < NEVER_S) times.add(held.endS - nowS);
    return Int32Array.from(times).sort();
  }

  /** The last job to end on one of the marked nodes by `atS` seconds from now, of equal ones the lowest; 0 for none. */
  lastToEnd(marked: Uint8Array, atS: number): number {
    const { columns, count } = this.#tables.running;
    const { nowS } = this.#tables;
    let last = 0;
    let lastS = 0;
    const offer = (job: number, node: number, leftS: number): void => {
      if (marked[node] === 0 || leftS > atS || leftS < lastS) return;
      if (leftS === lastS && last !== 0 && job > last) return;
      last = job;
      lastS = leftS;
    };
    for (let row = 0; row < count; row++)
      offer(columns.jobId[row]!, columns.node[row]!, Math.max(DUE_S, columns.endS[row]! - nowS));
    for (const held of this.#held) offer(held.job, held.node, held.endS - nowS);
    return last;
  }
}
