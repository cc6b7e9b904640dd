import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareHostNames,
  compressHostlist,
  compressSorted,
  expandHostlist,
  MAX_HOSTS,
} from "../../core/model/hostlist.ts";
import { anyText, expectAnswer, must, runs } from "./texts.ts";

const ALPHABET = [
  "n",
  "rack",
  "_",
  "0",
  "1",
  "009",
  "[",
  "]",
  "[1-3]",
  "[0-65535]",
  "-",
  ",",
  " ",
  "\t",
  "99999999",
  "{",
];

const anyName = fc.oneof(
  fc
    .tuple(fc.constantFrom("n", "gpu", "", "rack0_blade", "a1b"), fc.nat(120))
    .map(([prefix, n]) => `${prefix}${n}`),
  fc
    .tuple(fc.constantFrom("n", "gpu"), fc.nat(120))
    .map(([prefix, n]) => `${prefix}${`${n}`.padStart(3, "0")}`),
  fc.stringMatching(/^[a-z][a-z0-9._-]{0,20}$/),
  fc.stringMatching(/^[0-9]{1,30}$/),
);
const anyNames = fc.oneof(
  fc.array(anyName, { maxLength: 40 }),
  fc
    .tuple(fc.nat(1100), fc.nat(80))
    .map(([first, count]) => Array.from({ length: count }, (_, i) => `n${first + i}`)),
);

describe("expanding a hostlist", () => {
  it.each<[string, string[]]>([
    ["n[1-3,7],gpu[008-010]", ["n1", "n2", "n3", "n7", "gpu008", "gpu009", "gpu010"]],
    ["rack[0-1]_blade[2-3]", ["rack0_blade2", "rack0_blade3", "rack1_blade2", "rack1_blade3"]],
    ["n1", ["n1"]],
    ["n1,n2", ["n1", "n2"]],
    ["n1 n2\tn3\nn4", ["n1", "n2", "n3", "n4"]],
    ["n1 , n2", ["n1", "n2"]],
    [" n1 ", ["n1"]],
    ["n2,n1,n2", ["n2", "n1", "n2"]],
    ["n[3,1]", ["n3", "n1"]],
    ["n[8-11]", ["n8", "n9", "n10", "n11"]],
    ["n[08-11]", ["n08", "n09", "n10", "n11"]],
    ["n[099-101]", ["n099", "n100", "n101"]],
    ["n[1-2]-ib0", ["n1-ib0", "n2-ib0"]],
    ["n[0-1][0-1][5]", ["n005", "n015", "n105", "n115"]],
    ["[1-2]", ["1", "2"]],
    ["node-a.example.org", ["node-a.example.org"]],
    ["", []],
    ["  ", []],
  ])("%j gives the names in order", (text, names) => {
    expect(expandHostlist(text)).toEqual({ ok: true, value: names });
  });

  it.each([
    ",",
    "n1,",
    ",n1",
    "n1,,n2",
    "n1, ,n2",
    "n[1",
    "n1]",
    "n[]",
    "n[1-]",
    "n[-1]",
    "n[1,]",
    "n[3-1]",
    "n[a-b]",
    "n[1 2]",
    "n[[1]]",
    "n[1-2-3]",
    "feature{gpu}",
    "n\u00001",
    `n${"1".repeat(255)}`,
    `n${"[1]".repeat(17)}`,
    "n[1234567890123456]",
  ])("%.40j is refused", (text) => {
    expect(expandHostlist(text)).toMatchObject({ ok: false, code: "INVALID_NODE_NAME" });
  });

  it("takes as many names as a cluster can have, and not one more", () => {
    expect(must(expandHostlist("a[0-65535]")).length).toBe(MAX_HOSTS);
    expect(must(expandHostlist("a[0-255][0-255]")).length).toBe(MAX_HOSTS);
    expect(expandHostlist("a[0-65536]")).toMatchObject({ ok: false });
    expect(expandHostlist("a[0-65535],b")).toMatchObject({ ok: false });
    expect(expandHostlist("a[0-9]", 9)).toMatchObject({
      ok: false,
      message: expect.stringContaining("more than 9 names"),
    });
  });

  it.each([
    "n[1-99999999]",
    "a[0-65535][0-65535]",
    `a${"[0-65535]".repeat(16)}`,
    `a[${"0-65535,".repeat(7000)}1]`,
    Array(5000).fill("a[0-65535]").join(","),
    "[".repeat(65_536),
    "a[".repeat(32_768),
    `a${"[1]".repeat(20_000)}`,
    `${"x".repeat(60_000)}[0-65535]`,
    "n".repeat(65_537),
  ])("a monster is refused before it is made: %.30s", (text) => {
    expect(expandHostlist(text).ok).toBe(false);
  });
});

describe("compressing names", () => {
  it.each<[string[], string]>([
    [["n1", "n2", "n3", "n7", "gpu008", "gpu009"], "n[1-3,7],gpu[008-009]"],
    [["n7", "n1", "n3", "n2", "n2"], "n[7,1,3,2,2]"],
    [["h003", "h002", "h001"], "h[003,002,001]"],
    [["n1"], "n1"],
    [["n1", "m1", "n2"], "n1,m1,n2"],
    [["n8", "n9", "n10"], "n[8-10]"],
    [["n08", "n09", "n10"], "n[08-10]"],
    [["n099", "n100"], "n[099-100]"],
    [["n9", "n010"], "n[9,010]"],
    [["login", "n1", "n2"], "login,n[1-2]"],
    [["r0b2", "r0b3", "r1b2", "r1b3"], "r0b[2-3],r1b[2-3]"],
    [["1", "2"], "[1-2]"],
    [[], ""],
  ])("%j", (names, text) => {
    expect(compressHostlist(names)).toBe(text);
  });

  it("in natural order keeps repeats", () => {
    expect(compressSorted(["n7", "n1", "n3", "n2", "n2"])).toBe("n[1-2,2-3,7]");
    expect(compressSorted(["n10", "n9", "gpu2", "n1"])).toBe("gpu2,n[1,9-10]");
    expect(compressSorted(["h003", "h002", "h001"])).toBe("h[001-003]");
  });

  it("expands to the same names, in the same order", () => {
    fc.assert(
      fc.property(anyNames, (names) => {
        expect(expandHostlist(compressHostlist(names))).toEqual({ ok: true, value: names });
      }),
      runs(400),
    );
  });

  it("of the largest cluster stays one range", () => {
    const names = Array.from({ length: MAX_HOSTS }, (_, i) => `n${i + 1}`);
    expect(compressHostlist(names)).toBe("n[1-65536]");
  });
});

describe("natural order", () => {
  it("is a total order in which only equal names are equal", () => {
    fc.assert(
      fc.property(anyName, anyName, anyName, (a, b, c) => {
        expect(Math.sign(compareHostNames(a, b))).toBe(0 - Math.sign(compareHostNames(b, a)));
        expect(compareHostNames(a, b) === 0).toBe(a === b);
        if (compareHostNames(a, b) <= 0 && compareHostNames(b, c) <= 0) {
          expect(compareHostNames(a, c)).toBeLessThanOrEqual(0);
        }
      }),
      runs(400),
    );
  });

  it("compares numbers as numbers", () => {
    const sorted = ["gpu1", "n1", "n2", "n9", "n10", "n10b1", "n10b2", "n11"];
    expect([...sorted].reverse().sort(compareHostNames)).toEqual(sorted);
  });
});

describe("any text", () => {
  it("gets an answer", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => expectAnswer(text, expandHostlist(text))),
      runs(300),
    );
  });
});
