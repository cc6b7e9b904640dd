/** The choice of victims by itself, over random rooms of numbers. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChoiceRoom, chooseVictims, type Need } from "../../core/place/preempt-choice.ts";

interface Room {
  /** By node: units that are free, and what each victim on it adds. */
  readonly nodes: readonly { readonly free: number; readonly gives: ReadonlyMap<number, number> }[];
  readonly victims: number;
  readonly cost: readonly number[];
  readonly others: readonly number[];
  readonly need: Need;
}

const room: fc.Arbitrary<Room> = fc
  .record({
    victims: fc.integer({ min: 1, max: 12 }),
    nodes: fc.array(
      fc.record({
        free: fc.integer({ min: -2, max: 3 }),
        gives: fc.dictionary(fc.integer({ min: 0, max: 11 }).map(String), fc.integer({ min: 1, max: 4 }), {
          maxKeys: 5,
        }),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    others: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 5, maxLength: 5 }),
    mostOnNode: fc.integer({ min: 1, max: 4 }),
    units: fc.integer({ min: 1, max: 20 }),
    least: fc.integer({ min: 1, max: 3 }),
    more: fc.integer({ min: 0, max: 8 }),
    required: fc.constantFrom([], [], [0]),
    costs: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 12, maxLength: 12 }),
  })
  .map(({ victims, nodes, others, mostOnNode, units, least, more, required, costs }) => {
    const leastNodes = Math.max(least, required.length);
    return {
      victims,
      nodes: nodes.map(({ free, gives }) => ({
        free,
        gives: new Map(
          Object.entries(gives)
            .map(([victim, amount]): [number, number] => [Number(victim), amount])
            .filter(([victim]) => victim < victims)
            .sort((a, b) => a[0] - b[0]),
        ),
      })),
      cost: costs.slice(0, victims).sort((a, b) => a - b),
      others: [0, ...others.slice(1, mostOnNode + 1)],
      need: {
        units: Math.max(units, leastNodes),
        mostOnNode,
        leastNodes,
        mostNodes: leastNodes + more,
        required,
      },
    };
  });

const heldOn = ({ nodes, need }: Room, node: number, gone: ReadonlySet<number>): number => {
  const { free, gives } = nodes[node]!;
  let held = free;
  for (const [victim, amount] of gives) if (gone.has(victim)) held += amount;
  return Math.max(0, Math.min(need.mostOnNode, held));
};

const choiceRoom = (given: Room): ChoiceRoom => ({
  nodes: given.nodes.map((_, node) => node),
  others: given.others,
  victimsOn: (node) => [...given.nodes[node]!.gives.keys()],
  nodesOf: (victim) => given.nodes.flatMap(({ gives }, node) => (gives.has(victim) ? [node] : [])),
  held: (node, isGone) => {
    const gone = new Set([...given.nodes[node]!.gives.keys()].filter(isGone));
    return heldOn(given, node, gone);
  },
  cost: given.cost,
});

/** By trying: the required nodes and then the fullest ones. */
function fits(given: Room, gone: ReadonlySet<number>): boolean {
  const { need, others, nodes } = given;
  const required = Array.from(need.required);
  const held = nodes.map((_, node) => heldOn(given, node, gone));
  if (required.some((node) => held[node] === 0)) return false;
  const rest = held.filter((units, node) => units > 0 && !required.includes(node));
  others.forEach((count, units) => {
    for (let i = 0; i < count; i++) if (units > 0) rest.push(units);
  });
  rest.sort((a, b) => b - a);
  let units = required.reduce((sum, node) => sum + held[node]!, 0);
  for (let count = required.length; count <= need.mostNodes; count++) {
    if (count >= need.leastNodes && units >= need.units) return true;
    const next = rest[count - required.length];
    if (next === undefined) return false;
    units += next;
  }
  return false;
}

