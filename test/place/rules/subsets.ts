/** Sets of nodes by trying all: which of them a job with rules on its nodes may have. For clusters of few nodes. */
import type { MaskOption } from "../../../core/model/constraint-nodes.ts";

export interface Rules {
  readonly constraint?: readonly MaskOption[] | undefined;
  readonly contiguous?: boolean | undefined;
  /** Leaf switches at most; absent for any number. */
  readonly switches?: number | undefined;
}

export interface Node {
  /** Units that it holds of the job; 0 for none. */
  readonly units: number;
  readonly features: number;
  readonly leaf: number;
  readonly place: number;
}

export interface Size {
  readonly units: number;
  readonly least: number;
  readonly most: number;
  readonly required: readonly number[];
}

/** All sets of nodes that hold the job and lie as it asks, each ascending. */
export function legalSets(nodes: readonly Node[], size: Size, rules: Rules): number[][] {
  const legal: number[][] = [];
  for (let bits = 1; bits < 1 << nodes.length; bits++) {
    const set = nodes.map((_, i) => i).filter((i) => ((bits >> i) & 1) === 1);
    if (isLegal(set, nodes, size, rules)) legal.push(set);
  }
  return legal;
}

export function isLegal(
  set: readonly number[],
  nodes: readonly Node[],
  { units, least, most, required }: Size,
  rules: Rules,
): boolean {
  const held = set.reduce((sum, i) => sum + nodes[i]!.units, 0);
  return (
    set.every((i) => nodes[i]!.units > 0) &&
    required.every((i) => set.includes(i)) &&
    set.length >= least &&
    set.length <= Math.min(most, units) &&
    held >= units &&
    liesAsAsked(
      set.map((i) => nodes[i]!),
      rules,
    )
  );
}

export function liesAsAsked(set: readonly Node[], { constraint, contiguous, switches }: Rules): boolean {
  const places = set.map(({ place }) => place).sort((a, b) => a - b);
  if (contiguous === true && places.some((place, i) => i > 0 && place !== places[i - 1]! + 1)) return false;
  if (switches !== undefined && new Set(set.map(({ leaf }) => leaf)).size > switches) return false;
  return constraint === undefined || constraint.some((option) => isMetBy(set, option));
}

/** Each term in turn tries every node that is not told off yet. */
function isMetBy(set: readonly Node[], { each, counts }: MaskOption): boolean {
  if (!set.every(({ features }) => hasAny(features, each))) return false;
  const wanted = counts.flatMap(({ sets, count }) => Array.from({ length: count }, () => sets));
  const tellOff = (term: number, taken: ReadonlySet<number>): boolean =>
    term === wanted.length ||
    set.some(
      ({ features }, i) =>
        !taken.has(i) && hasAny(features, wanted[term]!) && tellOff(term + 1, new Set([...taken, i])),
    );
  return tellOff(0, new Set());
}

const hasAny = (features: number, sets: MaskOption["each"]): boolean =>
  sets.some(([lo]) => (features & lo) === lo);
