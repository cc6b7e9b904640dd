/** Decimals as C's printf writes them. Pure. */

/** `%.Nf` of a number: a value exactly between two goes to the even one, where toFixed takes the greater. */
export const fixed = (value: number, digits: number): string => {
  const size = Math.abs(value);
  const text = size.toFixed(digits);
  // Only a whole multiple of half a unit of 2^-digits can lie between; scaling by powers of two is exact.
  const isBetween = Math.abs((size * 2 ** (digits + 1)) % 2) === 1;
  const isOdd = Number(text.at(-1)) % 2 === 1;
  const even = isBetween && isOdd ? (size * (1 - Number.EPSILON)).toFixed(digits) : text;
  return value < 0 ? `-${even}` : even;
};
