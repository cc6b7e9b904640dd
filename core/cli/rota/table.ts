/** Tables and lists of facts as the `rota` commands print them: columns without lines, numbers to the right. Pure. */
import Table from "cli-table3";
import { printable, type Terminal } from "./terminal.ts";

export interface Column<Row> {
  readonly title: string;
  readonly align?: "left" | "right";
  /** What the cell says; control characters are replaced. */
  readonly cell: (row: Row) => string | number;
  /** Colours the cell's text, after it was made safe. */
  readonly paint?: (text: string, row: Row) => string;
}

/** Rows that a table shows; the rest is counted below it. A table is for reading: `--json` has all. */
export const MAX_TABLE_ROWS = 5000;

/** The table with its head, ending in a line break; columns in which every cell is empty are left out. */
export function printTable<Row>(
  columns: readonly Column<Row>[],
  allRows: readonly Row[],
  terminal: Terminal,
): string {
  const rows = allRows.slice(0, MAX_TABLE_ROWS);
  const shown = columns.filter((column) => rows.some((row) => column.cell(row) !== ""));
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    head: shown.map(({ title }) => terminal.colours.bold(title)),
    colAligns: shown.map(({ align }) => align ?? "left"),
  });
  for (const row of rows) {
    table.push(
      shown.map(({ cell, paint }) => {
        const text = printable(String(cell(row)));
        return paint === undefined ? text : paint(text, row);
      }),
    );
  }
  const lines = table.toString().split("\n").map(trimEnd);
  const more = allRows.length - rows.length;
  if (more > 0) lines.push(`and ${more} more; --json prints all`);
  return `${lines.join("\n")}\n`;
}

/** Names and values, one pair a line, names as wide as the widest; pairs with an empty value are left out. */
export function printFacts(
  facts: readonly (readonly [string, string | number])[],
  terminal: Terminal,
): string {
  const shown = facts.filter(([, value]) => value !== "");
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => `${terminal.colours.dim(name.padEnd(width))}  ${printable(String(value))}\n`)
    .join("");
}

const NO_LINES = Object.fromEntries(
  [
    ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
    ["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
  ]
    .flat()
    .map((name) => [name, ""]),
);

/** Blanks at the end of a line, also before the code that ends a colour. */
const trimEnd = (line: string): string => line.replace(/ +$/, "");
