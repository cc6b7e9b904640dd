/** Reads tables that vendors' tools print: comma separated values, and boxes of `|`. Pure. */

/** Lines of a tool's output that are read. */
export const MAX_TABLE_LINES = 4096;

/**
 * Rows of comma separated values by the names of the first line, which lose their units: `memory.total [MiB]` is
 * `memory.total`. Values may stand in double quotes. Rows of another length than the first line are left out.
 */
export const csvRows = (text: string): readonly ReadonlyMap<string, string>[] => {
  const lines = text.split(/\r?\n/).slice(0, MAX_TABLE_LINES);
  const rows = lines.filter((line) => line.trim() !== "").map(csvCells);
  const [head, ...body] = rows;
  if (head === undefined) return [];
  const names = head.map(csvName);
  return body
    .filter((cells) => cells.length === names.length)
    .map((cells) => new Map(names.map((name, at) => [name, cells[at]!])));
};

/** Names of the first line, as `csvRows` has them. */
export const csvNames = (text: string): readonly string[] => {
  const [head = ""] = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return csvCells(head).map(csvName);
};

const csvName = (cell: string): string => cell.replace(/ *[[(][^\])]*[\])]$/, "");

/** A comma within double quotes parts nothing. */
const csvCells = (line: string): readonly string[] => {
  const cells = line.includes('"')
    ? (line.match(/(?:"[^"]*"|[^,"])+|(?<=^|,)(?=,|$)/g) ?? [])
    : line.split(",");
  return cells.map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
};

/** Rows of a box of `|`, each as its cells; lines of rules and of text are left out. */
export const boxRows = (text: string): readonly (readonly string[])[] =>
  text
    .split(/\r?\n/)
    .slice(0, MAX_TABLE_LINES)
    .filter((line) => /^\s*\|.*\|\s*$/.test(line))
    .map((line) =>
      line
        .trim()
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );

/** Whether a box was printed to its end: a rule is below its last row. */
export const isWholeBox = (text: string): boolean => {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => /^\s*\|/.test(line));
  return last !== -1 && /^\s*\+[-+=]+\+\s*$/.test(lines[last + 1] ?? "");
};
