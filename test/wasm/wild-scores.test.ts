/** The look for scores that are no numbers: as the plain loop finds them, anywhere in the array, and as it is compiled. */
import { readFile } from "node:fs/promises";
import { main as compile } from "assemblyscript/asc";
import fc from "fast-check";
import { expect, it } from "vitest";
import { HOST_OPTIONS } from "../../core/place/build-kernel.ts";
import { WILD_WASM, wildScores } from "../../core/wasm/wild-scores.ts";

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const anyWild = wildScores(memory);

it("finds NaN and infinities wherever they are, and nothing else", () => {
  const plain = fc.float({ noNaN: true, noDefaultInfinity: true });
  const wild = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 30, arbitrary: plain }, { weight: 1, arbitrary: wild }), { maxLength: 70 }),
      fc.integer({ min: 0, max: 9 }),
      (scores, offset) => {
        const all = new Float32Array(memory.buffer);
        all.fill(Number.NaN);
        all.set(scores, offset);
        const expected = !scores.every((score) => Number.isFinite(Math.fround(score)));
        expect(anyWild(offset * 4, scores.length) !== 0).toBe(expected);
      },
    ),
    { numRuns: 500 },
  );
});

it("is the source that stands beside it, compiled", async () => {
  const source = await readFile(new URL("../../core/wasm/assembly/wild.ts", import.meta.url), "utf8");
  let bytes: Uint8Array | undefined;
  const result = await compile(["wild.ts", "-o", "wild.wasm", ...HOST_OPTIONS], {
    readFile: (name) => (name === "wild.ts" ? source : null),
    writeFile: (_name, contents) => {
      if (typeof contents !== "string") bytes = contents;
    },
    listFiles: () => [],
  });
  expect(result.error).toBeNull();
  expect(Buffer.from(bytes!).toString("base64")).toBe(WILD_WASM);
});
