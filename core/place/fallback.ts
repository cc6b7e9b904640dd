/**
 * Placement in plain TypeScript: the lowest rows first. Serves when a site has no placement module, and when a module
 * has given a wrong answer. Holds no state; cannot fail.
 */
import type { PlacementPolicy } from "../model/policy.ts";

/** Picks the feasible nodes with the lowest row numbers; scores all nodes alike. */
export function firstFitPlacement(): PlacementPolicy {
  return {
    name: "first-fit",
    begin: () => undefined,
    update: () => undefined,
    place: (_job, mask, want, out) => {
      pickLowest(mask, want, out);
      return undefined;
    },
    score: (_job, mask, scores) => {
      for (let row = 0; row < mask.length; row++) if (mask[row] !== 0) scores[row] = 0;
      return undefined;
    },
  };
}

/** Writes the lowest `want` rows whose mask byte is not 0; gives how many there were. */
export function pickLowest(mask: Uint8Array, want: number, out: Int32Array): number {
  // Four bytes at a time over the nodes that are not feasible, which on a full cluster are nearly all.
  const words =
    mask.byteOffset % 4 === 0
      ? new Int32Array(mask.buffer, mask.byteOffset, mask.length >> 2)
      : new Int32Array(0);
  let found = 0;
  for (let word = 0; word < words.length && found < want; word++) {
    if (words[word] === 0) continue;
    for (let row = word * 4; row < word * 4 + 4 && found < want; row++)
      if (mask[row] !== 0) out[found++] = row;
  }
  for (let row = words.length * 4; row < mask.length && found < want; row++)
    if (mask[row] !== 0) out[found++] = row;
  return found;
}
