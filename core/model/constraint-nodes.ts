/**
 * Which nodes a constraint means: on names, for admission and messages, and as bits, for the planner, which sees no
 * names. Pure.
 */
import type { Constraint, FeatureExpr } from "./constraint.ts";

/** Whether a node with these features has what the expression asks; everything has what none asks. */
export const hasFeatures = (
  expr: FeatureExpr | undefined,
  hasFeature: (name: string) => boolean,
): boolean => {
  if (expr === undefined) return true;
  if (expr.kind === "feature") return hasFeature(expr.name);
  if (expr.kind === "all") return expr.terms.every((term) => hasFeatures(term, hasFeature));
  return expr.terms.some((term) => hasFeatures(term, hasFeature));
};

/** Bits 0 to 31 and 32 to 63 of features that a node must all have. */
export type FeatureSet = readonly [lo: number, hi: number];

/** A node must have all features of one of the sets; no sets: no node will do. */
export type FeatureSets = readonly FeatureSet[];

export interface MaskOption {
  /** Of each node of the job; one set of nothing where nothing is asked. */
  readonly each: FeatureSets;
  /** So many nodes of the job must, no node counted twice. */
  readonly counts: readonly { readonly sets: FeatureSets; readonly count: number }[];
}

/** Whether a node with these bits has all features of one of the sets. */
export const isMet = (sets: FeatureSets, lo: number, hi: number): boolean =>
  sets.some((set) => (set[0] & ~lo) === 0 && (set[1] & ~hi) === 0);

/**
 * Whether nodes can be told off for counted terms, each node for one at most: `wanted[t]` nodes of term t, `nodes` as
 * groups that are alike, bit t of `terms` for those that have term t. At most MAX_FEATURE_COUNTS terms.
 */
export const areCovered = (
  wanted: readonly number[],
  nodes: readonly { readonly terms: number; readonly count: number }[],
): boolean => {
  // Hall's theorem: enough for any choice of terms is enough for all of them at once.
  for (let choice = 1; choice < 1 << wanted.length; choice++) {
    let needed = 0;
    wanted.forEach((count, term) => {
      if ((choice & (1 << term)) !== 0) needed += count;
    });
    let having = 0;
    for (const { terms, count } of nodes) if ((terms & choice) !== 0) having += count;
    if (having < needed) return false;
  }
  return true;
};

/** Sets that one expression may come to. */
export const MAX_TERMS = 64;

/**
 * The options of a constraint as sets of bits, of which the job needs one. `bitOf` gives 0 .. 63, or undefined for a
 * feature that no node has. undefined when an expression comes to more than MAX_TERMS sets.
 */
export const featureMasks = (
  { options }: Constraint,
  bitOf: (name: string) => number | undefined,
): readonly MaskOption[] | undefined => {
  const masks: MaskOption[] = [];
  for (const option of options) {
    const each = option.each === undefined ? [NOTHING] : setsOf(option.each, bitOf);
    const counts = option.counts.map(({ expr, count }) => ({ sets: setsOf(expr, bitOf), count }));
    if (each === undefined || !counts.every(isWhole)) return undefined;
    masks.push({ each, counts });
  }
  return masks;
};

const NOTHING: FeatureSet = [0, 0];

const isWhole = (count: {
  readonly sets: FeatureSets | undefined;
  readonly count: number;
}): count is MaskOption["counts"][number] => count.sets !== undefined;

const setsOf = (expr: FeatureExpr, bitOf: (name: string) => number | undefined): FeatureSets | undefined => {
  if (expr.kind === "feature") {
    const bit = bitOf(expr.name);
    if (bit === undefined || bit < 0 || bit > 63) return [];
    return [bit < 32 ? [(1 << bit) >>> 0, 0] : [0, (1 << (bit - 32)) >>> 0]];
  }
  let sets: FeatureSets = expr.kind === "all" ? [NOTHING] : [];
  for (const term of expr.terms) {
    const more = setsOf(term, bitOf);
    if (more === undefined) return undefined;
    sets = smallest(
      expr.kind === "any" ? [...sets, ...more] : sets.flatMap((a) => more.map((b) => union(a, b))),
    );
    if (sets.length > MAX_TERMS) return undefined;
  }
  return sets;
};

const union = (a: FeatureSet, b: FeatureSet): FeatureSet => [(a[0] | b[0]) >>> 0, (a[1] | b[1]) >>> 0];

/** Without sets that hold another one: who has those has these as well. */
const smallest = (sets: FeatureSets): FeatureSets =>
  sets.filter(
    (set, i) => !sets.some((other, j) => j !== i && isWithin(other, set) && (!isWithin(set, other) || j < i)),
  );

const isWithin = (small: FeatureSet, large: FeatureSet): boolean =>
  (small[0] & ~large[0]) === 0 && (small[1] & ~large[1]) === 0;
