/**
 * The formats of squeue and sinfo, `-o "%.18i %9P"` and `-O jobid:8,name:.10`, and the lines that they make of rows.
 * Pure: what a field is and says comes from the command's table of fields.
 */

/** Something that a row can be asked, under a letter, a long name or both. */
export interface Field<Row> {
  readonly letter?: string;
  /** Names for -O, in small letters without `-` and `_`. */
  readonly names: readonly string[];
  readonly header: string;
  readonly value: (row: Row) => string;
  /** What rows are ordered by, where that is not the text. */
  readonly order?: (row: Row) => number | string;
}

export interface Column<Row> {
  /** Absent for text that stands by itself. */
  readonly field?: Field<Row>;
  /** 0 for as wide as the value. */
  readonly width: number;
  readonly right: boolean;
  /** What follows the value. */
  readonly suffix: string;
}

export interface Format<Row> {
  readonly columns: readonly Column<Row>[];
  /** Fields that there are not, as the message names them. */
  readonly unknown: readonly string[];
}

const MAX_WIDTH = 65_536;
const LONG_FORMAT_WIDTH = 20;
export const ALL_FIELDS = "%all";

/** Reads `-o`: text, and fields `%[.][width]letter`. `%all` is every field that has a letter, between bars. */
export const parseFormat = <Row>(text: string, fields: readonly Field<Row>[]): Format<Row> => {
  if (text.trim() === ALL_FIELDS) return allFields(fields);
  const columns: Column<Row>[] = [];
  const unknown: string[] = [];
  const first = text.indexOf("%");
  if (first !== 0) columns.push(literal(first < 0 ? text : text.slice(0, first)));
  for (let at = first; at >= 0 && at < text.length; ) {
    const match = /^%(\.?)(\d{0,5})([\s\S]?)/.exec(text.slice(at, at + 8))!;
    const [whole, dot, digits, letter] = match as unknown as [string, string, string, string];
    const end = nextPercent(text, at + whole.length);
    const suffix = text.slice(at + whole.length, end);
    const field = letter === "" ? undefined : fields.find((one) => one.letter === letter);
    if (field !== undefined) columns.push(column(field, digits, dot, suffix));
    else if (letter === "" || letter === "%") columns.push(literal(`${letter}${suffix}`));
    else {
      unknown.push(letter);
      columns.push(literal(`%${letter}${suffix}`));
    }
    at = end;
  }
  return { columns, unknown };
};

/** Reads `-O`: names with `:[.][width][suffix]`, 20 wide where none is said; full columns touch. */
export const parseLongFormat = <Row>(text: string, fields: readonly Field<Row>[]): Format<Row> => {
  const columns: Column<Row>[] = [];
  const unknown: string[] = [];
  if (text.trim().toLowerCase() === "all") return allFields(fields);
  for (const item of text.split(",")) {
    const colon = item.indexOf(":");
    const said = colon < 0 ? item : item.slice(0, colon);
    const name = said.trim().toLowerCase().replace(/[-_]/g, "");
    const field = fields.find((one) => one.names.includes(name));
    if (field === undefined) {
      unknown.push(said);
      continue;
    }
    if (colon < 0) columns.push(column(field, String(LONG_FORMAT_WIDTH), "", ""));
    else {
      const match = /^(\.?)(\d{0,5})([\s\S]*)$/.exec(item.slice(colon + 1))!;
      columns.push(column(field, match[2]!, match[1]!, match[3]!));
    }
  }
  return { columns, unknown };
};

/** Whether the format has a field under one of these letters or long names. */
export const hasField = <Row>(format: Format<Row>, keys: readonly string[]): boolean =>
  format.columns.some(
    ({ field }) =>
      field !== undefined &&
      ((field.letter !== undefined && keys.includes(field.letter)) ||
        field.names.some((name) => keys.includes(name))),
  );

export const headerLine = <Row>(format: Format<Row>): string =>
  `${format.columns.map((one) => cell(one, one.field?.header ?? "")).join("")}\n`;

export const rowLine = <Row>(format: Format<Row>, row: Row): string => {
  let line = "";
  for (const one of format.columns) line += cell(one, one.field?.value(row) ?? "");
  return `${line}\n`;
};

const cell = <Row>({ field, width, right, suffix }: Column<Row>, value: string): string => {
  if (field === undefined) return suffix;
  if (width === 0) return value + suffix;
  const cut = value.length > width ? value.slice(0, width) : value;
  return (right ? cut.padStart(width) : cut.padEnd(width)) + suffix;
};

const column = <Row>(field: Field<Row>, width: string, dot: string, suffix: string): Column<Row> => ({
  field,
  width: Math.min(Number(width), MAX_WIDTH),
  right: dot === ".",
  suffix,
});

const literal = <Row>(text: string): Column<Row> => ({ width: 0, right: false, suffix: text });

const nextPercent = (text: string, from: number): number => {
  const next = text.indexOf("%", from);
  return next < 0 ? text.length : next;
};

const allFields = <Row>(fields: readonly Field<Row>[]): Format<Row> => {
  const lettered = fields.filter((field) => field.letter !== undefined);
  const columns = lettered.map((field, i) => column(field, "0", "", i < lettered.length - 1 ? "|" : ""));
  return { columns, unknown: [] };
};
