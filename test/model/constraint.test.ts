import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Constraint,
  type FeatureExpr,
  featureNames,
  joinFeatures,
  MAX_FEATURES_NAMED,
  parseConstraint,
  printConstraint,
} from "../../core/model/constraint.ts";
import { areCovered, featureMasks, hasFeatures, MAX_TERMS } from "../../core/model/constraint-nodes.ts";
import { anyText, expectAnswer, must, runs } from "./texts.ts";

const NAMES = ["a", "b", "c", "ib", "gpu-a100"] as const;
const ALPHABET = [...NAMES, "&", "|", "(", ")", "[", "]", "*2", "*", " ", "!", "a&b", "[a|b]", "[a*2&b*1]"];

const anyFeatures: fc.Arbitrary<FeatureExpr> = fc.letrec<{ expr: FeatureExpr }>((tie) => ({
  expr: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(...NAMES).map((name): FeatureExpr => ({ kind: "feature", name })),
    fc
      .tuple(
        fc.constantFrom("all" as const, "any" as const),
        fc.array(tie("expr"), { minLength: 1, maxLength: 3 }),
      )
      .map(([kind, terms]) => joinFeatures(kind, terms)),
  ),
})).expr;

const bitOf = (name: string): number => NAMES.indexOf(name as (typeof NAMES)[number]) * 15;
const text = (of: string): string => printConstraint(must(parseConstraint(of)));

describe("a constraint", () => {
  it.each([
    ["a", "a"],
    ["b&a&b", "a&b"],
    ["a|b", "a|b"],
    ["b|a&c", "(a|b)&c"],
    ["b&a|c", "(a&b)|c"],
    ["(a|b)&(a|b)", "a|b"],
    ["((a))", "a"],
    ["[b|a]", "[a|b]"],
    ["[a]", "a"],
    ["[a|a]", "a"],
    ["[a|b&c]", "(a|b)&c"],
    ["[a|(c&b)]", "[a|(b&c)]"],
    ["[(b|c)|a]", "[a|(b|c)]"],
    ["ib&[a|b]", "[(a&ib)|(b&ib)]"],
    ["a*4", "a*4"],
    ["b*1&a*2", "a*2&b*1"],
    ["[b*1&a*2]", "a*2&b*1"],
    ["[a*2|b*3]", "[a*2|b*3]"],
    ["[(a&b)*4&c*1]", "(a&b)*4&c*1"],
    ["ib&a*2", "ib&a*2"],
    ["(a|b)&c*2", "(a|b)&c*2"],
  ])("%s is written %s in its one form", (of, one) => {
    expect(text(of)).toBe(one);
    expect(text(text(of))).toBe(text(of));
  });

  it.each([
    "",
    "&",
    "a&",
    "a||b",
    "(a",
    "a)",
    "[a|b",
    "[a|b]&[c|b]",
    "[[a|b]|c]",
    "a|[b|c]",
    "a*0",
    "a*",
    "a*65537",
    "(a*2)|b",
    "(a*2|b)*2",
    "a b",
    "!a",
    "a,b",
    "*2",
    `${"(".repeat(40)}a${")".repeat(40)}`,
    "x".repeat(256),
  ])("%j is refused", (of) => {
    expect(parseConstraint(of)).toMatchObject({ ok: false, code: "INVALID_FEATURE" });
  });

  it("is bounded in the features that it names", () => {
    const names = (count: number): string => Array.from({ length: count }, (_, i) => `f${i}`).join("|");
    expect(parseConstraint(names(MAX_FEATURES_NAMED)).ok).toBe(true);
    expect(parseConstraint(names(MAX_FEATURES_NAMED + 1)).ok).toBe(false);
  });

  it("is bounded in the numbers of nodes that go together", () => {
    const counted = (count: number): string => Array.from({ length: count }, (_, i) => `f${i}*1`).join("&");
    expect(parseConstraint(counted(8)).ok).toBe(true);
    expect(parseConstraint(counted(9)).ok).toBe(false);
  });

  it("tells the names in it", () => {
    expect(featureNames(must(parseConstraint("ib&[b*2|(a&b)]")))).toEqual(["a", "b", "ib"]);
  });

  it("reads back as printed, and is printed the same again", () => {
    const anyOption = fc
      .tuple(
        fc.option(anyFeatures, { nil: undefined }),
        fc.array(fc.tuple(anyFeatures, fc.integer({ min: 1, max: 9 })), { maxLength: 2 }),
      )
      .filter(([each, counts]) => each !== undefined || counts.length > 0)
      .map(([each, counts]) => ({
        ...(each === undefined ? {} : { each }),
        counts: counts.map(([expr, count]) => ({ expr, count })),
      }));
    fc.assert(
      fc.property(fc.array(anyOption, { minLength: 1, maxLength: 3 }), (options) => {
        // Through its text once: options that are the same, and their order, have one form.
        const one: Constraint = must(parseConstraint(printConstraint({ options })));
        expect(parseConstraint(printConstraint(one))).toEqual({ ok: true, value: one });
      }),
      runs(400),
    );
  });

  it("gets an answer whatever the text", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (of) => expectAnswer(of, parseConstraint(of))),
      runs(400),
    );
  });
});

