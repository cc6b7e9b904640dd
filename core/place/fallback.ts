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
      let found = 0;
      for (let row = 0; found < want && row < mask.length; row++) {
        if (mask[row] !== 0) out[found++] = row;
      }
      return undefined;
    },
    score: (_job, mask, scores) => {
      for (let row = 0; row < mask.length; row++) if (mask[row] !== 0) scores[row] = 0;
      return undefined;
    },
  };
}
