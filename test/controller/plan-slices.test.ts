/** A plan's starts in slices: together they are the plan, and each is small. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { MAX_SLICE_NODES, slicesOf } from "../../core/controller/plan-slices.ts";
import type { Plan } from "../../core/model/plan.ts";

/** A plan whose start i is of job i + 1 and has so many nodes. */
function planOf(nodesOfStarts: readonly number[]): Plan {
  const count = nodesOfStarts.length;
  const offsets = [0];
  for (const nodes of nodesOfStarts) offsets.push(offsets[offsets.length - 1]! + nodes);
  const all = offsets[count]!;
  return {
    nowS: 1,
    pendingCount: count,
    startCount: count,
    startRow: Int32Array.from({ length: count }, (_, i) => i),
    startJob: Int32Array.from({ length: count }, (_, i) => i + 1),
    startPartition: new Int32Array(count),
    startOffset: Int32Array.from(offsets),
    startNodes: Int32Array.from({ length: all }, (_, i) => i),
    startTasks: new Int32Array(all).fill(1),
    reason: new Uint8Array(count),
    priority: new Float64Array(count),
    rank: new Int32Array(count),
    expectedStartS: new Uint32Array(count),
    freeNodes: new Int32Array(count),
    behindJob: new Int32Array(count),
    faults: [],
    decisions: 0,
  };
}

/** Job, row and nodes of each start. */
const startsOf = (plan: Plan): unknown[] =>
  Array.from({ length: plan.startCount }, (_, start) => [
    plan.startJob[start],
    plan.startRow[start],
    plan.startPartition[start],
    [...plan.startNodes.subarray(plan.startOffset[start], plan.startOffset[start + 1])],
  ]);

it("gives every start once, in order, with its own nodes", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 300 }), (nodes) => {
      const plan = planOf(nodes);
      expect([...slicesOf(plan)].flatMap(startsOf)).toEqual(startsOf(plan));
    }),
  );
});

it("never parts the components of a heterogeneous job", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 5 })), { maxLength: 40 }),
      (jobs) => {
        const nodes = jobs.flatMap(([each, components]) => Array<number>(components).fill(each));
        const leaders = jobs.flatMap(([, components], i) =>
          Array<number>(components).fill(components === 1 ? 0 : i + 1),
        );
        const plan = { ...planOf(nodes), startHet: Int32Array.from(leaders) };
        const slices = [...slicesOf(plan)];
        expect(slices.flatMap(startsOf)).toEqual(startsOf(plan));
        const seen = slices.flatMap(({ startHet }) => [...new Set(startHet)].filter((leader) => leader > 0));
        expect(new Set(seen).size).toBe(seen.length);
      },
    ),
  );
});

it("gives slices that are small, but for a single start that is not, and no smaller than they need be", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 300 }), (nodes) => {
      const slices = [...slicesOf(planOf(nodes))];
      const weights = slices.map(
        ({ startCount, startOffset }) => startOffset[startCount]! - startOffset[0]! + startCount,
      );
      weights.forEach((weight, i) => {
        expect(slices[i]!.startCount).toBeGreaterThan(0);
        if (slices[i]!.startCount > 1) expect(weight).toBeLessThanOrEqual(MAX_SLICE_NODES);
        const next = slices[i + 1];
        if (next === undefined) return;
        const withNext = weight + next.startOffset[1]! - next.startOffset[0]! + 1;
        expect(withNext).toBeGreaterThan(MAX_SLICE_NODES);
      });
    }),
  );
});

it("gives nothing of a plan that starts nothing", () => {
  expect([...slicesOf(planOf([]))]).toEqual([]);
});
