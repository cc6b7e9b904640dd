/**
 * Nodes by what they cost: the cheapest that are enough for a job are taken first, whatever the policies would rather
 * have, and only among the dearest that it needs do these choose. One a pass, where costs differ. Pure.
 */
import type { PassTables } from "../state/tables.ts";

export class NodeTiers {
  /** By node row: place of its cost among all costs, the lowest 0. */
  readonly #tier: Int32Array;
  readonly #counts: Int32Array;
  /** The marks as the kernel left them, while the rest is chosen among a part of them. */
  readonly #marked: Uint8Array;

  private constructor(tier: Int32Array, tiers: number) {
    this.#tier = tier;
    this.#counts = new Int32Array(tiers);
    this.#marked = new Uint8Array(tier.length);
  }

  /** undefined where all nodes cost the same. */
  static of({ nodeCosts }: Pick<PassTables, "nodeCosts">): NodeTiers | undefined {
    if (nodeCosts === undefined) return undefined;
    const costs = [...new Set(nodeCosts)].sort((a, b) => a - b);
    if (costs.length <= 1) return undefined;
    const places = new Map(costs.map((cost, place) => [cost, place]));
    return new NodeTiers(
      Int32Array.from(nodeCosts, (cost) => places.get(cost)!),
      costs.length,
    );
  }

  /**
   * Writes the marked nodes that a job on `want` nodes has in any case into `out`, lowest rows first, and leaves only
   * those marked among which the rest is to be chosen; gives how many it wrote. At least `want` nodes are marked.
   */
  takeCheap(mask: Uint8Array, want: number, out: Int32Array): number {
    const last = this.#lastTier(mask, want);
    let taken = 0;
    for (let row = 0; row < mask.length; row++) {
      if (mask[row] === 0) continue;
      const tier = this.#tier[row]!;
      if (tier < last) out[taken++] = row;
      if (tier !== last) mask[row] = 0;
    }
    return taken;
  }

  /**
   * Calls `choose` for one tier of the marked nodes after the other, with the marks of that tier alone and how many are
   * wanted of it, until `want` nodes are chosen. The marks are gone afterwards.
   */
  each(mask: Uint8Array, want: number, choose: (wanted: number) => void): void {
    const last = this.#lastTier(mask, want);
    const wanted = this.#counts.slice(0, last + 1);
    const marked = this.#marked;
    marked.set(mask);
    let left = want;
    for (let tier = 0; tier <= last; tier++) {
      if (wanted[tier] === 0) continue;
      for (let row = 0; row < mask.length; row++) mask[row] = this.#tier[row] === tier ? marked[row]! : 0;
      const now = Math.min(left, wanted[tier]!);
      choose(now);
      left -= now;
    }
    mask.fill(0);
  }

  /** The dearest tier that a job on `want` of the marked nodes needs; counts the marked nodes of each. */
  #lastTier(mask: Uint8Array, want: number): number {
    const counts = this.#counts.fill(0);
    for (let row = 0; row < mask.length; row++) if (mask[row] !== 0) counts[this.#tier[row]!]!++;
    let held = 0;
    for (let tier = 0; tier < counts.length; tier++) {
      held += counts[tier]!;
      if (held >= want) return tier;
    }
    return counts.length - 1;
  }
}
