import { describe, expect, it } from "vitest";
import { ERRORS } from "../../core/model/errors.ts";
import {
  MAX_TEXT_BYTES,
  type ParseCode,
  printUnparsed,
  tooLong,
  unparsed,
} from "../../core/model/parse-result.ts";

describe("the bound on texts", () => {
  it("is in bytes of UTF-8, not in characters", () => {
    expect(tooLong("a".repeat(MAX_TEXT_BYTES))).toBeUndefined();
    expect(tooLong("a".repeat(MAX_TEXT_BYTES + 1))).toMatchObject({ ok: false, code: "TOO_LARGE" });
    expect(tooLong("é".repeat(MAX_TEXT_BYTES / 2))).toBeUndefined();
    expect(tooLong("é".repeat(MAX_TEXT_BYTES / 2 + 1))).toMatchObject({ code: "TOO_LARGE" });
  });
});

describe("a refusal", () => {
  it("says what is wrong, what would be right and where, in one line", () => {
    const refused = unparsed("INVALID_SPEC", "a number is missing", 2, "a number like 12");
    expect(printUnparsed("1:\n", refused)).toBe(
      '"1:\\n": a number is missing; expected a number like 12 (at character 3)',
    );
  });

  it("quotes no more than the beginning of a long text", () => {
    expect(printUnparsed("x".repeat(1000), unparsed("INVALID_SPEC", "no", 0, "yes")).length).toBeLessThan(
      120,
    );
  });

  it("has a code of the error table", () => {
    const codes = [
      "TOO_LARGE",
      "INVALID_SPEC",
      "INVALID_ARRAY",
      "INVALID_GRES",
      "INVALID_DEPENDENCY",
      "INVALID_NODE_COUNT",
      "INVALID_NODE_NAME",
    ] as const satisfies readonly ParseCode[];
    for (const code of codes) expect(ERRORS).toHaveProperty(code);
  });
});
