/**
 * Nodes told off for counted terms of a constraint (`a*2&b*1`), each node for one at most, while a set of nodes grows. The
 * nodes that can be told off together are the independent sets of a transversal matroid, so that taking one node after the
 * other, in whatever order is liked best, never leads astray (Edmonds and Fulkerson 1965).
 */
export class TermBook {
  /** By set of terms, as bits: nodes that these want together. */
  readonly wanted: Int32Array;
  /** By set of terms: nodes told off that have no term outside of it. */
  readonly #inside: Int32Array;
  readonly #total: number;
  /** Nodes that are still wanted. */
  left: number;

  /** `counts[t]` nodes with term t. At most MAX_FEATURE_COUNTS of them. */
  constructor(counts: readonly number[]) {
    this.wanted = new Int32Array(1 << counts.length);
    this.#inside = new Int32Array(1 << counts.length);
    for (let set = 1; set < this.wanted.length; set++) {
      const lowest = 31 - Math.clz32(set & -set);
      this.wanted[set] = this.wanted[set & (set - 1)]! + counts[lowest]!;
    }
    this.#total = this.wanted.at(-1)!;
    this.left = this.#total;
  }

  clear(): void {
    this.#inside.fill(0);
    this.left = this.#total;
  }

  /** Tells off a node that has these terms, as bits; false where it is of no use beside those told off already. */
  add(terms: number): boolean {
    if (terms === 0 || this.left === 0) return false;
    const wanted = this.wanted;
    const inside = this.#inside;
    for (let set = terms; set < wanted.length; set = (set + 1) | terms)
      if (inside[set]! >= wanted[set]!) return false;
    for (let set = terms; set < wanted.length; set = (set + 1) | terms) inside[set]!++;
    this.left--;
    return true;
  }
}
