/**
 * The cells of a row in all columns of a table at once: copied and cleared by their width alone, in flat loops over lists
 * of offsets that are made when the buffer is. What a move of a row costs, when a job of thousands of nodes ends, is this.
 */
import { type ColumnLayout, columnOffsets } from "./shared-columns.ts";

export class RowCells {
  private readonly words: Uint32Array;
  private readonly halves: Uint16Array;
  private readonly bytes: Uint8Array;
  /** Element offsets of the planes by width; an 8-byte plane is two words a row. */
  private readonly doubleAt: Int32Array;
  private readonly wordAt: Int32Array;
  private readonly halfAt: Int32Array;
  private readonly byteAt: Int32Array;

  /** `planes` limits how many planes of a column are looked at: those past it are zero in every row. */
  constructor(layout: ColumnLayout, capacity: number, buffer: SharedArrayBuffer, planes: number) {
    this.words = new Uint32Array(buffer);
    this.halves = new Uint16Array(buffer);
    this.bytes = new Uint8Array(buffer);
    const at: Record<1 | 2 | 4 | 8, number[]> = { 1: [], 2: [], 4: [], 8: [] };
    for (const { width, offset, planes: own } of columnOffsets(layout, capacity)) {
      for (let plane = 0; plane < Math.min(own, planes); plane++) {
        at[width].push((offset + plane * capacity * width) / Math.min(width, 4));
      }
    }
    this.doubleAt = Int32Array.from(at[8]);
    this.wordAt = Int32Array.from(at[4]);
    this.halfAt = Int32Array.from(at[2]);
    this.byteAt = Int32Array.from(at[1]);
  }

  copy(from: number, to: number): void {
    const { words, halves, bytes, doubleAt, wordAt, halfAt, byteAt } = this;
    for (let i = 0; i < wordAt.length; i++) words[wordAt[i]! + to] = words[wordAt[i]! + from]!;
    for (let i = 0; i < byteAt.length; i++) bytes[byteAt[i]! + to] = bytes[byteAt[i]! + from]!;
    for (let i = 0; i < halfAt.length; i++) halves[halfAt[i]! + to] = halves[halfAt[i]! + from]!;
    for (let i = 0; i < doubleAt.length; i++) {
      words[doubleAt[i]! + 2 * to] = words[doubleAt[i]! + 2 * from]!;
      words[doubleAt[i]! + 2 * to + 1] = words[doubleAt[i]! + 2 * from + 1]!;
    }
  }

  clear(row: number): void {
    const { words, halves, bytes, doubleAt, wordAt, halfAt, byteAt } = this;
    for (let i = 0; i < wordAt.length; i++) words[wordAt[i]! + row] = 0;
    for (let i = 0; i < byteAt.length; i++) bytes[byteAt[i]! + row] = 0;
    for (let i = 0; i < halfAt.length; i++) halves[halfAt[i]! + row] = 0;
    for (let i = 0; i < doubleAt.length; i++) {
      words[doubleAt[i]! + 2 * row] = 0;
      words[doubleAt[i]! + 2 * row + 1] = 0;
    }
  }
}
