import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compressCounts, expandCounts } from "../../core/model/compressed-counts.ts";
import { anyText, expectAnswer, runs } from "./texts.ts";

const ALPHABET = ["1", "72", "(x", "(", "x", ")", "3", ",", "65536", "99999999999", " "];

describe("compressed counts", () => {
  it.each<[number[], string]>([
    [[2, 2, 2, 1], "2(x3),1"],
    [[72, 72, 36], "72(x2),36"],
    [[4], "4"],
    [[1, 2, 1], "1,2,1"],
    [[], ""],
  ])("%j", (counts, text) => {
    expect(compressCounts(counts)).toBe(text);
    expect(expandCounts(text)).toEqual({ ok: true, value: counts });
  });

  it.each([
    ",",
    "1,",
    ",1",
    "2(x",
    "2(x3",
    "2(x)",
    "2(x0)",
    "2(3)",
    "2x3",
    "a",
    "2(x65537)",
    "1,2(x65536)",
    "2147483648",
  ])("%j is refused", (text) => {
    expect(expandCounts(text)).toMatchObject({ ok: false, code: "INVALID_SPEC" });
  });

  it("read back as printed", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 }), (counts) => {
        expect(expandCounts(compressCounts(counts))).toEqual({ ok: true, value: counts });
      }),
      runs(300),
    );
  });

  it("get an answer whatever the text", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => expectAnswer(text, expandCounts(text))),
      runs(400),
    );
  });
});
