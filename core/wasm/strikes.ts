/**
 * Counts the faults of modules: a module with three is out until another is loaded. Pure; the book is a value that the
 * controller keeps between passes.
 */
import type { PolicyFault } from "../model/policy.ts";

export const STRIKES_MAX = 3;

export interface StrikeEntry {
  readonly strikes: number;
  readonly lastFault: PolicyFault;
}

/** By module number. A module that was never struck has no entry. */
export type StrikeBook = ReadonlyMap<number, StrikeEntry>;

export interface Struck {
  readonly book: StrikeBook;
  readonly strikes: number;
  readonly out: boolean;
}

export const emptyStrikeBook: StrikeBook = new Map();

/** The book with one more strike against the module. */
export function strike(book: StrikeBook, module: number, fault: PolicyFault): Struck {
  const strikes = (book.get(module)?.strikes ?? 0) + 1;
  return {
    book: new Map(book).set(module, { strikes, lastFault: fault }),
    strikes,
    out: strikes >= STRIKES_MAX,
  };
}

export const isOut = (book: StrikeBook, module: number): boolean =>
  (book.get(module)?.strikes ?? 0) >= STRIKES_MAX;

/** The book without the module, for when another is loaded in its place. */
export function pardon(book: StrikeBook, module: number): StrikeBook {
  const next = new Map(book);
  next.delete(module);
  return next;
}
