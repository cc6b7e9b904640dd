import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandRanges, printRanges } from "../../core/model/ranges.ts";
import { must, runs } from "./texts.ts";

const LIMITS = {
  maxValue: 100,
  maxCount: 50,
  noun: "number",
  code: "INVALID_SPEC",
  forms: "numbers like 1-3",
} as const;

describe("a list of ranges", () => {
  it("is read from a part of a text, up to its end", () => {
    expect(Array.from(must(expandRanges("[1-3,7]", 1, 6, LIMITS)))).toEqual([1, 2, 3, 7]);
    expect(expandRanges("[1-3;7]", 1, 6, LIMITS)).toMatchObject({ ok: false, at: 4 });
  });

  it("is refused beyond its limits, with the limit in the message", () => {
    expect(expandRanges("101", 0, 3, LIMITS)).toMatchObject({
      message: expect.stringContaining("number is above 100"),
    });
    expect(expandRanges("0-60", 0, 4, LIMITS)).toMatchObject({
      message: expect.stringContaining("more than 50"),
    });
  });

  it("reads back as printed", () => {
    const ascending = fc
      .uniqueArray(fc.nat(100), { minLength: 1, maxLength: 50 })
      .map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(ascending, (numbers) => {
        const text = printRanges(numbers);
        expect(Array.from(must(expandRanges(text, 0, text.length, LIMITS)))).toEqual(numbers);
      }),
      runs(200),
    );
  });
});
