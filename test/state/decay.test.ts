import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decayed } from "../../core/state/decay.ts";

const WEEK_S = 7 * 86_400;
const amount = fc.double({ min: 0, max: 1e12, noNaN: true });
const rate = fc.double({ min: 0, max: 1e6, noNaN: true });
const seconds = fc.integer({ min: 0, max: 10 * WEEK_S });
const halfLife = fc.constantFrom(0, 3600, 86_400, WEEK_S);

describe("usage that decays", () => {
  test("counts half after a half-life, and a quarter after two", () => {
    expect(decayed(1000, 0, WEEK_S, WEEK_S)).toBeCloseTo(500, 9);
    expect(decayed(1000, 0, 2 * WEEK_S, WEEK_S)).toBeCloseTo(250, 9);
  });

  test("without decay is what was used", () => {
    expect(decayed(1000, 3, 50, 0)).toBe(1150);
  });

  test("does not depend on when it is looked at in between", () => {
    fc.assert(
      fc.property(amount, rate, seconds, seconds, halfLife, (a, r, first, second, h) => {
        const inOne = decayed(a, r, first + second, h);
        const inTwo = decayed(decayed(a, r, first, h), r, second, h);
        expect(Math.abs(inOne - inTwo)).toBeLessThanOrEqual(1e-9 * Math.max(1, inOne));
      }),
    );
  });

  test("is near to what short steps give that add the step's use and then decay", () => {
    const stepS = 300;
    let stepped = 0;
    for (let at = 0; at < 2 * WEEK_S; at += stepS) stepped = stepped * 2 ** (-stepS / WEEK_S) + 64 * stepS;
    expect(decayed(0, 64, 2 * WEEK_S, WEEK_S) / stepped).toBeCloseTo(1, 3);
  });

  test("never falls below nothing and never grows past the rate's limit", () => {
    fc.assert(
      fc.property(rate, seconds, (r, dt) => {
        const used = decayed(0, r, dt, WEEK_S);
        expect(used).toBeGreaterThanOrEqual(0);
        expect(used).toBeLessThanOrEqual((r * WEEK_S) / Math.LN2 + 1e-6);
        expect(used).toBeLessThanOrEqual(r * dt * (1 + 1e-12));
      }),
    );
  });
});
