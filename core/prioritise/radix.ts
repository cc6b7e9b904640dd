/**
 * A stable sort of row numbers by numeric keys, least significant digit first. Used for long queues, where a comparator
 * would cost ten times as much. Pure; the sorter keeps its scratch.
 */
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const KEY_BITS = 32;
const PLACES = Math.ceil(KEY_BITS / DIGIT_BITS);

export class RadixSorter {
  readonly #starts = new Int32Array(PLACES * DIGITS);
  #spare = new Int32Array(0);

  /** Sorts the first `count` items by `keys[item]`, ascending; items with equal keys keep their order. */
  sort(items: Int32Array, count: number, keys: Uint32Array): void {
    if (isSorted(items, count, keys)) return;
    if (this.#spare.length < count) this.#spare = new Int32Array(items.length);
    this.#countDigits(items, count, keys);
    let from: Int32Array = items;
    let to: Int32Array = this.#spare;
    for (let place = 0; place < PLACES; place++) {
      const shift = place * DIGIT_BITS;
      const starts = this.#starts.subarray(place * DIGITS, (place + 1) * DIGITS);
      // A digit that all keys share leaves the order as it is.
      if (starts[(keys[from[0]!]! >>> shift) & (DIGITS - 1)] === count) continue;
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
      [from, to] = [to, from];
    }
    if (from !== items) items.set(from.subarray(0, count));
  }

  #countDigits(items: Int32Array, count: number, keys: Uint32Array): void {
    const starts = this.#starts;
    starts.fill(0);
    for (let i = 0; i < count; i++) {
      const key = keys[items[i]!]!;
      starts[key & (DIGITS - 1)]!++;
      starts[DIGITS + ((key >>> DIGIT_BITS) & (DIGITS - 1))]!++;
      starts[2 * DIGITS + (key >>> (2 * DIGIT_BITS))]!++;
    }
  }
}

/** Writes, for the first `count` rows, low and high halves of keys that ascend as the values descend. No NaN. */
export function writeDescendingKeys(
  values: Float64Array,
  rows: Int32Array,
  count: number,
  low: Uint32Array,
  high: Uint32Array,
): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    ONE[0] = values[row]! + 0; // -0 and 0 are one priority
    const lower = HALVES[LOW]!;
    const upper = HALVES[HIGH]!;
    const isNegative = upper >>> 31 === 1;
    low[row] = isNegative ? lower : ~lower;
    high[row] = isNegative ? upper : ~(upper ^ 0x8000_0000);
  }
}

function isSorted(items: Int32Array, count: number, keys: Uint32Array): boolean {
  for (let i = 1; i < count; i++) if (keys[items[i - 1]!]! > keys[items[i]!]!) return false;
  return true;
}

const ONE = new Float64Array(1);
const HALVES = new Uint32Array(ONE.buffer);
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const LOW = LITTLE_ENDIAN ? 0 : 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;
