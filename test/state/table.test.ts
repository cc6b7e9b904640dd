import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layoutBytes } from "../../core/state/shared-columns.ts";
import { Table } from "../../core/state/table.ts";

/** A column of each type, planes in between, so that every width meets every border. */
const LAYOUT = {
  id: { type: "i32", planes: 1 },
  small: { type: "u8", planes: 3 },
  lane: { type: "i16", planes: 4 },
  when: { type: "u32", planes: 1 },
  score: { type: "f64", planes: 2 },
  last: { type: "u8", planes: 1 },
} as const;
const PLANES = Object.entries(LAYOUT).flatMap(([name, { planes }]) =>
  Array.from({ length: planes }, (_, plane) => ({ name: name as keyof typeof LAYOUT, plane })),
);

type Row = readonly number[];

/** Values that differ in every cell and fit every type. */
const rowOf = (n: number): Row => PLANES.map((_, i) => (n * 7 + i * 31) % 127);

const write = (table: Table<typeof LAYOUT>, row: number, values: Row): void => {
  PLANES.forEach(({ name, plane }, i) => {
    table.columns[name][plane * table.capacity + row] = values[i]!;
  });
};

const read = (table: Table<typeof LAYOUT>, row: number): Row =>
  PLANES.map(({ name, plane }) => table.columns[name][plane * table.capacity + row]!);

const rowsOf = (table: Table<typeof LAYOUT>): Row[] =>
  Array.from({ length: table.count }, (_, row) => read(table, row));

const filled = (count: number): Table<typeof LAYOUT> => {
  const table = new Table(LAYOUT);
  for (let n = 0; n < count; n++) write(table, table.addRow(), rowOf(n));
  return table;
};

const bytesOf = (table: Table<typeof LAYOUT>): Buffer => Buffer.concat([...table.encode()]);

describe("a table", () => {
  it("keeps every cell through several doublings", () => {
    const table = filled(1000);
    expect(table.capacity).toBe(1024);
    expect(table.buffer.byteLength).toBe(layoutBytes(LAYOUT, 1024));
    expect(rowsOf(table)).toEqual(Array.from({ length: 1000 }, (_, n) => rowOf(n)));
  });

  it("begins each column at a border of 64 bytes, whatever the capacity", () => {
    const table = filled(300);
    for (const name of Object.keys(LAYOUT) as (keyof typeof LAYOUT)[]) {
      expect(table.columns[name].byteOffset % 64).toBe(0);
    }
  });

  it("adds rows of zeros where others have been", () => {
    const table = filled(3);
    table.removeRow(2);
    table.removeRow(0);
    table.addRow();
    expect(read(table, 1)).toEqual(rowOf(0).map(() => 0));
  });

  it("moves and clears rows without the planes that no row has anything in", () => {
    const table = new Table(LAYOUT);
    const ofFirst = (n: number): Row => rowOf(n).map((value, i) => (PLANES[i]!.plane < 2 ? value : 0));
    table.usePlanes(2);
    for (let n = 0; n < 100; n++) write(table, table.addRow(), ofFirst(n));
    table.removeRow(10);
    table.removeRow(20);
    expect([read(table, 10), read(table, 20)]).toEqual([ofFirst(99), ofFirst(98)]);
    expect(read(table, table.addRow())).toEqual(rowOf(0).map(() => 0));
    table.usePlanes(4);
    write(table, table.count - 1, rowOf(5));
    table.removeRow(6);
    expect(read(table, 6)).toEqual(rowOf(5));
  });

  it("adds several rows at once, for a caller that writes all their cells", () => {
    const table = filled(60);
    expect(table.addRows(100)).toBe(60);
    expect([table.count, table.capacity]).toEqual([160, 256]);
    expect(rowsOf(table).slice(0, 60)).toEqual(rowsOf(filled(60)));
  });

  it("says which row has moved into a gap, and that none has when the last one leaves", () => {
    const table = filled(3);
    expect(table.removeRow(0)).toBe(2);
    expect(rowsOf(table)).toEqual([rowOf(2), rowOf(1)]);
    expect(table.removeRow(1)).toBe(-1);
    expect(table.removeRow(0)).toBe(-1);
    expect(table.count).toBe(0);
  });

  it("holds the same rows as a list that is changed in the same way", () => {
    const ops = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, fc.nat(10_000)), {
      maxLength: 400,
    });
    fc.assert(
      fc.property(ops, (list) => {
        const table = new Table(LAYOUT);
        const model: Row[] = [];
        list.forEach((op, n) => {
          if (op < 0 || model.length === 0) {
            write(table, table.addRow(), rowOf(n));
            model.push(rowOf(n));
            return;
          }
          const row = op % model.length;
          const last = model.pop()!;
          if (row < model.length) model[row] = last;
          expect(table.removeRow(row)).toBe(row === model.length ? -1 : model.length);
        });
        expect(rowsOf(table)).toEqual(model);
      }),
    );
  });

  it("gives the same bytes for the same rows, however it grew", () => {
    const grown = filled(200);
    while (grown.count > 40) grown.removeRow(grown.count - 1);
    expect(grown.capacity).toBe(256);
    expect(bytesOf(grown).equals(bytesOf(filled(40)))).toBe(true);
  });

  it("is read in a worker as it was when the snapshot was taken, and the snapshot's buffer is used again", () => {
    const table = filled(70);
    const snapshot = table.snapshot();
    const seen = Table.over(LAYOUT, snapshot);
    write(table, 0, rowOf(99));
    table.removeRow(5);
    expect(rowsOf(seen)).toEqual(rowsOf(filled(70)));
    const next = table.snapshot(snapshot);
    expect(next.buffer).toBe(snapshot.buffer);
    expect(rowsOf(Table.over(LAYOUT, next))).toEqual(rowsOf(table));
    while (table.count < 200) table.addRow();
    const larger = table.snapshot(next);
    expect(larger.buffer).not.toBe(next.buffer);
    expect(rowsOf(Table.over(LAYOUT, larger))).toEqual(rowsOf(table));
  });
});
