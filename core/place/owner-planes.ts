/**
 * Whose jobs are on a node in each slot, in the kernel's memory, where some share nodes among the jobs of one user alone.
 * A cell is 0 for nobody's, the number of the one user whose jobs are there, negative where nobody else's may be, or one
 * of the two words below. Made anew for each pass; costs nothing where there are no such jobs. Scratch memory.
 *
 * What is there cannot be undone from the cell alone, so what each job holds is kept beside it, in lists by node.
 */
import type { EndColumns } from "./running-ends.ts";

/** Jobs of several users, none of them alone. */
export const MIXED = 1 << 30;
/** Jobs of several users, one of whom should be alone: since the site's configuration has changed. Nobody may join. */
export const CLOSED = -MIXED;

/** What a class says of itself: the number of its user, negative where nobody else's jobs may be beside it. */
export type Owner = number;

const FIRST_HOLDS = 1_024;

export class OwnerPlanes {
  /** [slot][node]. */
  #cells: Int32Array = new Int32Array(0);
  #rows = 0;
  #slots = 0;
  /** By node: its last hold, -1 for none. */
  #last = new Int32Array(0);
  // By hold; a hold that was given back is in no list.
  #before = new Int32Array(FIRST_HOLDS);
  #node = new Int32Array(FIRST_HOLDS);
  #owner = new Int32Array(FIRST_HOLDS);
  #from = new Int32Array(FIRST_HOLDS);
  #to = new Int32Array(FIRST_HOLDS);
  /** Holds that were ever made in the pass: the next one's number. */
  count = 0;

  /** Begins a pass with the jobs of the ends, which hold their nodes for good until `fill` knows better. */
  begin(cells: Int32Array, rows: number, slots: number, running: EndColumns): void {
    this.#cells = cells;
    this.#rows = rows;
    this.#slots = slots;
    if (this.#last.length < rows) this.#last = new Int32Array(rows);
    this.#clear();
    this.#holdAll(running, () => slots);
  }

  /** After the kernel's memory has grown: the same cells elsewhere. */
  view(cells: Int32Array): void {
    this.#cells = cells;
  }

  /** As the kernel's `fill`: who is there until which slot. Without owners nothing is known to end. */
  fill(ends: EndColumns, endSlotOf: (endS: number) => number): void {
    if (ends.owner === undefined) {
      for (let slot = 1; slot < this.#slots; slot++) this.#cells.copyWithin(slot * this.#rows, 0, this.#rows);
      this.#to.fill(this.#slots, 0, this.count);
      return;
    }
    this.#clear();
    this.#holdAll(ends, (i) => endSlotOf(ends.endS[i]!));
  }

  /** A job of the owner is on the node from a slot up to, and not with, another. */
  hold(node: number, owner: Owner, from: number, to: number): void {
    const at = this.count++;
    if (at === this.#node.length) this.#grow();
    this.#before[at] = this.#last[node]!;
    this.#node[at] = node;
    this.#owner[at] = owner;
    this.#from[at] = from;
    this.#to[at] = to;
    this.#last[node] = at;
    this.#mark(at, from, to);
  }

  /** Gives back the last hold that was made with the same. */
  release(node: number, owner: Owner, from: number, to: number): void {
    for (let at = this.#last[node]!; at >= 0; at = this.#before[at]!) {
      if (this.#owner[at] !== owner || this.#from[at] !== from || this.#to[at] !== to) continue;
      this.#drop(at);
      return;
    }
  }

  /** Gives back the holds from this number on, that of a count before, up to another. */
  releaseFrom(first: number, end: number): void {
    for (let at = end - 1; at >= first; at--) this.#drop(at);
  }

  /** Whose hold was made last. */
  get lastOwner(): Owner {
    return this.#owner[this.count - 1] ?? 0;
  }

  /** Whether a job of the owner may be on the node in all of these slots. */
  admits(node: number, owner: Owner, from: number, to: number): boolean {
    for (let slot = from; slot < to; slot++)
      if (!isAdmitted(this.#cells[slot * this.#rows + node]!, owner)) return false;
    return true;
  }

  #clear(): void {
    this.#cells.fill(0);
    this.#last.fill(-1);
    this.count = 0;
  }

  #holdAll(ends: EndColumns, endSlotOf: (i: number) => number): void {
    for (let i = 0; i < ends.count; i++) this.hold(ends.node[i]!, ends.owner![i]!, 0, endSlotOf(i));
  }

  #drop(dropped: number): void {
    const node = this.#node[dropped]!;
    if (this.#last[node] === dropped) this.#last[node] = this.#before[dropped]!;
    else {
      let at = this.#last[node]!;
      while (at >= 0 && this.#before[at] !== dropped) at = this.#before[at]!;
      if (at < 0) return;
      this.#before[at] = this.#before[dropped]!;
    }
    const from = this.#from[dropped]!;
    const to = this.#to[dropped]!;
    for (let slot = from; slot < to; slot++) this.#cells[slot * this.#rows + node] = 0;
    for (let at = this.#last[node]!; at >= 0; at = this.#before[at]!)
      this.#mark(at, Math.max(from, this.#from[at]!), Math.min(to, this.#to[at]!));
  }

  #mark(at: number, from: number, to: number): void {
    const node = this.#node[at]!;
    const owner = this.#owner[at]!;
    for (let slot = from; slot < to; slot++) {
      const cell = slot * this.#rows + node;
      this.#cells[cell] = together(this.#cells[cell]!, owner);
    }
  }

  #grow(): void {
    const wider = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(2 * column.length);
      grown.set(column);
      return grown;
    };
    this.#before = wider(this.#before);
    this.#node = wider(this.#node);
    this.#owner = wider(this.#owner);
    this.#from = wider(this.#from);
    this.#to = wider(this.#to);
  }
}

/** The cell with one owner more; in whatever order they come. */
export function together(cell: number, owner: Owner): number {
  if (cell === 0) return owner;
  if (cell === owner || cell === CLOSED) return cell;
  const isSame = Math.abs(cell) === Math.abs(owner);
  if (isSame) return -Math.abs(cell);
  return cell > 0 && owner > 0 ? MIXED : CLOSED;
}

/** The kernel's test, of one cell. */
export function isAdmitted(cell: number, owner: Owner): boolean {
  return owner < 0 ? cell === 0 || Math.abs(cell) === -owner : cell >= 0 || cell === -owner;
}
