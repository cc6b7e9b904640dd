import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAIL_TYPES, parseMailType, printMailType } from "../../core/model/mail-type.ts";
import { anyText, expectAnswer, runs } from "./texts.ts";

const ALPHABET = ["BEGIN", "END", "end", "NONE", "ALL", "TIME_LIMIT_90", "_", ",", " ", "X"];

describe("mail types", () => {
  it.each<[string, string[]]>([
    ["BEGIN,END,FAIL", ["BEGIN", "END", "FAIL"]],
    ["all", ["ALL"]],
    ["none", []],
    ["NONE", []],
    ["END,end", ["END"]],
    [
      "TIME_LIMIT,TIME_LIMIT_90,TIME_LIMIT_80,TIME_LIMIT_50",
      ["TIME_LIMIT", "TIME_LIMIT_90", "TIME_LIMIT_80", "TIME_LIMIT_50"],
    ],
    [
      "REQUEUE,ARRAY_TASKS,INVALID_DEPEND,STAGE_OUT",
      ["REQUEUE", "ARRAY_TASKS", "INVALID_DEPEND", "STAGE_OUT"],
    ],
  ])("%s are understood", (text, types) => {
    expect(parseMailType(text)).toEqual({ ok: true, value: types });
  });

  it.each(["", ",", "END,", "STOP", "END,NONE", "END FAIL"])(
    "%j is refused with the list of them",
    (text) => {
      expect(parseMailType(text)).toMatchObject({
        ok: false,
        code: "INVALID_SPEC",
        message: expect.stringContaining("ARRAY_TASKS"),
      });
    },
  );

  it("read back as printed", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...MAIL_TYPES)), (types) => {
        expect(parseMailType(printMailType(types))).toEqual({ ok: true, value: types });
      }),
      runs(100),
    );
  });

  it("get an answer whatever the text", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => expectAnswer(text, parseMailType(text))),
      runs(400),
    );
  });
});
