import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDistribution, printDistribution } from "../../core/model/distribution.ts";
import { MAX_LICENCE_KINDS, parseLicences, printLicences } from "../../core/model/licence.ts";
import { parseNodeShape } from "../../core/model/node-shape.ts";
import { parseSwitches } from "../../core/model/switches.ts";
import { anyText, expectAnswer, must, runs } from "./texts.ts";

describe("a list of licences", () => {
  it("is names with counts, one where none is said, sorted", () => {
    const demands = [
      { name: "ansys", count: 1 },
      { name: "matlab@srv", count: 2 },
    ];
    expect(parseLicences("matlab@srv:2,ansys")).toEqual({ ok: true, value: demands });
    expect(parseLicences("ansys;matlab@srv=2")).toEqual({ ok: true, value: demands });
    expect(parseLicences("ansys:0,matlab@srv,matlab@srv,ansys")).toEqual({ ok: true, value: demands });
    expect(printLicences(demands)).toBe("ansys:1,matlab@srv:2");
    const many = (count: number): string => Array.from({ length: count }, (_, i) => `l${i}`).join(",");
    expect(parseLicences(many(MAX_LICENCE_KINDS)).ok).toBe(true);
    expect(parseLicences(many(MAX_LICENCE_KINDS + 1)).ok).toBe(false);
  });

  it.each(["", ",", "a,", "a:", "a:x", "a|b", "a,a:2147483647", "a:2147483648", "a b"])(
    "%j is refused",
    (text) => {
      expect(parseLicences(text)).toMatchObject({ ok: false, code: "INVALID_LICENSES" });
    },
  );

  it("reads back as printed, and gets an answer whatever the text", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_.@-]{1,12}$/);
    const demand = fc.record({ name, count: fc.integer({ min: 1, max: 2_147_483_647 }) });
    const list = fc.uniqueArray(demand, { minLength: 1, maxLength: 8, selector: (one) => one.name });
    fc.assert(
      fc.property(list, (demands) => {
        const one = must(parseLicences(printLicences(demands)));
        expect(parseLicences(printLicences(one))).toEqual({ ok: true, value: one });
        expect(one).toHaveLength(demands.length);
      }),
      runs(200),
    );
    fc.assert(
      fc.property(anyText(["a", "b", ":", "=", ",", ";", "1", "99", "|"]), (text) =>
        expectAnswer(text, parseLicences(text)),
      ),
      runs(200),
    );
  });
});

describe("a distribution", () => {
  it.each([
    ["block", "block"],
    ["CYCLIC:cyclic", "cyclic:cyclic"],
    ["plane=2", "plane"],
    ["*", "block"],
    ["*:*", "block:cyclic"],
    ["block:*:*", "block:cyclic:cyclic"],
    ["cyclic:block:*", "cyclic:block:block"],
    ["cyclic:*:fcyclic", "cyclic:cyclic:fcyclic"],
    ["block,Pack", "block,pack"],
    ["*,NoPack", "block,nopack"],
    ["NoPack", "nopack"],
    ["arbitrary", "arbitrary"],
    ["round", ""],
  ])("%s is %s in the environment of the job", (text, printed) => {
    expect(printDistribution(text)).toBe(printed);
  });

  it.each([
    ["block", { nodes: "block", planeSize: 0, sockets: "default", cores: "default", pack: "default" }],
    ["Cyclic:fcyclic,NoPack", { nodes: "cyclic", sockets: "fcyclic", pack: "nopack" }],
    ["plane=4", { nodes: "plane", planeSize: 4 }],
    ["*:block:cyclic,Pack", { nodes: "default", sockets: "block", cores: "cyclic", pack: "pack" }],
    ["arbitrary", { nodes: "arbitrary" }],
  ])("%s is understood", (text, distribution) => {
    expect(parseDistribution(text)).toMatchObject({ ok: true, value: distribution });
  });

  it.each([
    "",
    "round",
    "plane",
    "plane=0",
    "block:x",
    "block:block:block:block",
    "block,x",
    "block,pack,pack",
  ])("%j is refused", (text) => {
    expect(parseDistribution(text)).toMatchObject({ ok: false, code: "INVALID_SPEC" });
  });
});

describe("a number of switches", () => {
  it("may have a time that the job waits for it", () => {
    expect(parseSwitches("2")).toEqual({ ok: true, value: { count: 2 } });
    expect(parseSwitches("1@10")).toEqual({ ok: true, value: { count: 1, waitS: 600 } });
    expect(parseSwitches("1@1:00:00")).toMatchObject({ value: { waitS: 3600 } });
  });

  it.each(["", "0", "x", "2@", "2@x", "2 ", "65536"])("%j is refused", (text) => {
    expect(parseSwitches(text)).toMatchObject({ ok: false, code: "INVALID_SPEC" });
  });
});

describe("the shape of a node", () => {
  it.each([
    ["2", { socketsPerNode: 2 }],
    ["2:4", { socketsPerNode: 2, coresPerSocket: 4 }],
    ["*:*:2", { threadsPerCore: 2 }],
  ])("%s is understood", (text, shape) => {
    expect(parseNodeShape(text)).toEqual({ ok: true, value: shape });
  });

  it.each(["", "0", "2:", "2:x", "1:1:1:1", "65536", "-1"])("%j is refused", (text) => {
    expect(parseNodeShape(text)).toMatchObject({ ok: false, code: "INVALID_SPEC" });
  });
});
