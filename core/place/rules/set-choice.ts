/** Nodes for a job that asks something of them together, out of those that it may have. Pure. */
import { chooseLeaves } from "./leaf-sets.ts";
import type { SetAsk } from "./set-ask.ts";
import { fewestOf, type Holds } from "./spanning.ts";
import { chooseNeighbours } from "./windows.ts";

export interface SetChoice {
  /** Ascending rows. */
  readonly picks: Int32Array;
  /** Nodes among which others would do as well, if they hold the job and meet its counts; absent where these are fixed. */
  readonly region?: Int32Array;
}

/** undefined where they do not hold it. `nodes` are ascending, the job's named ones among them. */
export function chooseSet(ask: SetAsk, nodes: Int32Array, holds: Holds): SetChoice | undefined {
  if (ask.rule.isContiguous) {
    const picks = chooseNeighbours(ask, nodes, holds);
    return picks === undefined ? undefined : { picks };
  }
  if (ask.rule.switches > 0) return chooseLeaves(ask, nodes, holds);
  const picks = fewestOf(ask, nodes, holds);
  return picks === undefined ? undefined : { picks, region: nodes };
}
