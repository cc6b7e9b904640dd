/** Which of the nodes that have, or will have, room a job gets once its victims are gone, and how much of it on each. Pure. */
import type { NodeNeeds } from "./preempt-amounts.ts";

export interface Share {
  readonly node: number;
  readonly units: number;
}

/** The fewest nodes, the fullest first and of equal ones those that were freed, with what each gets; ascending. */
export function spread(
  needs: NodeNeeds,
  freed: ReadonlyMap<number, number>,
  others: ReadonlyMap<number, number>,
  isFreed: ReadonlySet<number>,
): readonly Share[] {
  const required = new Set<number>(needs.required);
  const chosen: { readonly node: number; readonly held: number }[] = [];
  let left = needs.units;
  const take = (node: number, held: number): void => {
    chosen.push({ node, held });
    left -= held;
  };
  for (const node of required) take(node, freed.get(node)!);
  const rest = [...freed, ...[...others].filter(([node]) => !freed.has(node))]
    .map(([node, held]) => ({ node, held, order: isFreed.has(node) ? 0 : 1 }))
    .filter(({ node, held }) => held > 0 && !required.has(node))
    .sort((a, b) => b.held - a.held || a.order - b.order || a.node - b.node);
  for (const { node, held } of rest) {
    if (left <= 0 && chosen.length >= needs.leastNodes) break;
    take(node, held);
  }
  // Each has one unit; what is left goes where there is room.
  let more = needs.units - chosen.length;
  return chosen
    .map(({ node, held }) => {
      const units = 1 + Math.max(0, Math.min(held - 1, more));
      more -= units - 1;
      return { node, units };
    })
    .sort((a, b) => a.node - b.node);
}
