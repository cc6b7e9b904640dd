import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Field, headerLine, parseFormat, parseLongFormat, rowLine } from "../../core/cli/columns.ts";
import { parseSort, sortRows } from "../../core/cli/ordering.ts";

interface Row {
  readonly a: string;
  readonly n: number;
}
const FIELDS: readonly Field<Row>[] = [
  { letter: "a", names: ["alpha"], header: "ALPHA", value: ({ a }) => a },
  { letter: "n", names: ["number", "count"], header: "N", value: ({ n }) => String(n), order: ({ n }) => n },
  { names: ["longonly"], header: "LONG", value: () => "l" },
];
const row: Row = { a: "hello", n: 7 };
const both = (format: ReturnType<typeof parseFormat<Row>>): string =>
  headerLine(format) + rowLine(format, row);

describe("formats", () => {
  it.each([
    ["%a %n", "ALPHA N\nhello 7\n"],
    ["%3a|%.7a|%7a|", "ALP|  ALPHA|ALPHA  |\nhel|  hello|hello  |\n"],
    ["x%ay%%z", "xALPHAy%z\nxhelloy%z\n"],
    ["text", "text\ntext\n"],
    ["%", "\n\n"],
    ["", "\n\n"],
    ["%all", "ALPHA|N\nhello|7\n"],
  ])("-o %j", (text, printed) => {
    expect(both(parseFormat(text, FIELDS))).toBe(printed);
  });

  it.each([
    ["alpha:8,count:.4", "ALPHA      N\nhello      7\n"],
    ["Alpha:,LONG-only:", "ALPHALONG\nhellol\n"],
    ["alpha:.6x,number:3", " ALPHAxN  \n hellox7  \n"],
    ["number", `${"N".padEnd(20)}\n${"7".padEnd(20)}\n`],
  ])("-O %j", (text, printed) => {
    expect(both(parseLongFormat(text, FIELDS))).toBe(printed);
  });

  it("names the fields that there are not", () => {
    expect(parseFormat("%a%q%.5z", FIELDS).unknown).toEqual(["q", "z"]);
    expect(parseLongFormat("alpha,nope", FIELDS).unknown).toEqual(["nope"]);
  });

  it("reads any text without failing and keeps what is no field", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(both(parseFormat(text.replaceAll("%", ""), FIELDS))).toBe(
          `${text.replaceAll("%", "")}\n`.repeat(2),
        );
        expect(() => both(parseFormat(text, FIELDS))).not.toThrow();
        expect(() => both(parseLongFormat(text, FIELDS))).not.toThrow();
      }),
    );
  });
});

describe("sorting", () => {
  const rows: readonly Row[] = [
    { a: "b", n: 2 },
    { a: "a", n: 10 },
    { a: "b", n: 10 },
  ];
  const sorted = (spec: string) => {
    const sort = parseSort(spec, FIELDS);
    return sort.ok ? sortRows(rows, sort.keys).map(({ a, n }) => `${a}${n}`) : sort.letter;
  };

  it("orders by letters, up or down, numbers as numbers, and leaves equals as they came", () => {
    expect(sorted("a,n")).toEqual(["a10", "b2", "b10"]);
    expect(sorted("-a,-n")).toEqual(["b10", "b2", "a10"]);
    expect(sorted("a")).toEqual(["a10", "b2", "b10"]);
    expect(sorted("-n")).toEqual(["a10", "b10", "b2"]);
    expect(sorted("")).toEqual(["b2", "a10", "b10"]);
    expect(sorted("a,x")).toBe("x");
  });
});
