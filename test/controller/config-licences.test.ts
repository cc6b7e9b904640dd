import { describe, expect, it } from "vitest";
import { parseConfig } from "../../core/controller/config.ts";

const read = (text: string) => {
  const result = parseConfig(text, "rota.yaml");
  return result.ok ? result.value.licenses : result.refusal.message;
};

describe("the licences of a site", () => {
  it("are counts by name, sorted; none where the file says nothing", () => {
    expect(read("cluster: a\n")).toEqual([]);
    expect(read("licenses: { matlab: 10, ansys@srv: 0 }\n")).toEqual([
      { name: "ansys@srv", total: 0 },
      { name: "matlab", total: 10 },
    ]);
  });

  it.each([
    ["licenses: 5\n", "1:11: licenses is 5; write keys and values: matlab"],
    ["licenses: { a: x }\n", '1:16: a is "x"; write a whole number from 0 to 2147483647'],
    ["licenses: { a: -1 }\n", "1:16: a is -1; write a whole number from 0 to 2147483647"],
    ["licenses: { 'a b': 1 }\n", "1:20: a b is no licence's name; write letters, digits and _ . - @"],
  ])("written as %j are refused at their place", (text, message) => {
    expect(read(text)).toBe(`rota.yaml:${message}`);
  });
});
