import { describe, expect, it } from "vitest";
import { periodBeginS } from "../../core/controller/usage-period.ts";

const at = (text: string): number => Math.floor(new Date(text).getTime() / 1000);
// A Wednesday.
const now = at("2026-11-25T13:45:10");

describe("the period that usage is counted in", () => {
  it.each([
    ["daily", "2026-11-25T00:00:00"],
    ["weekly", "2026-11-22T00:00:00"],
    ["monthly", "2026-11-01T00:00:00"],
    ["quarterly", "2026-10-01T00:00:00"],
    ["yearly", "2026-01-01T00:00:00"],
  ] as const)("began, %s, at %s", (reset, begin) => {
    expect(periodBeginS(reset, now)).toBe(at(begin));
    expect(periodBeginS(reset, at(begin))).toBe(at(begin));
    expect(periodBeginS(reset, at(begin) - 1)).toBeLessThan(at(begin));
  });

  it("began at no time where usage is never forgotten", () => {
    expect(periodBeginS("none", now)).toBe(0);
  });

  it("began on a Sunday of the month before where the week does", () => {
    expect(periodBeginS("weekly", at("2026-12-02T08:00:00"))).toBe(at("2026-11-29T00:00:00"));
  });
});
