/** The built-in tree topology, through the host: few leaves, well filled, best nodes inside. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { instantiateTopology, type SeededTopology } from "../../core/wasm/topology.ts";
import { bestRows, nodeState } from "../policies/node-states.ts";
import { builtIn } from "../wasm/builds.ts";
import { freeNodes, makeJob, unwrap } from "../wasm/nodes.ts";
import { casesAt, feasibleBy, fewest, rowsOf } from "./set-cases.ts";

let policy: SeededTopology;
beforeAll(async () => {
  const module = await builtIn("plugins/topology/tree", "topology");
  policy = unwrap(instantiateTopology(module, {}, { number: 1, seed: 1 }));
});

/** Feasible rows by leaf, leaves in the order of their first node. */
function byLeaf(leaves: Int32Array, mask: Uint8Array): ReadonlyMap<number, readonly number[]> {
  const rows = new Map<number, number[]>();
  for (const [row, leaf] of leaves.entries()) {
    const list = rows.get(leaf) ?? [];
    rows.set(leaf, list);
    if (mask[row] !== 0) list.push(row);
  }
  return rows;
}

/** Fills the leaf with most nodes until the rest fits into one, then the one that it leaves least empty. */
function expected(
  leaves: Int32Array,
  mask: Uint8Array,
  scores: Float32Array,
  want: number,
): readonly number[] {
  const left = new Map(byLeaf(leaves, mask));
  const chosen: number[] = [];
  while (chosen.length < want) {
    const lacking = want - chosen.length;
    const [leaf, rows] = [...left].reduce((best, next) => {
      const [b, n] = [best[1].length, next[1].length];
      if (n >= lacking) return b < lacking || n < b ? next : best;
      return b < lacking && n > b ? next : best;
    });
    const taken = bestRows(rows, (row) => scores[row]!, lacking);
    chosen.push(...[...taken].sort((a, b) => a - b));
    left.delete(leaf);
  }
  return chosen;
}

const scored = fc.tuple(
  nodeState,
  fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 150, maxLength: 150 }),
);

test("the choice is best fit over leaves, by score inside the leaf that is not filled", () => {
  fc.assert(
    fc.property(scored, ([{ nodes, mask, want }, values]) => {
      const scores = Float32Array.from(values);
      const out = new Int32Array(want);
      expect(policy.begin(nodes)).toBeUndefined();
      expect(policy.choose(makeJob({ nodes: want }), mask, scores, want, out)).toBeUndefined();
      expect([...out]).toEqual(expected(nodes.topologyLeaf.subarray(0, nodes.count), mask, scores, want));
    }),
    { numRuns: 300 },
  );
});

test("no choice of fewer leaves would hold the job", () => {
  fc.assert(
    fc.property(nodeState, ({ nodes, mask, want }) => {
      const out = new Int32Array(want);
      policy.begin(nodes);
      expect(policy.choose(makeJob(), mask, new Float32Array(150), want, out)).toBeUndefined();
      const used = new Set([...out].map((row) => nodes.topologyLeaf[row])).size;
      const sizes = [...byLeaf(nodes.topologyLeaf, mask).values()]
        .map((rows) => rows.length)
        .sort((a, b) => b - a);
      const most = sizes.slice(0, used - 1).reduce((sum, size) => sum + size, 0);
      expect(most).toBeLessThan(want);
    }),
    { numRuns: 300 },
  );
});

describe("on three leaves with 4, 2 and 3 feasible nodes", () => {
  const nodes = freeNodes(12);
  nodes.level0.set([5, 5, 5, 5, 9, 9, 9, 9, -1, -1, -1, -1]);
  const mask = new Uint8Array([1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1]);
  const choose = (want: number, scores = new Float32Array(12)): readonly number[] => {
    const out = new Int32Array(want);
    expect(policy.begin(nodes) ?? policy.choose(makeJob(), mask, scores, want, out)).toBeUndefined();
    return [...out];
  };

  test("two nodes take the leaf that they fill", () => expect(choose(2)).toEqual([6, 7]));
  test("three nodes take the nodes without a leaf, which count as one", () =>
    expect(choose(3)).toEqual([8, 10, 11]));
  test("four nodes take the leaf of four", () => expect(choose(4)).toEqual([0, 1, 2, 3]));
  test("six nodes take the largest leaf and the one that the rest fills", () => {
    expect(choose(6)).toEqual([0, 1, 2, 3, 6, 7]);
  });
  test("nine nodes take them all", () => expect(choose(9)).toHaveLength(9));
  test("the node left out is the one of the lowest score", () => {
    const scores = new Float32Array(12);
    scores[10] = -1;
    expect(choose(7, scores)).toEqual([0, 1, 2, 3, 8, 10, 11]);
    mask[7] = 0;
    expect(choose(2, scores)).toEqual([8, 11]);
    mask[7] = 1;
  });
});

test("leaves are grouped anew at every pass", () => {
  const nodes = freeNodes(40);
  const out = new Int32Array(20);
  const mask = new Uint8Array(40).fill(1);
  const scores = new Float32Array(40);
  for (const size of [20, 10, 3, 1, 40]) {
    for (let row = 0; row < 40; row++) nodes.level0[row] = Math.floor(row / size) * 1_000_003;
    expect(policy.begin(nodes) ?? policy.choose(makeJob(), mask, scores, 20, out)).toBeUndefined();
    expect(new Set([...out].map((row) => nodes.level0[row])).size).toBe(Math.ceil(20 / size));
  }
});

describe("with switches above the leaves", () => {
  const TOPS = 3;
  const LEAVES = 4;
  const cases = casesAt(
    fc.array(fc.tuple(fc.nat(TOPS - 1), fc.nat(LEAVES - 1)), { minLength: 1, maxLength: 24 }),
  );

  test("the lowest switch that holds the job is taken, the tightest of several, and the fewest switches below it", () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { nodes, want } = one;
        const topOf = (row: number): number => nodes.level0[row]!;
        const leafOf = (row: number): number => nodes.level0[row]! * LEAVES + nodes.level1[row]!;
        const tops = feasibleBy(one, topOf, TOPS);
        const leaves = feasibleBy(one, leafOf, TOPS * LEAVES);
        const rows = rowsOf(policy, one);
        const usedTops = [...new Set(rows.map(topOf))];
        const usedLeaves = [...new Set(rows.map(leafOf))];
        const tight = (counts: readonly number[]): number =>
          Math.min(...counts.filter((count) => count >= want));
        if (leaves.some((count) => count >= want)) {
          expect(usedLeaves.map((leaf) => leaves[leaf])).toEqual([tight(leaves)]);
        } else if (tops.some((count) => count >= want)) {
          expect(usedTops.map((top) => tops[top])).toEqual([tight(tops)]);
          const below = leaves.slice(usedTops[0]! * LEAVES, (usedTops[0]! + 1) * LEAVES);
          expect(usedLeaves.length).toBe(fewest(below, want));
        } else {
          expect(usedTops.length).toBe(fewest(tops, want));
        }
      }),
      { numRuns: 400 },
    );
  });
});
