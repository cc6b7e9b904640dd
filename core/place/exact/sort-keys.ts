/**
 * Sorts numbers into which a time and a place are packed: the first ones of a column that is used again in every pass.
 * The lists are mostly short, for which the engine's own sort is slower than an insertion sort. Pure.
 */

/** Up to here an insertion sort is faster than the engine's own. */
export const MAX_INSERTION = 32;

/** Sorts the first `count` keys, ascending, in place. */
export function sortKeys(key: Float64Array, count: number): void {
  if (count > MAX_INSERTION) {
    key.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const value = key[i]!;
    let at = i;
    for (; at > 0 && key[at - 1]! > value; at--) key[at] = key[at - 1]!;
    key[at] = value;
  }
}
