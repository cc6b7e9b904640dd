import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_MEMORY_MIB, parseMemoryMib, printMemory } from "../../core/model/memory.ts";
import { anyText, expectAnswer, runs } from "./texts.ts";

const ALPHABET = ["0", "1", "1024", "99999999999", "K", "M", "G", "T", "b", "B", "k", ".", "-", " "];

describe("an amount of memory", () => {
  it.each([
    ["0", 0],
    ["100", 100],
    ["200M", 200],
    ["200m", 200],
    ["4GB", 4096],
    ["4gb", 4096],
    ["99G", 101_376],
    ["1T", 1_048_576],
    ["1K", 1],
    ["1024K", 1],
    ["1025KB", 2],
    ["0K", 0],
    ["2147483647", MAX_MEMORY_MIB],
  ])("%s is %d MiB", (text, mib) => {
    expect(parseMemoryMib(text)).toEqual({ ok: true, value: mib });
  });

  it.each([
    "",
    "4X",
    "M",
    "4B",
    "4MBB",
    "4MX",
    "1.5G",
    "-1",
    "4 G",
    "G4",
    "2147483648",
    "2048T",
    "9".repeat(60_000),
  ])("%.20j is refused", (text) => {
    expect(parseMemoryMib(text)).toMatchObject({ ok: false, code: "INVALID_SPEC" });
  });

  it.each([
    [0, "0"],
    [100, "100M"],
    [200, "200M"],
    [4000, "4000M"],
    [16_000, "16000M"],
    [1024, "1G"],
    [4096, "4G"],
    [1_048_576, "1T"],
    [1_049_600, "1025G"],
  ])("of %d MiB prints as %s", (mib, text) => {
    expect(printMemory(mib)).toBe(text);
  });

  it("reads back as printed", () => {
    const unit = fc.constantFrom(1, 1024, 1024 * 1024);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2047 }),
        fc.integer({ min: 0, max: MAX_MEMORY_MIB }),
        unit,
        (n, any, size) => {
          expect(parseMemoryMib(printMemory(n * size))).toEqual({ ok: true, value: n * size });
          expect(parseMemoryMib(printMemory(any))).toEqual({ ok: true, value: any });
        },
      ),
      runs(300),
    );
  });

  it("gets an answer whatever the text", () => {
    fc.assert(
      fc.property(anyText(ALPHABET), (text) => expectAnswer(text, parseMemoryMib(text))),
      runs(400),
    );
  });
});
