/** What a witness says when something does not hold: an error with the numbers. */
export function assert(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}
