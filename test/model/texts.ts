/** Texts that a grammar may meet: noise, and near misses made of its own alphabet. For the tests of this folder. */
import fc from "fast-check";
import { expect } from "vitest";
import { MAX_TEXT_BYTES, type Parsed, printUnparsed } from "../../core/model/parse-result.ts";

/** Any text, short ones mostly, some of the longest size. */
export const anyText = (alphabet: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.array(fc.constantFrom(...alphabet), { maxLength: 24 }).map((pieces) => pieces.join("")),
    },
    { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
    { weight: 1, arbitrary: longText(alphabet) },
  );

/** A repeated piece of the alphabet that fills the bound, or just passes it. */
const longText = (alphabet: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 6 }),
      fc.array(fc.constantFrom(...alphabet), { maxLength: 3 }),
      fc.integer({ min: MAX_TEXT_BYTES - 64, max: MAX_TEXT_BYTES + 8 }),
    )
    .map(([body, head, length]) => head.join("") + body.join("").repeat(length).slice(0, length));

/** The answer is a value, or a refusal with a code, a message and a place in the text. */
export const expectAnswer = (text: string, answer: Parsed<unknown>): void => {
  if (answer.ok) return;
  expect(answer.code).toMatch(/^[A-Z_]+$/);
  expect(answer.message).toMatch(/; expected /);
  expect(answer.message.length).toBeLessThan(500);
  expect(answer.at).toBeGreaterThanOrEqual(0);
  expect(answer.at).toBeLessThanOrEqual(text.length);
  expect(printUnparsed(text, answer)).not.toContain("\n");
};

/** The value, or a failure that says why there is none. */
export const must = <T>(answer: Parsed<T>): T => {
  if (!answer.ok) throw new Error(answer.message);
  return answer.value;
};

export const runs = (numRuns: number): { numRuns: number } => ({ numRuns });
