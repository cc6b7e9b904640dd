/**
 * What every grammar of this folder answers, and the few scanning steps that they share. Used wherever text enters:
 * commands, directives, REST, configuration. Never throws, never backtracks, never reads a clock or a file.
 */

/** No grammar looks at a longer text, in bytes of UTF-8. */
export const MAX_TEXT_BYTES = 65_536;

/** Codes of refusals, each of them a row of the error table. */
export type ParseCode =
  | "TOO_LARGE"
  | "INVALID_SPEC"
  | "INVALID_ARRAY"
  | "INVALID_GRES"
  | "INVALID_DEPENDENCY"
  | "INVALID_NODE_COUNT"
  | "INVALID_NODE_NAME"
  | "INVALID_FEATURE"
  | "INVALID_LICENSES";

/** Why a text was not understood. */
export interface Unparsed {
  readonly ok: false;
  readonly code: ParseCode;
  /** One line: what is wrong, then what would be right. */
  readonly message: string;
  /** Index in the text, 0 .. length, where reading stopped. */
  readonly at: number;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | Unparsed;

/** The answer of a grammar that understood the text. */
export const parsed = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** The answer of a grammar that did not; `forms` are the accepted forms, in words. */
export const unparsed = (code: ParseCode, problem: string, at: number, forms: string): Unparsed => ({
  ok: false,
  code,
  message: `${problem}; expected ${forms}`,
  at,
});

/** Refuses a text over MAX_TEXT_BYTES before anything else looks at it. */
export const tooLong = (text: string): Unparsed | undefined => {
  // A UTF-16 unit is at most three bytes of UTF-8, so short texts need no count.
  if (text.length * 3 <= MAX_TEXT_BYTES) return undefined;
  if (text.length <= MAX_TEXT_BYTES && Buffer.byteLength(text) <= MAX_TEXT_BYTES) return undefined;
  return unparsed("TOO_LARGE", "the text is too long", 0, `at most ${MAX_TEXT_BYTES} bytes`);
};

/** One line for a terminal: the text, cut where it is long, and why it was refused. */
export const printUnparsed = (text: string, refused: Unparsed): string =>
  `${quote(text)}: ${refused.message} (at character ${refused.at + 1})`;

/** Quotes text from outside for a message: one line, at most 60 characters of it. */
export const quote = (text: string): string => {
  const MAX_QUOTED = 60;
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text);
};

/** What a message says stands at an index: the quoted character, or the end of the text. */
export const found = (text: string, at: number): string =>
  at < text.length ? quote(text.charAt(at)) : "the end";

/** Whether an ASCII digit stands at the index. */
export const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
};

/** Index after the run of ASCII digits that begins at `at`; `at` itself when none does. */
export const digitsEnd = (text: string, at: number): number => {
  let end = at;
  while (isDigit(text, end)) end++;
  return end;
};

/** Value of a run of digits; beyond 2^53 inexact but never too small, so that a comparison with a bound holds. */
export const readNumber = (text: string, from: number, to: number): number => {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (text.charCodeAt(i) - 48);
  return value;
};
