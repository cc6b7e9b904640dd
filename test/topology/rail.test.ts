/** The built-in rail topology, against every group and every set of rails of small clusters. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { SeededTopology } from "../../core/wasm/topology.ts";
import { casesAt, feasibleBy, fewest, openTopology, rowsOf, type SetCase, subsetsOf } from "./set-cases.ts";

let policy: SeededTopology;
beforeAll(async () => {
  policy = await openTopology("rail");
});

const GROUPS = 3;
const LANES = 4;
const cases = fc
  .tuple(
    casesAt(fc.array(fc.tuple(fc.nat(GROUPS - 1)), { minLength: 1, maxLength: 18 })),
    fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 18, maxLength: 18 }),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([one, lanes, gpus]) => {
    const { nodes, mask } = one;
    for (let row = 0; row < nodes.count; row++) {
      nodes.freeLanes[row] = lanes[row]!;
      nodes.freeGpus[row] = subsetsOf(LANES)[lanes[row]!]!.length;
      if (nodes.freeGpus[row]! < gpus) mask[row] = 0;
    }
    return { one, gpus, feasible: mask.reduce((sum, byte) => sum + byte, 0) };
  })
  .filter(({ feasible }) => feasible > 0)
  .map(({ one, gpus, feasible }) => ({ one: { ...one, want: 1 + ((one.want - 1) % feasible) }, gpus }));

const railsOf = (gpus: number): readonly number[] =>
  subsetsOf(LANES).flatMap((lanes, mask) => (lanes.length === gpus ? [mask] : []));

/** Nodes of the rows that lack the rails, for the rails that fewest of them lack. */
const misaligned = ({ nodes }: SetCase, rows: readonly number[], gpus: number): number =>
  Math.min(
    ...railsOf(gpus).map((rails) => rows.filter((row) => (nodes.freeLanes[row]! & rails) !== rails).length),
  );

test("a job that one group holds is in one, and no group and no rails would have more of its nodes aligned", () => {
  fc.assert(
    fc.property(cases, ({ one, gpus }) => {
      const inGroups = feasibleBy(one, (row) => one.nodes.level0[row]!, GROUPS);
      fc.pre(inGroups.some((count) => count >= one.want));
      const rows = rowsOf(policy, one, gpus);
      expect(new Set(rows.map((row) => one.nodes.level0[row])).size).toBe(1);
      const least = inGroups.map((count, group) => {
        if (count < one.want) return Number.POSITIVE_INFINITY;
        const members = [...one.mask.keys()].filter(
          (row) => one.mask[row] !== 0 && one.nodes.level0[row] === group,
        );
        const aligned = Math.max(
          ...railsOf(gpus).map(
            (rails) => members.filter((row) => (one.nodes.freeLanes[row]! & rails) === rails).length,
          ),
        );
        return Math.max(one.want - aligned, 0);
      });
      expect(misaligned(one, rows, gpus)).toBe(Math.min(...least));
    }),
    { numRuns: 400 },
  );
});

test("a job over several groups has the fewest", () => {
  fc.assert(
    fc.property(cases, ({ one, gpus }) => {
      const inGroups = feasibleBy(one, (row) => one.nodes.level0[row]!, GROUPS);
      expect(new Set(rowsOf(policy, one, gpus).map((row) => one.nodes.level0[row])).size).toBe(
        fewest(inGroups, one.want),
      );
    }),
    { numRuns: 400 },
  );
});
