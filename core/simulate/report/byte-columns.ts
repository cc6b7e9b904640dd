/**
 * Columns of whole numbers as bytes: each number takes 7 bits a byte, low ones first, negative ones interleaved with
 * positive ones. Used by the report and, for reading, by the page's script.
 */

/** Grows as it is written to. */
export class ColumnWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** 0 .. 2^53 - 1 */
  whole(value: number): void {
    if (this.#length + MAX_NUMBER_BYTES > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** -(2^52) .. 2^52 - 1 */
  signed(value: number): void {
    this.whole(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Reads what a ColumnWriter wrote, in the same order. */
export class ColumnReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  whole(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  signed(): number {
    const value = this.whole();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** Bytes that `whole` takes. */
export function wholeBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Of 2^53 - 1. */
export const MAX_NUMBER_BYTES = 8;
