/**
 * Single cells of the kernel's planes, read and written by the host: for preemption, which looks at few nodes and gives
 * back what the kernel only takes. Made anew for each pass, after `fill`; the views are of that pass alone.
 */

/** What one node has, gives or takes. */
export interface Amounts {
  cpus: number;
  memMib: number;
  /** One a plane of the pass. */
  readonly gres: number[];
}

export interface PlaneLayout {
  /** [slot][node]. */
  readonly cpus: Int32Array;
  readonly memMib: Int32Array;
  /** [plane][slot][node], with one slot more than there are, for the totals. */
  readonly gres: Uint8Array;
  readonly rows: number;
  readonly slots: number;
  readonly planes: number;
  /** Tells the kernel that a cell may have risen, or that less is free from this slot on than before it. */
  readonly changed: (slot: number, node: number) => void;
}

export class PlaneCells {
  readonly #layout: PlaneLayout;

  constructor(layout: PlaneLayout) {
    this.#layout = layout;
  }

  get planes(): number {
    return this.#layout.planes;
  }
  get slots(): number {
    return this.#layout.slots;
  }

  cpus(slot: number, node: number): number {
    return this.#layout.cpus[slot * this.#layout.rows + node]!;
  }
  memMib(slot: number, node: number): number {
    return this.#layout.memMib[slot * this.#layout.rows + node]!;
  }
  gres(plane: number, slot: number, node: number): number {
    const { rows, slots, gres } = this.#layout;
    return gres[(plane * (slots + 1) + slot) * rows + node]!;
  }

  /** Whether less of anything is free in the slot than in the one before it. */
  isLess(slot: number, node: number): boolean {
    const { cpus, memMib, gres, rows, slots, planes } = this.#layout;
    const at = slot * rows + node;
    if (cpus[at]! < cpus[at - rows]! || memMib[at]! < memMib[at - rows]!) return true;
    for (let plane = 0; plane < planes; plane++) {
      const cell = (plane * (slots + 1) + slot) * rows + node;
      if (gres[cell]! < gres[cell - rows]!) return true;
    }
    return false;
  }

  /** Adds amounts, negative ones to take; devices stay between 0 and 255. */
  add(slot: number, node: number, amounts: Readonly<Amounts>, sign: 1 | -1): void {
    const { cpus, memMib, gres, rows, slots, planes, changed } = this.#layout;
    cpus[slot * rows + node]! += sign * amounts.cpus;
    memMib[slot * rows + node]! += sign * amounts.memMib;
    for (let plane = 0; plane < planes; plane++) {
      const at = (plane * (slots + 1) + slot) * rows + node;
      gres[at] = Math.min(255, Math.max(0, gres[at]! + sign * amounts.gres[plane]!));
    }
    changed(slot, node);
  }
}

export const noAmounts = (planes: number): Amounts => ({
  cpus: 0,
  memMib: 0,
  gres: new Array<number>(planes).fill(0),
});
