/** Columns by pending row that this room keeps between passes: they only grow. Pure. */

type Column = Uint8Array | Uint32Array | Int32Array | Float64Array;

/** `larger` with what `column` holds. */
export function enlarged<T extends Column>(column: T, larger: T): T {
  larger.set(column);
  return larger;
}

/** Room to make for so many rows where there is some for `capacity`: just enough at first, then twice as much. */
export const roomFor = (rows: number, capacity: number): number => Math.max(rows, 2 * capacity);
