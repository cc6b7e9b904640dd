import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Frontier, type FrontierDemand, frontierDemand } from "../../core/place/frontier.ts";
import { MAX_SLOTS, slotBorders, slotsOfLimit } from "../../core/place/slots.ts";
import { NEVER_S, TestCluster } from "./cluster.ts";

describe("time slots", () => {
  it("begin now, ascend, and are at most as many as there is room for", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -100, max: 4_000_000 }), { maxLength: 300 }),
        fc.integer({ min: 2, max: MAX_SLOTS }),
        fc.constantFrom(60, 86_400, NEVER_S),
        (ends, room, maxTimeS) => {
          const cluster = new TestCluster([{ maxTimeS }]);
          cluster.node({ cpus: 1000 });
          for (const leftS of ends) cluster.busy(0, leftS, 1);
          const borders = [...slotBorders(cluster.tables(), room)];
          expect(borders[0]).toBe(0);
          expect(borders.length).toBeLessThanOrEqual(room);
          expect(borders).toEqual([...new Set(borders)].sort((a, b) => a - b));
        },
      ),
    );
  });

  it("have borders at the nearest ends to the second", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 100 });
    for (const leftS of [7, 61, 1234, 3601, 40_000]) cluster.busy(0, leftS, 1);
    const borders = [...slotBorders(cluster.tables(), MAX_SLOTS)];
    for (const leftS of [7, 61, 1234, 3601, 40_000]) expect(borders).toContain(leftS);
    for (const hours of [1, 2, 4, 8, 12, 24]) expect(borders).toContain(hours * 3600);
  });

  it("round limits up, never down", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: NEVER_S }), (limitS) => {
        const borders = slotBorders(new TestCluster().tables(), MAX_SLOTS);
        const slots = slotsOfLimit(borders, limitS);
        if (slots < borders.length) expect(borders[slots]).toBeGreaterThanOrEqual(limitS);
        else expect(borders.at(-1)!).toBeLessThan(limitS);
        expect(borders[slots - 1]).toBeLessThan(limitS);
      }),
    );
  });
});

describe("what classes learn from each other", () => {
  const demand = fc.record({
    nodes: fc.integer({ min: 1, max: 2000 }),
    gres: fc.integer({ min: 0, max: 16 }),
    cpus: fc.integer({ min: 1, max: 300 }),
    memMib: fc.integer({ min: 0, max: 4_000_000 }),
    length: fc.integer({ min: 1, max: 160 }),
  });

  it("is never more than what a smaller demand has shown", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(demand, fc.integer({ min: 1, max: 160 })), { maxLength: 20 }),
        demand,
        (known, asks) => {
          const frontier = new Frontier();
          for (const [smaller, slot] of known) frontier.raise(levels(smaller), smaller.length, slot);
          const allowed = known
            .filter(([smaller]) =>
              Object.entries(smaller).every(([name, value]) => value <= asks[name as keyof typeof asks]),
            )
            .map(([, slot]) => slot);
          expect(frontier.first(levels(asks), asks.length)).toBeLessThanOrEqual(Math.max(0, ...allowed));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("is passed on to a demand that is clearly larger", () => {
    const frontier = new Frontier();
    frontier.raise(frontierDemand(1, 1, 10, 1000), 8, 33);
    expect(frontier.first(frontierDemand(2, 2, 16, 2000), 20)).toBe(33);
    expect(frontier.first(frontierDemand(2, 0, 16, 2000), 20)).toBe(0);
  });
});

interface Amounts {
  readonly nodes: number;
  readonly gres: number;
  readonly cpus: number;
  readonly memMib: number;
}
const levels = ({ nodes, gres, cpus, memMib }: Amounts): FrontierDemand =>
  frontierDemand(nodes, gres, cpus, memMib);