describe("the choice of victims", () => {
  test("makes room where all of them would, and not one of them could stay", () => {
    fc.assert(
      fc.property(room, (given) => {
        const all = new Set(Array.from({ length: given.victims }, (_, victim) => victim));
        const choice = chooseVictims(given.need, choiceRoom(given), 100);
        expect(choice !== undefined).toBe(fits(given, all));
        if (choice === undefined) return;
        const gone = new Set(choice.victims);
        expect(fits(given, gone)).toBe(true);
        for (const victim of gone) {
          const fewer = new Set(gone);
          fewer.delete(victim);
          expect(fits(given, fewer)).toBe(false);
        }
        for (const [node, units] of choice.held) expect(units).toBe(heldOn(given, node, gone));
      }),
      { numRuns: 2000 },
    );
  });

  test("is of the fewest, and of equally few of the cheapest, where each runs on one node: as trying all sets finds", () => {
    const small = fc
      .record({
        nodes: fc.array(
          fc.record({
            free: fc.integer({ min: -6, max: 0 }),
            gives: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        units: fc.integer({ min: 1, max: 3 }),
        others: fc.integer({ min: 0, max: 1 }),
        costs: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 12, maxLength: 12 }),
        order: fc.array(fc.double({ noNaN: true }), { minLength: 12, maxLength: 12 }),
      })
      .map(({ nodes, units, others, costs, order }): Room => {
        const victims = nodes.reduce((sum, { gives }) => sum + gives.length, 0);
        // Numbers of victims go by cost, so which node has which is shuffled.
        const numbers = Array.from({ length: victims }, (_, victim) => victim).sort(
          (a, b) => order[a]! - order[b]!,
        );
        return {
          nodes: nodes.map(({ free, gives }) => ({
            free,
            gives: new Map(
              gives.map((amount): [number, number] => [numbers.pop()!, amount]).sort((a, b) => a[0] - b[0]),
            ),
          })),
          victims,
          cost: costs.slice(0, victims).sort((a, b) => a - b),
          others: [0, others],
          need: { units, mostOnNode: 1, leastNodes: units, mostNodes: units, required: [] },
        };
      });
    fc.assert(
      fc.property(small, (given) => {
        const price = (victims: readonly number[]): [number, number] => [
          victims.length,
          victims.reduce((sum, victim) => sum + given.cost[victim]!, 0),
        ];
        let best: [number, number] | undefined;
        for (let set = 0; set < 1 << given.victims; set++) {
          const victims = Array.from({ length: given.victims }, (_, v) => v).filter((v) => (set >> v) & 1);
          const [count, cost] = price(victims);
          const isBetter = best === undefined || count < best[0] || (count === best[0] && cost < best[1]);
          if (isBetter && fits(given, new Set(victims))) best = [count, cost];
        }
        const choice = chooseVictims(given.need, choiceRoom(given), 100);
        expect(choice === undefined ? undefined : price(choice.victims)).toEqual(best);
      }),
      { numRuns: 400 },
    );
  });

  test("takes the one that suffices rather than several cheaper ones, and of equal ones the cheapest", () => {
    const need = { units: 1, mostOnNode: 1, leastNodes: 1, mostNodes: 1, required: [] };
    const given = (gives: readonly Record<number, number>[], cost: readonly number[]): Room => ({
      nodes: gives.map((each) => ({
        free: -1,
        gives: new Map(Object.entries(each).map(([victim, amount]) => [Number(victim), amount])),
      })),
      victims: cost.length,
      cost,
      others: [0, 0],
      need,
    });
    const chosen = (of: Room) => chooseVictims(of.need, choiceRoom(of), 100)?.victims;
    expect(chosen(given([{ 0: 1, 1: 1 }, { 2: 2 }], [1, 1, 9]))).toEqual([2]);
    expect(chosen(given([{ 1: 2 }, { 0: 2 }, { 2: 2 }], [1, 2, 3]))).toEqual([0]);
    expect(chosen(given([{ 0: 1, 1: 1, 2: 2 }], [1, 2, 3]))).toEqual([2]);
  });

  test("gives up where more would be needed than may be taken", () => {
    const need = { units: 3, mostOnNode: 1, leastNodes: 3, mostNodes: 3, required: [] };
    const nodes = [0, 1, 2].map((victim) => ({ free: 0, gives: new Map([[victim, 1]]) }));
    const given: Room = { nodes, victims: 3, cost: [1, 2, 3], others: [0, 0], need };
    expect(chooseVictims(need, choiceRoom(given), 2)).toBeUndefined();
    expect(chooseVictims(need, choiceRoom(given), 3)?.victims).toEqual([0, 1, 2]);
  });
});
