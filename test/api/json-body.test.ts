/** The strict reader of bodies: it gives what JSON.parse gives, or refuses. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RequestFault } from "../../core/api/faults.ts";
import { parseBody } from "../../core/api/json-body.ts";

const bytes = (text: string) => Buffer.from(text);
const object = fc.dictionary(
  fc.string({ unit: "grapheme" }).filter((key) => key !== "__proto__"),
  fc.jsonValue({ maxDepth: 3 }),
);
const hasProto = (text: string) => text.includes("__proto__");

describe("the reader of bodies", () => {
  it("gives any JSON object as it was written, in any layout", () => {
    fc.assert(
      fc.property(object, fc.constantFrom("", " ", "\t", "\n  "), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!hasProto(text));
        expect(parseBody(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("refuses an object that has a key twice, however it is written and wherever it is", () => {
    fc.assert(
      fc.property(object, fc.string(), fc.jsonValue(), fc.nat(3), (value, key, twice, depth) => {
        fc.pre(key !== "__proto__" && !hasProto(JSON.stringify([value, twice])));
        const { [key]: _, ...rest } = value;
        const plain = JSON.stringify(key);
        const escaped = `"${[...key].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
        fc.pre(key.length === [...key].length);
        const inner = `{${plain}:${JSON.stringify(twice)},"other":${JSON.stringify(rest)},${escaped}:1}`;
        const text = `${'{"in":['.repeat(depth)}${inner}${"]}".repeat(depth)}`;
        fc.pre(key !== "other");
        expect(() => parseBody(bytes(text))).toThrow(RequestFault);
        expect(() => parseBody(bytes(text))).toThrow(/is given twice/);
      }),
    );
  });

  it("never throws anything but a fault of the request, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        try {
          parseBody(Buffer.from(input));
        } catch (error) {
          expect(error).toBeInstanceOf(RequestFault);
        }
      }),
    );
  });

  it("takes a string of nothing but quotes and backslashes in linear time", () => {
    const script = '\\"'.repeat(500_000);
    expect(parseBody(bytes(JSON.stringify({ script })))).toEqual({ script });
  });

  it("takes an empty body for none", () => {
    expect(parseBody(bytes(""))).toBeUndefined();
  });
});
