/**
 * Columns as Slurm's accounting commands print them: named fields with a width, `name%30`, a line of dashes under the
 * header, `+` at the end of text that was cut, or bars between uncut values. Pure.
 */

/** A cell's value: text and counts as they are, a real number with six digits; "" for none. */
export type ReportValue = string | number | { readonly real: number };

export interface ReportField<Row> {
  /** What it is asked by, in any case; the first letters will do where no earlier field begins with them. */
  readonly name: string;
  readonly others?: readonly string[];
  readonly header: string;
  /** Columns; negative puts the value to the left. */
  readonly width: number;
  readonly value: (row: Row) => ReportValue;
}

export interface ReportColumn<Row> {
  readonly field: ReportField<Row>;
  readonly width: number;
}

/** `columns` of fixed width, or bars between values (`parsable2`) and also behind the last (`parsable`). */
export type ReportStyle = "columns" | "parsable" | "parsable2";

export type ReportFormat<Row> =
  | { readonly ok: true; readonly columns: readonly ReportColumn<Row>[] }
  | { readonly ok: false; readonly word: string };

const MAX_WIDTH = 65_536;
const MAX_COLUMNS = 256;
const REAL_DIGITS = 6;

/** Reads `account,user%30,share%-8`; the first word that names no field is refused. */
export const parseReportFormat = <Row>(
  text: string,
  fields: readonly ReportField<Row>[],
): ReportFormat<Row> => {
  const columns: ReportColumn<Row>[] = [];
  for (const item of text.split(",").slice(0, MAX_COLUMNS)) {
    const percent = item.indexOf("%");
    const word = (percent < 0 ? item : item.slice(0, percent)).trim();
    const field = findReportField(word, fields);
    if (field === undefined) return { ok: false, word };
    const width = percent < 0 ? 0 : Number.parseInt(item.slice(percent + 1), 10) || 0;
    columns.push({ field, width: Math.max(-MAX_WIDTH, Math.min(width, MAX_WIDTH)) || field.width });
  }
  return { ok: true, columns };
};

export const findReportField = <Row>(
  said: string,
  fields: readonly ReportField<Row>[],
): ReportField<Row> | undefined => {
  const word = said.toLowerCase();
  const namesOf = (field: ReportField<Row>): readonly string[] => [field.name, ...(field.others ?? [])];
  return (
    fields.find((field) => namesOf(field).some((name) => name.toLowerCase() === word)) ??
    fields.find((field) => namesOf(field).some((name) => name.toLowerCase().startsWith(word)))
  );
};

/** The columns of these names, each as wide as its field. */
export const reportColumns = <Row>(
  names: readonly string[],
  fields: readonly ReportField<Row>[],
): readonly ReportColumn<Row>[] =>
  names.flatMap((name) => {
    const field = fields.find((one) => one.name === name);
    return field === undefined ? [] : [{ field, width: field.width }];
  });

/** Header and rows. */
export const reportText = <Row>(
  columns: readonly ReportColumn<Row>[],
  rows: readonly Row[],
  { style, header }: { readonly style: ReportStyle; readonly header: boolean },
): string => {
  const lines: string[] = [];
  const line = style === "columns" ? fixedLine : style === "parsable" ? barLine("|") : barLine("");
  if (header) {
    // A header is cut without a sign.
    const room = (width: number): number | undefined => (style === "columns" ? Math.abs(width) : undefined);
    lines.push(
      line(columns.map(({ field, width }) => ({ value: field.header.slice(0, room(width)), width }))),
    );
    if (style === "columns")
      lines.push(columns.map(({ width }) => `${"-".repeat(Math.abs(width))} `).join(""));
  }
  for (const row of rows)
    lines.push(line(columns.map(({ field, width }) => ({ value: field.value(row), width }))));
  return lines.map((one) => `${one}\n`).join("");
};

interface Cell {
  readonly value: ReportValue;
  readonly width: number;
}

const fixedLine = (cells: readonly Cell[]): string =>
  cells
    .map(({ value, width }) => {
      const room = Math.abs(width);
      const text = fitted(value, room);
      return `${width < 0 ? text.padEnd(room) : text.padStart(room)} `;
    })
    .join("");

const barLine =
  (end: string) =>
  (cells: readonly Cell[]): string =>
    cells.map(({ value }) => (typeof value === "object" ? realText(value.real) : String(value))).join("|") +
    end;

/** Text is cut with a sign, counts never, a real number that is too long is written with an exponent. */
const fitted = (value: ReportValue, room: number): string => {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return value.length > room ? `${value.slice(0, room - 1)}+` : value;
  const text = realText(value.real);
  return text.length > room ? exponentText(value.real).slice(0, room) : text;
};

const realText = (real: number): string => (Number.isFinite(real) ? real.toFixed(REAL_DIGITS) : "inf");

/** `1.5e+12` with six digits and an exponent of at least two. */
const exponentText = (real: number): string =>
  real.toExponential(REAL_DIGITS).replace(/e([+-])(\d)$/, "e$10$2");
