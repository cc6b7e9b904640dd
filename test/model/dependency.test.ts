import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DEPENDENCY_KINDS,
  type DependencyExpr,
  type DependencyTerm,
  parseDependency,
  printDependency,
} from "../../core/model/dependency.ts";
import { anyText, expectAnswer, must, runs } from "./texts.ts";

const ALPHABET = [
  "afterok",
  "after",
  "singleton",
  ":",
  ",",
  "?",
  "+",
  "_",
  "*",
  "1",
  "99",
  "9999999999",
  " ",
  "(",
  "afterany:1",
];

const anyTerm: fc.Arbitrary<DependencyTerm> = fc
  .tuple(
    fc.constantFrom(...DEPENDENCY_KINDS),
    fc.integer({ min: 1, max: 2_147_483_645 }),
    fc.option(fc.oneof(fc.integer({ min: 0, max: 1_000_000 }), fc.constant("all" as const)), {
      nil: undefined,
    }),
    fc.option(fc.integer({ min: 0, max: 9999 }), { nil: undefined }),
  )
  .map(([kind, jobId, arrayTask, delayMin]) => {
    if (kind === "singleton") return { kind, jobId: 0 };
    return {
      kind,
      jobId,
      ...(arrayTask === undefined ? {} : { arrayTask }),
      ...(delayMin === undefined || kind !== "after" ? {} : { delayMin }),
    };
  });
const anyExpr: fc.Arbitrary<DependencyExpr> = fc
  .tuple(fc.boolean(), fc.array(anyTerm, { minLength: 1, maxLength: 8 }))
  .map(([any, terms]) => ({ mode: any && terms.length > 1 ? "any" : "all", terms }));

describe("a dependency", () => {
  it.each<[string, DependencyExpr]>([
    ["afterok:4", { mode: "all", terms: [{ kind: "afterok", jobId: 4 }] }],
    [
      "afterok:1:2,afterany:3",
      {
        mode: "all",
        terms: [
          { kind: "afterok", jobId: 1 },
          { kind: "afterok", jobId: 2 },
          { kind: "afterany", jobId: 3 },
        ],
      },
    ],
    [
      "afterok:1?afternotok:2",
      {
        mode: "any",
        terms: [
          { kind: "afterok", jobId: 1 },
          { kind: "afternotok", jobId: 2 },
        ],
      },
    ],
    ["after:10+5", { mode: "all", terms: [{ kind: "after", jobId: 10, delayMin: 5 }] }],
    ["afterok:5_3", { mode: "all", terms: [{ kind: "afterok", jobId: 5, arrayTask: 3 }] }],
    ["aftercorr:5_*", { mode: "all", terms: [{ kind: "aftercorr", jobId: 5, arrayTask: "all" }] }],
    ["singleton", { mode: "all", terms: [{ kind: "singleton", jobId: 0 }] }],
    [
      "singleton,AFTEROK:7",
      {
        mode: "all",
        terms: [
          { kind: "singleton", jobId: 0 },
          { kind: "afterok", jobId: 7 },
        ],
      },
    ],
  ])("%s is understood", (text, expr) => {
    expect(parseDependency(text)).toEqual({ ok: true, value: expr });
  });

  it.each([
    "",
    "4",
    "afterok",
    "afterok:",
    "afterok:x",
    "afterok:0",
    "afterok:4,",
    ",afterok:4",
    "afterok:1,,afterok:2",
    "afterok:1:",
    "afterok:1,afterok:2?afterok:3",
    "afterok:4+5",
    "after:4+",
    "afterok:4_",
    "afterok:4_x",
    "afterwards:4",
    "singleton:4",
    "afterok:2147483646",
    "afterok:99999999999999999999",
    "afterok 4",
    "afterok:4 ",
    "afterok:4(unfulfilled)",
  ])("%j is refused", (text) => {
    expect(parseDependency(text)).toMatchObject({ ok: false, code: "INVALID_DEPENDENCY" });
  });

  it("is bounded in the jobs that it names", () => {
    expect(parseDependency(`afterok${":1".repeat(1024)}`).ok).toBe(true);
    expect(parseDependency(`afterok${":1".repeat(1025)}`)).toMatchObject({
      message: expect.stringContaining("more than 1024"),
    });
    expect(parseDependency(Array(1025).fill("singleton").join(","))).toMatchObject({ ok: false });
  });

  it("shows each term with its state as scontrol does", () => {
    const expr = must(parseDependency("afterok:4:5_*,after:6+10"));
    expect(printDependency(expr, () => "unfulfilled")).toBe(
      "afterok:4(unfulfilled),afterok:5_*(unfulfilled),after:6+10(unfulfilled)",
    );
    expect(printDependency(expr, (term) => (term.jobId === 4 ? "failed" : "fulfilled"))).toContain(
      "afterok:4(failed),",
    );
  });

  it("reads back as printed", () => {
    fc.assert(
      fc.property(anyExpr, (expr) => {
        expect(parseDependency(printDependency(expr))).toEqual({ ok: true, value: expr });
      }),
      runs(300),
    );
  });

  it("gets an answer whatever the text", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => expectAnswer(text, parseDependency(text))),
      runs(400),
    );
  });
});
