/** Which columns a module reads, as bits: bit i for the i-th column of the ABI. Known when it is instantiated. */
export function columnBits(columns: Readonly<Record<string, number>>, names: readonly string[]): number {
  return Object.keys(columns).reduce(
    (bits, name, bit) => (names.includes(name) ? bits | (1 << bit) : bits),
    0,
  );
}
