// Looks through scores in a policy module's memory for NaN and infinities. The host holds the compiled form as text, in
// wild-scores.ts.

/** Whether an entry is NaN or infinite: only these have all exponent bits set, which carry into the sign. */
export function anyWild(from: usize, count: i32): bool {
  const bit = i32x4.splat(0x00800000);
  const exponent = i32x4.splat(0x7f800000);
  let a = i32x4.splat(0);
  let b = a;
  const end = from + (<usize>count << 2);
  const whole = from + ((<usize>count >> 3) << 5);
  while (from < whole) {
    a = v128.or(a, i32x4.add(v128.and(v128.load(from), exponent), bit));
    b = v128.or(b, i32x4.add(v128.and(v128.load(from, 16), exponent), bit));
    from += 32;
  }
  let rest = 0;
  while (from < end) {
    rest |= (load<i32>(from) & 0x7f800000) + 0x00800000;
    from += 4;
  }
  return i32x4.bitmask(v128.or(a, b)) != 0 || rest < 0;
}
