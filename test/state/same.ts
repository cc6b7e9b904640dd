/** Comparisons of plain values for invariants: millions are made, so what a difference is called is put together late. */
export interface Words {
  readonly texts: readonly string[];
  readonly values: readonly unknown[];
}

/** at`free CPUs of ${name}`: words for a difference, if there is one. */
export const at = (texts: TemplateStringsArray, ...values: readonly unknown[]): Words => ({ texts, values });

/** Throws when the two are not the same value. */
export function same(what: Words | string, actual: unknown, expected: unknown): void {
  if (Object.is(actual, expected)) return;
  throw new Error(`${textOf(what)}: is ${String(actual)}, should be ${String(expected)}`);
}

const textOf = (what: Words | string): string =>
  typeof what === "string"
    ? what
    : what.texts.map((text, i) => text + (i < what.values.length ? String(what.values[i]) : "")).join("");
