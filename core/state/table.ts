/**
 * A table: columns with a row count that grows in powers of two. What the reducer writes and a pass reads a copy of.
 * Snapshots are one memcpy; a table made from a snapshot is equal to it to the byte.
 */
import {
  type ColumnLayout,
  type ColumnsOf,
  growColumns,
  layoutBytes,
  viewColumns,
} from "./shared-columns.ts";

/** What crosses to a worker: a buffer, its layout's capacity, and how many rows are in use. */
export interface TableSnapshot {
  readonly buffer: SharedArrayBuffer;
  readonly capacity: number;
  readonly count: number;
}

const MIN_CAPACITY = 64;

export class Table<L extends ColumnLayout> {
  readonly layout: L;
  capacity: number;
  /** Rows in use: 0 .. count - 1. */
  count: number;
  buffer: SharedArrayBuffer;
  columns: ColumnsOf<L>;

  constructor(layout: L, capacity = MIN_CAPACITY) {
    this.layout = layout;
    this.capacity = Math.max(MIN_CAPACITY, 2 ** Math.ceil(Math.log2(Math.max(1, capacity))));
    this.count = 0;
    this.buffer = new SharedArrayBuffer(layoutBytes(layout, this.capacity));
    this.columns = viewColumns(layout, this.capacity, this.buffer);
  }

  /** A table over a snapshot's buffer, which it shares: for workers, which only read. */
  static over<L extends ColumnLayout>(layout: L, snapshot: TableSnapshot): Table<L> {
    const table = new Table(layout);
    table.capacity = snapshot.capacity;
    table.count = snapshot.count;
    table.buffer = snapshot.buffer;
    table.columns = viewColumns(layout, snapshot.capacity, snapshot.buffer);
    return table;
  }

  /** Adds a row of zeros and gives its index. */
  addRow(): number {
    if (this.count === this.capacity) {
      this.buffer = growColumns(this.layout, this.buffer, this.capacity, this.capacity * 2);
      this.capacity *= 2;
      this.columns = viewColumns(this.layout, this.capacity, this.buffer);
    }
    return this.count++;
  }

  /** Copies row `from` over row `to`, all columns and planes. */
  moveRow(from: number, to: number): void {
    for (const [name, { planes }] of Object.entries(this.layout)) {
      const column = this.columns[name]!;
      for (let plane = 0; plane < planes; plane++) {
        column[plane * this.capacity + to] = column[plane * this.capacity + from]!;
      }
    }
  }

  /** Removes a row by moving the last one into its place; gives the index that moved, or -1. Freed cells are zeroed. */
  removeRow(row: number): number {
    const last = this.count - 1;
    if (row !== last) this.moveRow(last, row);
    for (const [name, { planes }] of Object.entries(this.layout)) {
      const column = this.columns[name]!;
      for (let plane = 0; plane < planes; plane++) column[plane * this.capacity + last] = 0;
    }
    this.count = last;
    return row === last ? -1 : last;
  }

  /** A copy that a worker may read while this table goes on changing; reuses `into` where it is large enough. */
  snapshot(into?: TableSnapshot): TableSnapshot {
    const buffer =
      into !== undefined && into.buffer.byteLength === this.buffer.byteLength
        ? into.buffer
        : new SharedArrayBuffer(this.buffer.byteLength);
    new Uint8Array(buffer).set(new Uint8Array(this.buffer));
    return { buffer, capacity: this.capacity, count: this.count };
  }

  /** The bytes of all rows in use, column by column: equal tables give equal bytes whatever their capacity. */
  *encode(): Generator<Uint8Array> {
    for (const [name, { planes }] of Object.entries(this.layout)) {
      const column = this.columns[name]!;
      for (let plane = 0; plane < planes; plane++) {
        const part = column.subarray(plane * this.capacity, plane * this.capacity + this.count);
        yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      }
    }
  }
}
