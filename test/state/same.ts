/** Compares two plain values; much cheaper than `expect` where millions are compared. */
export function same(what: string, actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) {
    throw new Error(`${what}: is ${String(actual)}, should be ${String(expected)}`);
  }
}
