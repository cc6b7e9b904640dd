/**
 * Writes what a pass begins with into the kernel's memory: what is free of each node as the first plane, and all of it as
 * the last. Runs once a pass.
 */
import type { PassTables } from "../state/tables.ts";

/** Where it goes, in bytes, and by how many rows. */
export interface NodePlaces {
  readonly rows: number;
  /** The plane of the totals: how many slots there are. */
  readonly totals: number;
  readonly threads: number;
  readonly cpus: number;
  readonly memMib: number;
  readonly gres: number;
}

/** `dimensions` are those with a plane of devices; rows beyond the last node get zeros. */
export function writeNodePlanes(
  tables: PassTables,
  dimensions: readonly number[],
  i32: Int32Array,
  u8: Uint8Array,
  at: NodePlaces,
): void {
  const { columns, capacity, count } = tables.nodes;
  const { rows, totals } = at;
  const write = (column: Int32Array, to: number): void => {
    const start = to >> 2;
    i32.set(column.subarray(0, count), start);
    i32.fill(0, start + count, start + rows);
  };
  write(columns.threadsPerCore, at.threads);
  write(columns.freeCpus, at.cpus);
  write(columns.totalCpus, at.cpus + totals * rows * 4);
  write(columns.freeMemMib, at.memMib);
  write(columns.totalMemMib, at.memMib + totals * rows * 4);
  dimensions.forEach((dimension, plane) => {
    const from = dimension * capacity;
    const start = at.gres + plane * (totals + 1) * rows;
    for (const [source, slot] of [
      [columns.freeGres, 0],
      [columns.totalGres, totals],
    ] as const) {
      u8.set(source.subarray(from, from + count), start + slot * rows);
      u8.fill(0, start + slot * rows + count, start + (slot + 1) * rows);
    }
  });
}
