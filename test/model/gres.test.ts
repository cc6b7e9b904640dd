import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type GresItem,
  MAX_GRES_COUNT,
  parseGpuCount,
  parseGres,
  printGres,
  printGresNode,
  printGresUsed,
  printTresPerNode,
} from "../../core/model/gres.ts";
import { anyText, expectAnswer, runs } from "./texts.ts";

const ALPHABET = [
  "gpu",
  "gres:",
  "gres/",
  "tesla",
  "1g.5gb",
  ":",
  ",",
  "0",
  "2",
  "4K",
  "none",
  "=",
  "(S:0)",
  "99999999999999999",
];

const anyName = fc
  .stringMatching(/^[a-z][a-z0-9_.+-]{0,8}$/)
  .filter((name) => name !== "none" && name !== "gres");
const anyType = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.+-]{0,8}$/);
const anyCount = fc.oneof(
  fc.integer({ min: 0, max: 16 }),
  fc.maxSafeInteger().map((n) => Math.abs(n) % MAX_GRES_COUNT),
);
const anyItem: fc.Arbitrary<GresItem> = fc.oneof(
  fc.record({ name: anyName, count: anyCount }),
  fc.record({ name: anyName, type: anyType, count: anyCount }),
);
const anyItems = fc.uniqueArray(anyItem, {
  minLength: 1,
  maxLength: 6,
  selector: (item) => `${item.name}:${item.type ?? ""}`,
});

describe("a gres list", () => {
  it.each<[string, GresItem[]]>([
    ["gpu", [{ name: "gpu", count: 1 }]],
    ["gpu:2", [{ name: "gpu", count: 2 }]],
    ["gpu:0", [{ name: "gpu", count: 0 }]],
    ["gpu:tesla", [{ name: "gpu", type: "tesla", count: 1 }]],
    ["gpu:tesla:2", [{ name: "gpu", type: "tesla", count: 2 }]],
    ["gpu:1g.5gb:3", [{ name: "gpu", type: "1g.5gb", count: 3 }]],
    ["gpu:nvidia_a100-sxm4-40gb:8", [{ name: "gpu", type: "nvidia_a100-sxm4-40gb", count: 8 }]],
    ["gpu:0.5", [{ name: "gpu", count: 0, thousandths: 500 }]],
    ["gpu:tesla:.125", [{ name: "gpu", type: "tesla", count: 0, thousandths: 125 }]],
    ["gres:gpu:1", [{ name: "gpu", count: 1 }]],
    ["gres/gpu:1", [{ name: "gpu", count: 1 }]],
    ["mps:4K", [{ name: "mps", count: 4096 }]],
    ["bandwidth:lustre:4g", [{ name: "bandwidth", type: "lustre", count: 4 * 1024 ** 3 }]],
    [
      "gpu:a:1,gpu:b:2,nic",
      [
        { name: "gpu", type: "a", count: 1 },
        { name: "gpu", type: "b", count: 2 },
        { name: "nic", count: 1 },
      ],
    ],
    ["none", []],
    ["NONE", []],
  ])("%s is understood", (text, items) => {
    expect(parseGres(text)).toEqual({ ok: true, value: items });
  });

  it.each([
    "",
    ",",
    "gpu,",
    ",gpu",
    "gpu:",
    "gpu::2",
    "gpu:tesla:",
    "gpu:tesla:x",
    "gpu:tesla:2:3",
    "2",
    "gres:",
    "gres/:2",
    "gpu:-1",
    "gpu 2",
    "gpu=2",
    "gpu:1,gpu:2",
    "none,gpu:1",
    "gpu:99999999999999",
    "gpu:tesla:9999999999999",
  ])("%j is refused", (text) => {
    expect(parseGres(text)).toMatchObject({ ok: false, code: "INVALID_GRES" });
  });

  it("is bounded in its items", () => {
    const many = Array.from({ length: 257 }, (_, i) => `g${i}`).join(",");
    expect(parseGres(many)).toMatchObject({ ok: false, message: expect.stringContaining("more than 256") });
  });

  it("reads back as printed, in each of the forms of a request", () => {
    fc.assert(
      fc.property(anyItems, (items) => {
        for (const text of [
          printGres(items),
          printTresPerNode(items),
          printTresPerNode(items, { slash: true }),
        ]) {
          expect(parseGres(text)).toEqual({ ok: true, value: items });
        }
      }),
      runs(300),
    );
  });

  it("prints as each command shows it", () => {
    const tesla = { name: "gpu", type: "tesla", count: 2 };
    expect(printGres([tesla])).toBe("gpu:tesla:2");
    expect(
      printGres([
        { name: "gpu", count: 1 },
        { name: "nic", count: 2 },
      ]),
    ).toBe("gpu:1,nic:2");
    expect(printGres([])).toBe("");
    expect(printGresNode([tesla])).toBe("gpu:tesla:2");
    expect(printGresNode([tesla], [0, 1])).toBe("gpu:tesla:2(S:0-1)");
    expect(printGresUsed([{ ...tesla, count: 0, indices: [] }])).toBe("gpu:tesla:0(IDX:N/A)");
    expect(printGresUsed([{ ...tesla, count: 1, indices: [0] }])).toBe("gpu:tesla:1(IDX:0)");
    expect(printGresUsed([{ ...tesla, indices: [0, 1] }])).toBe("gpu:tesla:2(IDX:0-1)");
    expect(printGresUsed([{ ...tesla, count: 3, indices: [0, 2, 3] }])).toBe("gpu:tesla:3(IDX:0,2-3)");
    expect(printTresPerNode([{ name: "gpu", count: 1 }])).toBe("gres:gpu:1");
    expect(printTresPerNode([{ name: "gpu", count: 1 }, tesla], { slash: true })).toBe(
      "gres/gpu:1,gres/gpu:tesla:2",
    );
  });
});

describe("a count of GPUs", () => {
  it.each<[string, GresItem[]]>([
    ["2", [{ name: "gpu", count: 2 }]],
    ["tesla:2", [{ name: "gpu", type: "tesla", count: 2 }]],
    ["tesla", [{ name: "gpu", type: "tesla", count: 1 }]],
    [
      "a100:2,h100:1",
      [
        { name: "gpu", type: "a100", count: 2 },
        { name: "gpu", type: "h100", count: 1 },
      ],
    ],
  ])("%s is understood", (text, items) => {
    expect(parseGpuCount(text)).toEqual({ ok: true, value: items });
  });

  it.each(["", "a:b:2", "1,2", "tesla:", ":2", "-1", "tesla:x"])("%j is refused", (text) => {
    expect(parseGpuCount(text)).toMatchObject({
      ok: false,
      code: "INVALID_GRES",
      message: expect.stringContaining("[type:]count"),
    });
  });
});

describe("any text", () => {
  it("gets an answer from both grammars", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => {
        expectAnswer(text, parseGres(text));
        expectAnswer(text, parseGpuCount(text));
      }),
      runs(400),
    );
  });
});
