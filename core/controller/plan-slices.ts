/**
 * A plan's starts in slices, each small enough to be committed in one turn of the event loop. A slice is a plan of its
 * own over the same columns, so that each is checked against the state as it is when its turn comes. Pure.
 */
import type { Plan } from "../model/plan.ts";

/**
 * Nodes of the starts of one slice, and one more for each start; a single start may have more, and so may a
 * heterogeneous job. Committing, writing and ordering as many takes a few milliseconds.
 */
export const MAX_SLICE_NODES = 64;

/** The starts of the plan, in its order. */
export function* slicesOf(plan: Plan): Generator<Plan> {
  let from = 0;
  for (let start = 0; start < plan.startCount; start++) {
    const isLast = start + 1 === plan.startCount;
    const withNext = isLast ? 0 : plan.startOffset[start + 2]! - plan.startOffset[from]! + start + 2 - from;
    if (!isLast && (withNext <= MAX_SLICE_NODES || isTied(plan, start))) continue;
    yield slice(plan, from, start + 1);
    from = start + 1;
  }
}

/** Whether the next start is a component of the same heterogeneous job, which is committed as one. */
const isTied = ({ startHet }: Plan, start: number): boolean =>
  startHet !== undefined && startHet[start] !== 0 && startHet[start] === startHet[start + 1];

const slice = (plan: Plan, from: number, to: number): Plan => ({
  ...plan,
  startCount: to - from,
  startRow: plan.startRow.subarray(from, to),
  startJob: plan.startJob.subarray(from, to),
  startPartition: plan.startPartition.subarray(from, to),
  ...(plan.startHet === undefined ? {} : { startHet: plan.startHet.subarray(from, to) }),
  // Offsets are into startNodes and startTasks, which stay whole.
  startOffset: plan.startOffset.subarray(from, to + 1),
});