describe("the nodes of a constraint", () => {
  it("are those that have what it says", () => {
    const nodes = { n1: ["a"], n2: ["a", "b"], n3: ["c"], n4: [] as string[] };
    const having = (of: string): string[] => {
      const each = must(parseConstraint(of)).options[0]?.each;
      const has = Object.entries(nodes).filter(([, features]) =>
        hasFeatures(each, (name) => features.includes(name)),
      );
      return has.map(([name]) => name);
    };
    expect(having("a&b")).toEqual(["n2"]);
    expect(having("b|c")).toEqual(["n2", "n3"]);
    expect(having("(b|c)&a")).toEqual(["n2"]);
    expect(having("a*2")).toEqual(["n1", "n2", "n3", "n4"]);
  });

  it("as bits are the same as by name", () => {
    fc.assert(
      fc.property(anyFeatures, fc.subarray([...NAMES]), (each, has) => {
        const [option] = featureMasks({ options: [{ each, counts: [] }] }, bitOf)!;
        let lo = 0;
        let hi = 0;
        for (const name of has) {
          if (bitOf(name) < 32) lo |= 1 << bitOf(name);
          else hi |= 1 << (bitOf(name) - 32);
        }
        const isMet = option!.each.some(([a, b]) => (a & ~lo) === 0 && (b & ~hi) === 0);
        expect(isMet).toBe(hasFeatures(each, (name) => has.includes(name as (typeof NAMES)[number])));
        expect(option!.each.length).toBeLessThanOrEqual(MAX_TERMS);
      }),
      runs(400),
    );
  });

  it("as bits have an option each, with its counts", () => {
    const masks = (of: string) => featureMasks(must(parseConstraint(of)), bitOf);
    expect(masks("a&b")).toEqual([{ each: [[0b1000_0000_0000_0001, 0]], counts: [] }]);
    expect(masks("[a|b]")).toEqual([
      { each: [[1, 0]], counts: [] },
      { each: [[1 << 15, 0]], counts: [] },
    ]);
    expect(masks("(a|(a&b))")).toEqual([{ each: [[1, 0]], counts: [] }]);
    expect(masks("a*2&ib*1")).toEqual([
      {
        each: [[0, 0]],
        counts: [
          { sets: [[1, 0]], count: 2 },
          { sets: [[0, 1 << 13]], count: 1 },
        ],
      },
    ]);
  });

  it("are counted each for one term, as trying every way of telling them off says", () => {
    const wanted = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 });
    const nodes = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 6 });
    const canBe = (counts: readonly number[], left: readonly number[]): boolean => {
      const term = counts.findIndex((count) => count > 0);
      if (term < 0) return true;
      const fewer = counts.map((count, i) => (i === term ? count - 1 : count));
      return left.some((terms, i) => (terms & (1 << term)) !== 0 && canBe(fewer, left.toSpliced(i, 1)));
    };
    fc.assert(
      fc.property(wanted, nodes, (counts, terms) => {
        const groups = terms.map((one) => ({ terms: one, count: 1 }));
        expect(areCovered(counts, groups)).toBe(canBe(counts, terms));
      }),
      runs(200),
    );
  });

  it("are none where no node has the feature, and no masks where they would be too many", () => {
    const unknown = featureMasks(must(parseConstraint("a")), () => undefined);
    expect(unknown).toEqual([{ each: [], counts: [] }]);
    const wide = Array.from({ length: 7 }, (_, i) => `(f${2 * i}|f${2 * i + 1})`).join("&");
    expect(featureMasks(must(parseConstraint(wide)), (name) => Number(name.slice(1)))).toBeUndefined();
  });
});
