/**
 * The fewest of some nodes that hold a job and among which its counted terms are met, wherever the nodes lie. Exact: for
 * a given number of nodes the fullest choice comes of taking the fullest first, but for those that would leave no room for
 * the terms (the greedy choice of a basis of a matroid, here of that of the terms, elongated to the number of nodes).
 */
import { isIn, type SetAsk } from "./set-ask.ts";

/** By node row, units that it holds; not 0 for each node that is offered. */
export type Holds = Int32Array;

/**
 * Ascending rows; undefined where these nodes do not hold the job. `nodes` are those that it may have, its named ones
 * among them.
 */
export function fewestOf(ask: SetAsk, nodes: Int32Array, holds: Holds): Int32Array | undefined {
  const most = Math.min(ask.most, ask.units, nodes.length);
  if (most < ask.least) return undefined;
  const fullest = fullestFirst(ask, nodes, holds);
  if (unitsOf(ask, fullest, holds, most) < ask.units) return undefined;
  let [few, enough] = [ask.least, most];
  while (few < enough) {
    const middle = (few + enough) >> 1;
    if (unitsOf(ask, fullest, holds, middle) >= ask.units) enough = middle;
    else few = middle + 1;
  }
  const chosen = new Int32Array(enough);
  take(ask, fullest, holds, enough, chosen);
  return chosen.sort();
}

/** The same, of the first in the given order that do; undefined where taking them in that order leads to none. */
export function firstOf(ask: SetAsk, order: Int32Array, holds: Holds): Int32Array | undefined {
  const most = Math.min(ask.most, ask.units);
  const chosen = new Int32Array(most);
  const count = take(ask, order, holds, most, chosen, ask.units);
  if (count === 0) return undefined;
  return chosen.subarray(0, count).sort();
}

/** Units of the fullest choice of exactly so many nodes; -1 where none meets the terms. */
function unitsOf(ask: SetAsk, fullest: Int32Array, holds: Holds, count: number): number {
  return take(ask, fullest, holds, count, undefined);
}

/**
 * Takes named nodes and then others in the order given. Without `enough` exactly `count` nodes: gives what they hold, -1
 * where they do not meet the terms. With it at most so many, until they hold that: gives how many, 0 where they do not.
 */
function take(
  { required, terms, book, least }: SetAsk,
  order: Int32Array,
  holds: Holds,
  count: number,
  into: Int32Array | undefined,
  enough = Number.POSITIVE_INFINITY,
): number {
  const isCounting = enough < Number.POSITIVE_INFINITY;
  if (required.length > count) return isCounting ? 0 : -1;
  book.clear();
  let size = 0;
  let units = 0;
  const add = (node: number): void => {
    if (into !== undefined) into[size] = node;
    size++;
    units += holds[node]!;
  };
  for (const node of required) {
    book.add(terms[node]!);
    add(node);
  }
  for (let i = 0; i < order.length && size < count; i++) {
    if (units >= enough && size >= least && book.left === 0) break;
    const node = order[i]!;
    if (isIn(required, node)) continue;
    if (book.add(terms[node]!) || count - size > book.left) add(node);
  }
  if (isCounting) return units >= enough && size >= least && book.left === 0 ? size : 0;
  return size === count && book.left === 0 ? units : -1;
}

/** Nodes that hold alike by row. */
function fullestFirst({ uneven }: SetAsk, nodes: Int32Array, holds: Holds): Int32Array {
  if (!uneven) return nodes;
  return nodes.slice().sort((a, b) => holds[b]! - holds[a]! || a - b);
}
