import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  MAX_NODE_COUNT,
  type NodeCount,
  parseNodeCount,
  printNodeCount,
} from "../../core/model/node-count.ts";
import { anyText, expectAnswer, runs } from "./texts.ts";

const ALPHABET = ["0", "1", "4", "65536", "9999999999", "-", ",", ":", "k", "m", " "];

describe("a node count", () => {
  it.each<[string, NodeCount]>([
    ["1", { min: 1, max: 1 }],
    ["2-4", { min: 2, max: 4 }],
    ["4-4", { min: 4, max: 4 }],
    ["650000", { min: 650_000, max: 650_000 }],
    ["1k", { min: 1024, max: 1024 }],
    ["1K-1m", { min: 1024, max: 1_048_576 }],
    ["1,3,5", { min: 1, max: 5, list: [1, 3, 5] }],
    ["5,1", { min: 1, max: 5, list: [1, 5] }],
    ["1-5:2", { min: 1, max: 5, list: [1, 3, 5] }],
    ["1,4-6", { min: 1, max: 6, list: [1, 4, 5, 6] }],
    ["1,2,3", { min: 1, max: 3 }],
  ])("%s is understood", (text, count) => {
    expect(parseNodeCount(text)).toEqual({ ok: true, value: count });
  });

  it.each([
    "",
    "0",
    "0-4",
    "4-2",
    "-4",
    "4-",
    "1,",
    ",1",
    "1,,2",
    "0,1",
    "1-5:0",
    "1:2",
    "x",
    "1x",
    "1kk",
    "1 2",
    "1,65537",
    "2147483648",
    "9m-9k",
  ])("%j is refused", (text) => {
    expect(parseNodeCount(text)).toMatchObject({ ok: false, code: "INVALID_NODE_COUNT" });
  });

  it("reads back as printed", () => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: MAX_NODE_COUNT }), fc.integer({ min: 1, max: MAX_NODE_COUNT }))
      .map(([a, b]): NodeCount => ({ min: Math.min(a, b), max: Math.max(a, b) }));
    const list = fc
      .uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 2, maxLength: 20 })
      .map((counts) => counts.sort((a, b) => a - b))
      .filter((counts) => counts.at(-1)! - counts[0]! >= counts.length)
      .map((counts): NodeCount => ({ min: counts[0]!, max: counts.at(-1)!, list: counts }));
    fc.assert(
      fc.property(fc.oneof(range, list), (count) => {
        expect(parseNodeCount(printNodeCount(count))).toEqual({ ok: true, value: count });
      }),
      runs(300),
    );
  });

  it("gets an answer whatever the text", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => expectAnswer(text, parseNodeCount(text))),
      runs(400),
    );
  });
});
