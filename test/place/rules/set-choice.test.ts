import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SetAsk } from "../../../core/place/rules/set-ask.ts";
import { chooseSet } from "../../../core/place/rules/set-choice.ts";
import { firstOf } from "../../../core/place/rules/spanning.ts";
import { TermBook } from "../../../core/place/rules/term-book.ts";
import { isLegal, legalSets, type Node, type Rules, type Size } from "./subsets.ts";

const MOST_NODES = 8;

const nodes = fc
  .array(
    fc.record({
      units: fc.constantFrom(0, 1, 1, 2, 3),
      features: fc.nat({ max: 7 }),
      leaf: fc.constantFrom(-1, 0, 1, 2),
      place: fc.nat({ max: 1000 }),
    }),
    { minLength: 1, maxLength: MOST_NODES },
  )
  .map((list) => {
    // Places are the order of some numbers, each once.
    const order = list.map((_, i) => i).sort((a, b) => list[a]!.place - list[b]!.place || a - b);
    return list.map((node, i) => ({ ...node, place: order.indexOf(i) }));
  });
const count = fc.record({
  sets: fc.constantFrom(
    [[1, 0]],
    [[2, 0]],
    [[4, 0]],
    [
      [1, 0],
      [2, 0],
    ],
    [[3, 0]],
  ) as fc.Arbitrary<readonly (readonly [number, number])[]>,
  count: fc.integer({ min: 1, max: 3 }),
});
const rules = fc.record({
  counts: fc.array(count, { maxLength: 3 }),
  contiguous: fc.boolean(),
  switches: fc.constantFrom(undefined, 1, 2, 3),
});
const sizes = fc.record({
  uneven: fc.boolean(),
  units: fc.integer({ min: 1, max: 8 }),
  least: fc.integer({ min: 1, max: 4 }),
  more: fc.nat({ max: 4 }),
  required: fc.oneof(
    fc.constant<number[]>([]),
    fc.uniqueArray(fc.nat({ max: MOST_NODES - 1 }), { maxLength: 2 }),
  ),
});

interface Case {
  readonly all: readonly Node[];
  readonly size: Size;
  readonly asked: Rules;
  readonly ask: SetAsk;
  readonly offered: Int32Array;
  readonly holds: Int32Array;
}

const cases: fc.Arbitrary<Case> = fc.tuple(nodes, sizes, rules).map(([list, made, rule]) => {
  const all = made.uneven ? list : list.map((node) => ({ ...node, units: Math.min(1, node.units) }));
  const required = made.required.filter((i) => i < all.length && all[i]!.units > 0).sort((a, b) => a - b);
  const least = Math.max(made.least, required.length);
  const units = made.uneven ? Math.max(made.units, least) : least;
  const size = { units, least, most: made.uneven ? least + made.more : least, required };
  const { counts, contiguous, switches } = rule;
  return {
    all,
    size,
    asked: { constraint: [{ each: [[0, 0]], counts }], contiguous, switches },
    ask: {
      ...size,
      uneven: made.uneven,
      rule: { counts, isContiguous: contiguous, switches: switches ?? 0 },
      required: Int32Array.from(required),
      terms: Uint8Array.from(all, ({ features }) =>
        counts.reduce(
          (bits, { sets }, term) => bits | (sets.some(([lo]) => (features & lo) === lo) ? 1 << term : 0),
          0,
        ),
      ),
      book: new TermBook(counts.map((term) => term.count)),
      leaves: Int32Array.from(all, ({ leaf }) => leaf),
      places: Int32Array.from(all, ({ place }) => place),
    },
    offered: Int32Array.from(all.flatMap(({ units: held }, i) => (held > 0 ? [i] : []))),
    holds: Int32Array.from(all, ({ units: held }) => held),
  };
});

describe("nodes for a job with rules on them", () => {
  it("are found exactly where some set of them would do, and do", () => {
    fc.assert(
      fc.property(cases, ({ all, size, asked, ask, offered, holds }) => {
        const legal = legalSets(all, size, asked);
        const choice = chooseSet(ask, offered, holds);
        expect(choice !== undefined).toBe(legal.length > 0);
        if (choice !== undefined) expect(legal).toContainEqual([...choice.picks]);
      }),
      { numRuns: 1500 },
    );
  });

  it("are the fewest where switches are no matter", () => {
    fc.assert(
      fc.property(cases, ({ all, size, asked, ask, offered, holds }) => {
        const legal = legalSets(all, size, { ...asked, switches: undefined });
        const choice = chooseSet({ ...ask, rule: { ...ask.rule, switches: 0 } }, offered, holds);
        const fewest = Math.min(...legal.map((set) => set.length));
        expect(choice?.picks.length ?? Number.POSITIVE_INFINITY).toBe(fewest);
      }),
      { numRuns: 800 },
    );
  });

  it("may be any of the region in whatever order a policy likes", () => {
    fc.assert(
      fc.property(cases, fc.infiniteStream(fc.nat({ max: 99 })), (made, chance) => {
        const { all, size, asked, ask, offered, holds } = made;
        const choice = chooseSet(ask, offered, holds);
        if (choice?.region === undefined) return;
        const weight = new Map([...choice.region].map((node) => [node, chance.next().value as number]));
        const order = choice.region.slice().sort((a, b) => weight.get(a)! - weight.get(b)! || a - b);
        const liked = firstOf(ask, order, holds);
        // Of a job whose nodes are alike every order leads to a set.
        if (!ask.uneven) expect(liked).toBeDefined();
        if (liked !== undefined) expect(isLegal([...liked], all, size, asked)).toBe(true);
      }),
      { numRuns: 800 },
    );
  });

  it("on one switch are those of the switch with the least room that holds it", () => {
    const leaves = Int32Array.from([0, 0, 0, 1, 1, 2]);
    const ask: SetAsk = {
      rule: { counts: [], isContiguous: false, switches: 1 },
      uneven: false,
      units: 2,
      least: 2,
      most: 2,
      required: new Int32Array(0),
      terms: new Uint8Array(6),
      book: new TermBook([]),
      leaves,
      places: undefined,
    };
    const all = Int32Array.from([0, 1, 2, 3, 4, 5]);
    expect([...chooseSet(ask, all, new Int32Array(6).fill(1))!.picks]).toEqual([3, 4]);
  });

  it("next to each other are those of the shortest run that holds it", () => {
    const ask: SetAsk = {
      rule: { counts: [], isContiguous: true, switches: 0 },
      uneven: false,
      units: 2,
      least: 2,
      most: 2,
      required: new Int32Array(0),
      terms: new Uint8Array(7),
      book: new TermBook([]),
      leaves: new Int32Array(7).fill(-1),
      places: Int32Array.from([0, 1, 2, 3, 4, 5, 6]),
    };
    const offered = Int32Array.from([0, 1, 2, 5, 6]);
    expect([...chooseSet(ask, offered, new Int32Array(7).fill(1))!.picks]).toEqual([5, 6]);
  });
});
