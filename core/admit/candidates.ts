/** The nodes of a partition that a job may use, by class: those with its features that it does not shun. Pure. */
import type { ConstraintOption } from "../model/constraint.ts";
import { hasFeatures } from "../model/constraint-nodes.ts";
import type { Ask } from "./ask.ts";
import type { AdmitCluster, AdmitPartition, NodeClass } from "./cluster.ts";

/** Eligible nodes of a partition that are alike. */
export interface Candidates {
  readonly nodeClass: NodeClass;
  readonly classIndex: number;
  readonly count: number;
}

/** An ask by one option of its constraint. */
export interface OptionAsk extends Ask {
  readonly option: ConstraintOption;
}

/** Where the constraint says how many nodes have something, the job has at least so many. */
export const optionsOf = (ask: Ask): readonly OptionAsk[] =>
  (ask.constraint?.options ?? [NO_CONSTRAINT]).map((option) => {
    const counted = option.counts.reduce((sum, { count }) => sum + count, 0);
    return { ...ask, option, minNodes: Math.max(ask.minNodes, counted) };
  });

const NO_CONSTRAINT: ConstraintOption = { counts: [] };

export function candidatesOf(ask: OptionAsk, partition: AdmitPartition, cluster: AdmitCluster): Candidates[] {
  const shunned = new Map<number, number>();
  for (const node of ask.excluded) {
    if (!partition.has(node)) continue;
    const nodeClass = cluster.classOf(node);
    shunned.set(nodeClass, (shunned.get(nodeClass) ?? 0) + 1);
  }
  const candidates: Candidates[] = [];
  for (const member of partition.members) {
    const nodeClass = cluster.classes[member.class];
    const count = member.count - (shunned.get(member.class) ?? 0);
    if (nodeClass === undefined || count <= 0) continue;
    if (!hasFeatures(ask.option.each, (name) => nodeClass.features.has(name))) continue;
    candidates.push({ nodeClass, classIndex: member.class, count });
  }
  return candidates;
}
