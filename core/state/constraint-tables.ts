/**
 * Constraints that are more than features which every node has (`a|b`, `[a|b]`, `a*2`) for passes and commit: as bits,
 * by shape, for the few shapes that have one. Others have their bits in the shape's own columns.
 */
import { parseConstraint } from "../model/constraint.ts";
import {
  areCovered,
  type FeatureSets,
  featureMasks,
  isMet,
  type MaskOption,
} from "../model/constraint-nodes.ts";
import type { Job } from "../model/job.ts";
import type { Request } from "../model/request.ts";
import type { ClusterState } from "./cluster-state.ts";
import { isRuled } from "./set-rules.ts";
import { MAX_FEATURES, type NodeTable } from "./tables.ts";

/** By shape: the options, one of which its nodes must meet. */
export type ConstraintTables = ReadonlyMap<number, readonly MaskOption[]>;

/** Features that every node must have, and nothing else. */
export const isPlainConstraint = (features: string): boolean => !/[|[*(]/.test(features);

/** Names of a plain constraint; none of any other. */
export const plainFeatures = ({ features }: Request): readonly string[] =>
  features === "" || !isPlainConstraint(features) ? [] : features.split("&");

/** Of a record that begins to wait: what it asks of its nodes together is looked up by its shape. */
export function noteConstraint(state: ClusterState, job: Job): void {
  if (!isPlainConstraint(job.request.features)) state.constrained.add(job.shape);
  if (isRuled(job.request)) state.ruled.add(job.shape);
}

/** undefined where no waiting job has such a constraint. */
export function constraintTables(state: ClusterState): ConstraintTables | undefined {
  const { constrained, shapes } = state;
  if (constrained.size === 0) return undefined;
  const tables = new Map<number, readonly MaskOption[]>();
  /** Many shapes have few texts between them. */
  const byText = new Map<string, readonly MaskOption[]>();
  for (const shape of constrained) {
    const features = shapes.requests[shape]?.features;
    if (features === undefined || isPlainConstraint(features)) {
      constrained.delete(shape);
      continue;
    }
    const options = byText.get(features) ?? optionsOf(state, features);
    byText.set(features, options);
    tables.set(shape, options);
  }
  return tables.size === 0 ? undefined : tables;
}

/** Whether the nodes together are what one of the options asks. */
export function meetsConstraint(
  options: readonly MaskOption[],
  { columns }: NodeTable,
  nodes: ArrayLike<number>,
): boolean {
  const has = (i: number, sets: FeatureSets): boolean =>
    isMet(sets, columns.featureLo[nodes[i]!]!, columns.featureHi[nodes[i]!]!);
  return options.some(({ each, counts }) => {
    const held: number[] = [];
    for (let i = 0; i < nodes.length; i++) {
      if (!has(i, each)) return false;
      let terms = 0;
      counts.forEach(({ sets }, term) => {
        if (has(i, sets)) terms |= 1 << term;
      });
      held.push(terms);
    }
    return areCovered(
      counts.map(({ count }) => count),
      held.map((terms) => ({ terms, count: 1 })),
    );
  });
}

/** No option where the text is of another version, or means too much: such a job goes nowhere. */
function optionsOf(state: ClusterState, features: string): readonly MaskOption[] {
  const constraint = parseConstraint(features);
  if (!constraint.ok) return [];
  return (
    featureMasks(constraint.value, (name) => {
      const bit = state.features.find(name);
      return bit === undefined || bit >= MAX_FEATURES ? undefined : bit;
    }) ?? []
  );
}
