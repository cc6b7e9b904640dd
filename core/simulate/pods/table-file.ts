/**
 * Lists with a header, read by the names of their columns: columns that nobody asks for are passed over. One row at a
 * time, whole numbers checked against their bounds. Used by the readers of pods and of nodes; streams.
 */
import { ok, type Refusal, type Result, refuse } from "../../model/refusal.ts";
import { readLines } from "../byte-lines.ts";

export interface TableColumn {
  readonly name: string;
  /** Of a whole number; undefined for text. */
  readonly most?: number;
  /** Whether a file may be without it; it is then 0 or empty. */
  readonly isOptional?: true;
}

/** Rows of one list. */
export const MAX_TABLE_ROWS = 1_000_000;
/** Columns of a header, those that are passed over included. */
const MAX_COLUMNS = 64;
const WHOLE = /^\d{1,10}$/;

/**
 * One row: numbers and texts by the place of their column in what was asked for (0 and "" at the others). A string says
 * what is wrong with the row. Both arrays are the same ones for every row.
 */
export type OnRow = (numbers: readonly number[], texts: readonly string[]) => string | undefined;

/** Calls back for each row; resolves with how many there were, at least one. */
export async function readTable(
  path: string,
  columns: readonly TableColumn[],
  onRow: OnRow,
): Promise<Result<number>> {
  const numbers = columns.map(() => 0);
  const texts = columns.map(() => "");
  let places: readonly number[] | undefined;
  let rows = 0;
  const read = await readLines(path, (bytes, from, to, line) => {
    const text = Buffer.from(bytes.subarray(from, to)).toString("utf8").trimEnd();
    if (text === "") return undefined;
    const wrong = (reason: string): Refusal => ({
      code: "WORKLOAD_INVALID",
      message: `${path}:${line}: ${reason}`,
    });
    const cells = text.split(",", MAX_COLUMNS + 1);
    if (places === undefined) {
      const header = placesIn(cells, columns);
      if (typeof header === "string") return wrong(header);
      places = header;
      return undefined;
    }
    if (rows === MAX_TABLE_ROWS) return wrong(`a list has at most ${MAX_TABLE_ROWS} rows`);
    const reason = readCells(cells, places, columns, numbers, texts) ?? onRow(numbers, texts);
    if (reason !== undefined) return wrong(reason);
    rows++;
    return undefined;
  });
  if (!read.ok) return read;
  if (rows > 0) return ok(rows);
  const needed = columns.filter(({ isOptional }) => isOptional === undefined).map(({ name }) => name);
  return refuse(
    "WORKLOAD_INVALID",
    `${path}: there is no row in it; its first line names ${needed.join(", ")}`,
  );
}

/** Where on a line each column stands, -1 for one that is not there; or what is wrong with the header. */
function placesIn(cells: readonly string[], columns: readonly TableColumn[]): readonly number[] | string {
  if (cells.length > MAX_COLUMNS) return `it has more than ${MAX_COLUMNS} columns`;
  const names = cells.map((cell) => cell.replace(/^\ufeff/, "").trim());
  const places = columns.map(({ name }) => names.indexOf(name));
  const missing = columns.find(({ isOptional }, c) => places[c] === -1 && isOptional === undefined);
  if (missing !== undefined) return `the column ${missing.name} is missing`;
  const twice = columns.find(({ name }) => names.indexOf(name) !== names.lastIndexOf(name));
  return twice === undefined ? places : `the column ${twice.name} is there twice`;
}

function readCells(
  cells: readonly string[],
  places: readonly number[],
  columns: readonly TableColumn[],
  numbers: number[],
  texts: string[],
): string | undefined {
  for (const [c, { name, most }] of columns.entries()) {
    const place = places[c]!;
    if (place === -1) continue;
    const cell = cells[place]?.trim();
    if (cell === undefined) return `it has ${cells.length} values, and ${name} is column ${place + 1}`;
    if (most === undefined) {
      texts[c] = cell;
      continue;
    }
    const value = WHOLE.test(cell) ? Number(cell) : Number.NaN;
    if (!(value <= most))
      return `${name} is ${JSON.stringify(cell.slice(0, 40))}; it is a whole number from 0 to ${most}`;
    numbers[c] = value;
  }
  return undefined;
}
