/**
 * Nodes next to each other in the order of names: the shortest row of them that holds a job, and of equal ones that in the
 * shortest run of nodes to be had, so that long runs stay whole. Exact: whatever row does, a shortest one from its first
 * node on does as well, and these are all looked at.
 */
import { isIn, type SetAsk } from "./set-ask.ts";
import type { Holds } from "./spanning.ts";

/** Ascending rows; undefined where no row holds the job. `nodes` are those that it may have. */
export function chooseNeighbours(ask: SetAsk, nodes: Int32Array, holds: Holds): Int32Array | undefined {
  const order = byPlace(ask, nodes);
  const mostNodes = Math.min(ask.most, ask.units);
  let best: Int32Array | undefined;
  let bestRun = 0;
  for (const [from, to] of runsOf(ask, order)) {
    const window = new Window(ask, order, holds, from);
    for (let first = from; first < to; first++) {
      while (!window.isEnough() && window.end < to) window.push();
      if (!window.isEnough()) break;
      const isBetter =
        best === undefined ||
        window.count < best.length ||
        (window.count === best.length && to - from < bestRun);
      if (isBetter && window.count <= mostNodes && window.isOnFewLeaves()) {
        best = order.slice(first, window.end);
        bestRun = to - from;
      }
      window.shift();
    }
  }
  return best?.sort();
}

/** Nodes in the longest run of these. */
export function longestRun(ask: SetAsk, nodes: Int32Array): number {
  let longest = 0;
  for (const [from, to] of runsOf(ask, byPlace(ask, nodes))) longest = Math.max(longest, to - from);
  return longest;
}

function byPlace({ places }: SetAsk, nodes: Int32Array): Int32Array {
  if (places === undefined) return new Int32Array(0);
  return nodes.slice().sort((a, b) => places[a]! - places[b]!);
}

/** Stretches of the order in which each node follows the one before it. */
function* runsOf({ places }: SetAsk, order: Int32Array): Generator<readonly [from: number, to: number]> {
  let from = 0;
  for (let i = 1; i <= order.length; i++) {
    if (i < order.length && places![order[i]!] === places![order[i - 1]!]! + 1) continue;
    if (i > from) yield [from, i];
    from = i;
  }
}

/** Nodes of the order from one to another, while both move on. */
class Window {
  readonly #ask: SetAsk;
  readonly #order: Int32Array;
  readonly #holds: Holds;
  #first: number;
  end: number;
  #units = 0;
  #named = 0;
  /** By set of terms: nodes with one of them, and nodes wanted. */
  readonly #having: Int32Array;
  readonly #wanted: Int32Array;
  readonly #onLeaf = new Map<number, number>();

  constructor(ask: SetAsk, order: Int32Array, holds: Holds, from: number) {
    this.#ask = ask;
    this.#order = order;
    this.#holds = holds;
    this.#first = from;
    this.end = from;
    this.#wanted = ask.book.wanted;
    this.#having = new Int32Array(this.#wanted.length);
  }

  get count(): number {
    return this.end - this.#first;
  }

  push(): void {
    this.#count(this.#order[this.end++]!, 1);
  }

  /** Leaves the first node out. */
  shift(): void {
    this.#count(this.#order[this.#first++]!, -1);
  }

  isEnough(): boolean {
    const { least, units, required } = this.#ask;
    if (this.count < least || this.#units < units || this.#named < required.length) return false;
    // Hall's theorem, as in areCovered.
    for (let set = 1; set < this.#wanted.length; set++)
      if (this.#having[set]! < this.#wanted[set]!) return false;
    return true;
  }

  isOnFewLeaves(): boolean {
    const { switches } = this.#ask.rule;
    return switches === 0 || this.#onLeaf.size <= switches;
  }

  #count(node: number, by: 1 | -1): void {
    const { terms, leaves, required } = this.#ask;
    this.#units += by * this.#holds[node]!;
    if (isIn(required, node)) this.#named += by;
    for (let set = 1; set < this.#having.length; set++)
      if ((terms[node]! & set) !== 0) this.#having[set]! += by;
    const leaf = leaves[node]!;
    const on = (this.#onLeaf.get(leaf) ?? 0) + by;
    if (on === 0) this.#onLeaf.delete(leaf);
    else this.#onLeaf.set(leaf, on);
  }
}
