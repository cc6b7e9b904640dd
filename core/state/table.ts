/**
 * A table: columns with a row count that grows in powers of two. What the reducer writes and a pass reads a copy of.
 * Snapshots are one memcpy; a table made from a snapshot is equal to it to the byte.
 */
import { RowCells } from "./row-cells.ts";
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
  private cells: RowCells;
  /** Planes of a column that rows have something in. */
  private planes = Number.POSITIVE_INFINITY;
  /** The most rows that were ever in use: from here on all cells are zeros. */
  private highWater = 0;

  constructor(layout: L, capacity = MIN_CAPACITY) {
    this.layout = layout;
    this.capacity = Math.max(MIN_CAPACITY, 2 ** Math.ceil(Math.log2(Math.max(1, capacity))));
    this.count = 0;
    this.buffer = new SharedArrayBuffer(layoutBytes(layout, this.capacity));
    this.columns = viewColumns(layout, this.capacity, this.buffer);
    this.cells = new RowCells(layout, this.capacity, this.buffer, this.planes);
  }

  /** A table over a snapshot's buffer, which it shares: for workers, which only read. */
  static over<L extends ColumnLayout>(layout: L, snapshot: TableSnapshot): Table<L> {
    const table = new Table(layout);
    table.capacity = snapshot.capacity;
    table.count = snapshot.count;
    table.buffer = snapshot.buffer;
    table.columns = viewColumns(layout, snapshot.capacity, snapshot.buffer);
    table.cells = new RowCells(layout, snapshot.capacity, snapshot.buffer, table.planes);
    table.highWater = snapshot.capacity;
    return table;
  }

  /** Adds a row of zeros and gives its index. */
  addRow(): number {
    const isTouched = this.count < this.highWater;
    const row = this.addRows(1);
    if (isTouched) this.cells.clear(row);
    return row;
  }

  /** Adds rows with anything in their cells, for a caller that writes all of them, and gives the first one's index. */
  addRows(rows: number): number {
    const first = this.count;
    while (first + rows > this.capacity) this.grow();
    this.count = first + rows;
    if (this.count > this.highWater) this.highWater = this.count;
    return first;
  }

  /** Removes a row by moving the last one into its place; gives the index that moved, or -1. */
  removeRow(row: number): number {
    const last = --this.count;
    if (row === last) return -1;
    this.cells.copy(last, row);
    return last;
  }

  /** Says that no row has anything in the planes of its columns from `planes` on, so that moves leave them alone. */
  usePlanes(planes: number): void {
    if (planes === this.planes) return;
    this.planes = planes;
    this.cells = new RowCells(this.layout, this.capacity, this.buffer, planes);
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

  private grow(): void {
    this.buffer = growColumns(this.layout, this.buffer, this.capacity, this.capacity * 2);
    this.capacity *= 2;
    this.columns = viewColumns(this.layout, this.capacity, this.buffer);
    this.cells = new RowCells(this.layout, this.capacity, this.buffer, this.planes);
  }
}
