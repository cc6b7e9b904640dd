/**
 * Nodes on few leaf switches: which leaves, and which of their nodes. One leaf that holds the job goes before several, and
 * of those the one with the least room, so that the others stay free for wider jobs; of several the roomiest. Exact where
 * the roomiest leaves decide, that is for jobs whose nodes are alike and which count no features, and for one leaf; else
 * so many sets of leaves are looked at.
 */
import { isIn, type SetAsk } from "./set-ask.ts";
import { fewestOf, type Holds } from "./spanning.ts";

/** Sets of leaves that are looked at for one job at one time. */
export const MAX_LEAF_SETS = 512;

export interface LeafChoice {
  readonly picks: Int32Array;
  /** All that the job may have on the leaves chosen, ascending. */
  readonly region: Int32Array;
}

interface Leaf {
  readonly nodes: number[];
  units: number;
}

/** undefined where no set of leaves that was looked at holds the job. `nodes` are those that it may have, ascending. */
export function chooseLeaves(ask: SetAsk, nodes: Int32Array, holds: Holds): LeafChoice | undefined {
  const leaves = leavesOf(ask, nodes, holds);
  const named = leaves.filter(({ nodes: own }) => own.some((node) => isIn(ask.required, node)));
  const others = leaves.filter((leaf) => !named.includes(leaf)).sort((a, b) => b.units - a.units);
  const more = Math.min(ask.rule.switches - named.length, others.length);
  if (more < 0) return undefined;
  const trials = new Trials(ask, holds, named, others);
  if (named.length > 0 || more === 0) {
    const alone = trials.choose([]);
    if (alone !== undefined || more === 0) return alone;
  }
  // From the least roomy of those that hold it on.
  const first = named.length === 0 ? others.filter((leaf) => leaf.units >= ask.units).reverse() : [];
  for (const leaf of first) {
    const choice = trials.choose([leaf]);
    if (choice !== undefined) return choice;
  }
  if (more === 1 && named.length === 0) return undefined;
  for (let count = named.length > 0 ? 1 : 2; count < more; count++) {
    const choice = trials.choose(others.slice(0, count));
    if (choice !== undefined) return choice;
  }
  trials.renew();
  return trials.searchAll(more);
}

/** The most nodes that so many leaves have among these: for a job that they do not hold, how near they come. */
export function mostNodesOn(ask: SetAsk, nodes: Int32Array, holds: Holds): number {
  const counts = leavesOf(ask, nodes, holds).map((leaf) => leaf.nodes.length);
  counts.sort((a, b) => b - a);
  return counts.slice(0, ask.rule.switches).reduce((sum, count) => sum + count, 0);
}

function leavesOf({ leaves }: SetAsk, nodes: Int32Array, holds: Holds): Leaf[] {
  const byNumber = new Map<number, Leaf>();
  for (const node of nodes) {
    const number = leaves[node]!;
    let leaf = byNumber.get(number);
    if (leaf === undefined) {
      leaf = { nodes: [], units: 0 };
      byNumber.set(number, leaf);
    }
    leaf.nodes.push(node);
    leaf.units += holds[node]!;
  }
  return [...byNumber.values()];
}

class Trials {
  readonly #ask: SetAsk;
  readonly #holds: Holds;
  readonly #named: readonly Leaf[];
  /** The roomiest first. */
  readonly #others: readonly Leaf[];
  #left = MAX_LEAF_SETS;

  constructor(ask: SetAsk, holds: Holds, named: readonly Leaf[], others: readonly Leaf[]) {
    this.#ask = ask;
    this.#holds = holds;
    this.#named = named;
    this.#others = others;
  }

  /** As many sets again may be looked at. */
  renew(): void {
    this.#left = MAX_LEAF_SETS;
  }

  /** The job on the leaves of the nodes that it names and these. */
  choose(leaves: readonly Leaf[]): LeafChoice | undefined {
    const all = [...this.#named, ...leaves];
    if (this.#left <= 0 || !this.#mayDo(unitsOf(all), nodesOf(all))) return undefined;
    this.#left--;
    const region = Int32Array.from(all.flatMap(({ nodes }) => nodes)).sort();
    const picks = fewestOf(this.#ask, region, this.#holds);
    return picks === undefined ? undefined : { picks, region };
  }

  /** Sets of so many leaves beside the named ones, the roomiest first. */
  searchAll(count: number, from = 0, chosen: readonly Leaf[] = []): LeafChoice | undefined {
    if (chosen.length === count) return this.choose(chosen);
    const missing = count - chosen.length;
    for (let i = from; i + missing <= this.#others.length && this.#left > 0; i++) {
      // What is left is no roomier, so nothing after a set that is too small is large enough.
      const best = [...this.#named, ...chosen, ...this.#others.slice(i, i + missing)];
      if (!this.#mayDo(unitsOf(best), Number.POSITIVE_INFINITY)) return undefined;
      const choice = this.searchAll(count, i + 1, [...chosen, this.#others[i]!]);
      if (choice !== undefined) return choice;
    }
    return undefined;
  }

  #mayDo(units: number, nodes: number): boolean {
    return units >= this.#ask.units && nodes >= this.#ask.least;
  }
}

const unitsOf = (leaves: readonly Leaf[]): number => leaves.reduce((sum, { units }) => sum + units, 0);
const nodesOf = (leaves: readonly Leaf[]): number => leaves.reduce((sum, { nodes }) => sum + nodes.length, 0);
