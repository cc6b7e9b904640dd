/**
 * Which running jobs on one node go so that it holds as much as it can: the fewest, and of equally few the cheapest. Tries
 * all sets where these are not too many, which they are only on nodes with many jobs, some of which would have to go
 * together. Pure.
 */
import type { ChoiceRoom } from "./preempt-choice.ts";

/** Sets that are tried for one node; where there are more of a size, the cheapest one after the other must do. */
const MAX_TRIED = 1_000;

/** `on` are those that may go, ascending and so the cheapest first; all together let the node hold `most`. */
export function fewestOn(
  room: ChoiceRoom,
  gone: ReadonlySet<number>,
  node: number,
  on: readonly number[],
  most: number,
): ReadonlySet<number> {
  const isEnough = (taken: ReadonlySet<number>): boolean =>
    room.held(node, (victim) => gone.has(victim) || taken.has(victim)) >= most;
  const greedy = cheapestFirst(on, isEnough);
  for (let size = 1, tried = 0; size <= greedy.size; size++) {
    tried += setsOf(on.length, size);
    if (tried > MAX_TRIED) break;
    const best = cheapestOf(room.cost, on, size, isEnough);
    if (best !== undefined) return best;
  }
  return greedy;
}

/** The cheapest ones, without those that are not needed after all. */
function cheapestFirst(
  on: readonly number[],
  isEnough: (taken: ReadonlySet<number>) => boolean,
): ReadonlySet<number> {
  const taken = new Set<number>();
  for (const victim of on) {
    taken.add(victim);
    if (isEnough(taken)) break;
  }
  for (const victim of [...taken].reverse()) {
    taken.delete(victim);
    if (!isEnough(taken)) taken.add(victim);
  }
  return taken;
}

/** The cheapest set of so many that is enough, the first of equal ones; undefined where none is. */
function cheapestOf(
  cost: ArrayLike<number>,
  on: readonly number[],
  size: number,
  isEnough: (taken: ReadonlySet<number>) => boolean,
): ReadonlySet<number> | undefined {
  let best: ReadonlySet<number> | undefined;
  let least = Number.POSITIVE_INFINITY;
  const taken = new Set<number>();
  const add = (from: number, sum: number): void => {
    if (taken.size === size) {
      if (sum >= least || !isEnough(taken)) return;
      best = new Set(taken);
      least = sum;
      return;
    }
    for (let i = from; i <= on.length - (size - taken.size); i++) {
      const victim = on[i]!;
      taken.add(victim);
      add(i + 1, sum + cost[victim]!);
      taken.delete(victim);
    }
  };
  add(0, 0);
  return best;
}

function setsOf(count: number, size: number): number {
  let sets = 1;
  for (let i = 0; i < size; i++) sets = (sets * (count - i)) / (i + 1);
  return sets;
}
