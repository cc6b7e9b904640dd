import { expect, test } from "vitest";
import type { PolicyFault } from "../../core/model/policy.ts";
import { emptyStrikeBook, isOut, pardon, STRIKES_MAX, strike } from "../../core/wasm/strikes.ts";

const FAULT: PolicyFault = { code: "POLICY_TRAP", message: "m: unreachable" };

test("a module is out at its third strike, and others are not struck with it", () => {
  let book = emptyStrikeBook;
  for (let n = 1; n <= STRIKES_MAX; n++) {
    const struck = strike(book, 4, FAULT);
    expect(struck.strikes).toBe(n);
    expect(struck.out).toBe(n === 3);
    book = struck.book;
  }
  expect(isOut(book, 4)).toBe(true);
  expect(isOut(book, 5)).toBe(false);
  expect(book.get(4)?.lastFault).toBe(FAULT);
});

test("striking leaves the book that it was given as it was", () => {
  strike(emptyStrikeBook, 4, FAULT);
  expect(emptyStrikeBook.size).toBe(0);
});

test("another module in its place begins without strikes", () => {
  const { book } = strike(emptyStrikeBook, 4, FAULT);
  expect(pardon(book, 4).has(4)).toBe(false);
  expect(book.has(4)).toBe(true);
});
