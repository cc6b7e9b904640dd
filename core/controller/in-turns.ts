/** Long loops in slices: between them the event loop does what else is due. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Calls `each` for every item, at most `most` in one turn. Items that are added meanwhile are not seen. */
export async function inTurns<T>(
  items: readonly T[],
  most: number,
  each: (item: T, index: number) => void,
): Promise<void> {
  const count = items.length;
  for (let from = 0; from < count; from += most) {
    if (from > 0) await nextTurn();
    const to = Math.min(count, from + most);
    for (let i = from; i < to; i++) each(items[i]!, i);
  }
}
