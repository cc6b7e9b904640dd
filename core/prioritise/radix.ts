/**
 * A stable sort of row numbers by numeric keys, least significant digit first. Used for the queue's order, where a
 * comparator would cost ten times as much. Pure.
 */
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** Sorts the first `count` items by `keys[item]`, ascending; items with equal keys keep their order. */
export function sortByKey(items: Int32Array, count: number, keys: Uint32Array): Int32Array {
  let from: Int32Array = items;
  let to: Int32Array = new Int32Array(items.length);
  const starts = new Int32Array(DIGITS);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    starts.fill(0);
    for (let i = 0; i < count; i++) starts[(keys[from[i]!]! >>> shift) & (DIGITS - 1)]!++;
    // A digit that all keys share leaves the order as it is.
    if (count === 0 || starts[(keys[from[0]!]! >>> shift) & (DIGITS - 1)] === count) continue;
    let sum = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const uses = starts[digit]!;
      starts[digit] = sum;
      sum += uses;
    }
    for (let i = 0; i < count; i++) {
      const item = from[i]!;
      to[starts[(keys[item]! >>> shift) & (DIGITS - 1)]!++] = item;
    }
    [from, to] = [to, from === items ? new Int32Array(items.length) : from];
  }
  return from;
}

/** Low and high halves of keys that ascend as the values descend. Values must not be NaN. */
export function descendingKeys(values: Float64Array): {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
} {
  const low = new Uint32Array(values.length);
  const high = new Uint32Array(values.length);
  const value = new Float64Array(1);
  const halves = new Uint32Array(value.buffer);
  for (let i = 0; i < values.length; i++) {
    value[0] = values[i]! + 0; // -0 and 0 are one priority
    const isNegative = halves[HIGH]! >>> 31 === 1;
    low[i] = isNegative ? halves[LOW]! : ~halves[LOW]!;
    high[i] = isNegative ? halves[HIGH]! : ~(halves[HIGH]! ^ 0x8000_0000);
  }
  return { low, high };
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const LOW = LITTLE_ENDIAN ? 0 : 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;
