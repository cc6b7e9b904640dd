/**
 * Columns on one SharedArrayBuffer: named typed arrays of equal length laid out one behind the other, each at a
 * 64-byte border (a cache line; SIMD loads never straddle two columns). Rows are added by growing into a buffer of
 * twice the size. Never holds objects: workers and WASM see numbers only.
 */
const BORDER = 64;

export type ColumnType = "i32" | "u32" | "u8" | "i16" | "f64";
/** Column name → element type and how many planes of `capacity` elements it has (1 unless lanes). */
export type ColumnLayout = Readonly<Record<string, { readonly type: ColumnType; readonly planes: number }>>;

interface ArrayOf {
  i32: Int32Array;
  u32: Uint32Array;
  u8: Uint8Array;
  i16: Int16Array;
  f64: Float64Array;
}
export type ColumnsOf<L extends ColumnLayout> = { readonly [K in keyof L]: ArrayOf[L[K]["type"]] };

/** Bytes that a layout takes for `capacity` rows. */
export function layoutBytes(layout: ColumnLayout, capacity: number): number {
  let bytes = 0;
  for (const column of Object.values(layout)) bytes += columnBytes(column.type, column.planes, capacity);
  return bytes;
}

/** Views on `buffer` for `capacity` rows; plane p of a column starts at element p * capacity. */
export function viewColumns<L extends ColumnLayout>(
  layout: L,
  capacity: number,
  buffer: SharedArrayBuffer,
): ColumnsOf<L> {
  const views: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, column] of Object.entries(layout)) {
    views[name] = viewOf(column.type, buffer, offset, capacity * column.planes);
    offset += columnBytes(column.type, column.planes, capacity);
  }
  return views as ColumnsOf<L>;
}

/** Copies `from`, laid out for `fromCapacity` rows, into a new buffer for `toCapacity` rows. */
export function growColumns(
  layout: ColumnLayout,
  from: SharedArrayBuffer,
  fromCapacity: number,
  toCapacity: number,
): SharedArrayBuffer {
  const to = new SharedArrayBuffer(layoutBytes(layout, toCapacity));
  const source = new Uint8Array(from);
  const target = new Uint8Array(to);
  let fromOffset = 0;
  let toOffset = 0;
  for (const { type, planes } of Object.values(layout)) {
    const width = WIDTH[type];
    for (let plane = 0; plane < planes; plane++) {
      const start = fromOffset + plane * fromCapacity * width;
      target.set(source.subarray(start, start + fromCapacity * width), toOffset + plane * toCapacity * width);
    }
    fromOffset += columnBytes(type, planes, fromCapacity);
    toOffset += columnBytes(type, planes, toCapacity);
  }
  return to;
}

/** Where the columns lie for `capacity` rows: bytes from the buffer's start, and bytes an element. */
export function columnOffsets(layout: ColumnLayout, capacity: number): readonly ColumnPlace[] {
  let offset = 0;
  return Object.values(layout).map(({ type, planes }) => {
    const place = { offset, width: WIDTH[type], planes };
    offset += columnBytes(type, planes, capacity);
    return place;
  });
}

export interface ColumnPlace {
  readonly offset: number;
  readonly width: 1 | 2 | 4 | 8;
  readonly planes: number;
}

const WIDTH: Readonly<Record<ColumnType, 1 | 2 | 4 | 8>> = { i32: 4, u32: 4, u8: 1, i16: 2, f64: 8 };

function columnBytes(type: ColumnType, planes: number, capacity: number): number {
  return Math.ceil((WIDTH[type] * planes * capacity) / BORDER) * BORDER;
}

function viewOf(type: ColumnType, buffer: SharedArrayBuffer, offset: number, length: number): unknown {
  switch (type) {
    case "i32":
      return new Int32Array(buffer, offset, length);
    case "u32":
      return new Uint32Array(buffer, offset, length);
    case "u8":
      return new Uint8Array(buffer, offset, length);
    case "i16":
      return new Int16Array(buffer, offset, length);
    case "f64":
      return new Float64Array(buffer, offset, length);
  }
}
