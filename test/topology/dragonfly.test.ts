/** The built-in dragonfly topology, against every set of groups of small clusters. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { SeededTopology } from "../../core/wasm/topology.ts";
import { casesAt, feasibleBy, fewest, openTopology, rowsOf, type SetCase } from "./set-cases.ts";

let packed: SeededTopology;
let spread: SeededTopology;
beforeAll(async () => {
  packed = await openTopology("dragonfly");
  spread = await openTopology("dragonfly", { spread: 1 });
});

const GROUPS = 5;
const ROUTERS = 4;
const cases = casesAt(
  fc.array(fc.tuple(fc.nat(GROUPS - 1), fc.nat(ROUTERS - 1)), { minLength: 1, maxLength: 24 }),
);

const groupOf =
  ({ nodes }: SetCase) =>
  (row: number): number =>
    nodes.level0[row]!;
const routerOf =
  ({ nodes }: SetCase) =>
  (row: number): number =>
    nodes.level0[row]! * ROUTERS + nodes.level1[row]!;

test("no choice has fewer groups, packed or spread, and a job that one group holds is in the tightest", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const feasible = feasibleBy(one, groupOf(one), GROUPS);
      for (const policy of [packed, spread]) {
        const rows = rowsOf(policy, one);
        const groups = [...new Set(rows.map(groupOf(one)))];
        expect(groups.length).toBe(fewest(feasible, one.want));
        const holders = feasible.filter((count) => count >= one.want);
        if (holders.length > 0) expect(feasible[groups[0]!]).toBe(Math.min(...holders));
      }
    }),
    { numRuns: 400 },
  );
});

test("packed, a job in one group has the fewest routers; spread, no router has two more of its nodes than another with room", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const inGroups = feasibleBy(one, groupOf(one), GROUPS);
      fc.pre(inGroups.some((count) => count >= one.want));
      const feasible = feasibleBy(one, routerOf(one), GROUPS * ROUTERS);
      const routersOf = (rows: readonly number[]): number[] => {
        const group = groupOf(one)(rows[0]!);
        return feasible.slice(group * ROUTERS, (group + 1) * ROUTERS);
      };
      const rows = rowsOf(packed, one);
      expect(new Set(rows.map(routerOf(one))).size).toBe(fewest(routersOf(rows), one.want));

      const dealt = rowsOf(spread, one);
      const given = feasibleBy(
        { mask: Uint8Array.from(one.mask, (_, row) => (dealt.includes(row) ? 1 : 0)) },
        routerOf(one),
        GROUPS * ROUTERS,
      );
      const group = groupOf(one)(dealt[0]!);
      for (let a = group * ROUTERS; a < (group + 1) * ROUTERS; a++)
        for (let b = group * ROUTERS; b < (group + 1) * ROUTERS; b++)
          if (given[b]! < feasible[b]!) expect(given[a]! - given[b]!).toBeLessThanOrEqual(1);
    }),
    { numRuns: 400 },
  );
});
