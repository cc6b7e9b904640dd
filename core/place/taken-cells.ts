/**
 * What a take took out of the planes, so that it can be given back: the kernel only takes. Remembers the cells of the
 * nodes concerned as they were, and adds back by how much they fell; block index and falls stay too wide, which is safe.
 */
import type { PlanKernel } from "./kernel.ts";
import { type Amounts, noAmounts, type PlaneCells } from "./plane-cells.ts";

interface Taken {
  readonly slot: number;
  readonly node: number;
  readonly amounts: Readonly<Amounts>;
}

export class TakenCells {
  readonly #cells: PlaneCells;
  readonly #taken: readonly Taken[];
  readonly #release: () => void;

  private constructor(cells: PlaneCells, taken: readonly Taken[], release: () => void) {
    this.#cells = cells;
    this.#taken = taken;
    this.#release = release;
  }

  /** Calls `take`, which takes from these nodes from a slot on, and notes what that was. */
  static of(kernel: PlanKernel, nodes: Int32Array, from: number, take: () => void): TakenCells {
    const cells = kernel.cells();
    const before: Taken[] = [];
    for (const node of nodes)
      for (let slot = from; slot < cells.slots; slot++)
        before.push({ slot, node, amounts: amountsAt(cells, slot, node) });
    const { owners, parts } = kernel;
    const first = owners?.count ?? 0;
    const firstPart = parts?.count ?? 0;
    take();
    const end = owners?.count ?? 0;
    const endPart = parts?.count ?? 0;
    return new TakenCells(
      cells,
      before.flatMap(({ slot, node, amounts }) => {
        const fell = less(amounts, amountsAt(cells, slot, node));
        return fell === undefined ? [] : [{ slot, node, amounts: fell }];
      }),
      () => {
        owners?.releaseFrom(first, end);
        parts?.releaseFrom(firstPart, endPart);
      },
    );
  }

  /** Once, in the pass that took. */
  giveBack(): void {
    for (const { slot, node, amounts } of this.#taken) this.#cells.add(slot, node, amounts, 1);
    this.#release();
  }
}

function amountsAt(cells: PlaneCells, slot: number, node: number): Amounts {
  const amounts = noAmounts(cells.planes);
  amounts.cpus = cells.cpus(slot, node);
  amounts.memMib = cells.memMib(slot, node);
  for (let plane = 0; plane < cells.planes; plane++) amounts.gres[plane] = cells.gres(plane, slot, node);
  return amounts;
}

/** undefined where nothing fell. */
function less(before: Amounts, after: Amounts): Amounts | undefined {
  before.cpus -= after.cpus;
  before.memMib -= after.memMib;
  let isTaken = before.cpus !== 0 || before.memMib !== 0;
  after.gres.forEach((left, plane) => {
    before.gres[plane]! -= left;
    isTaken ||= before.gres[plane] !== 0;
  });
  return isTaken ? before : undefined;
}
