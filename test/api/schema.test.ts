/** Schemas and interfaces agree, and a difference does not compile. */
import { Type } from "@sinclair/typebox";
import { describe, expect, it } from "vitest";
import { NAMED_SCHEMAS } from "../../core/api/schemas/named-schemas.ts";
import { describes, oneOf } from "../../core/api/schemas/schema.ts";

interface Sample {
  readonly name: string;
  readonly count?: number;
  readonly state: "on" | "off";
  readonly list: readonly { readonly lane: number }[];
  readonly map: Readonly<Record<string, string>>;
}

const list = Type.Array(Type.Object({ lane: Type.Integer() }));
const state = oneOf(["on", "off"]);
const map = Type.Record(Type.String(), Type.String());
const count = Type.Optional(Type.Integer());

describe("a schema", () => {
  it("that is the interface's compiles, and each way to differ does not", () => {
    const name = Type.String();
    const otherList = Type.Array(Type.Object({ lane: name }));
    const right = describes<Sample>()(Type.Object({ name, count, state, list, map }));
    const wrong = [
      // @ts-expect-error a field is missing
      describes<Sample>()(Type.Object({ count, state, list, map })),
      // @ts-expect-error an optional field is missing
      describes<Sample>()(Type.Object({ name, state, list, map })),
      // @ts-expect-error a field is one too many
      describes<Sample>()(Type.Object({ name, count, state, list, map, more: name })),
      // @ts-expect-error an optional field is one too many
      describes<Sample>()(Type.Object({ name, count, state, list, map, more: count })),
      // @ts-expect-error a field is of another type
      describes<Sample>()(Type.Object({ name: count, count, state, list, map })),
      // @ts-expect-error an optional field is required
      describes<Sample>()(Type.Object({ name, count: Type.Integer(), state, list, map })),
      // @ts-expect-error a word is missing
      describes<Sample>()(Type.Object({ name, count, state: oneOf(["on"]), list, map })),
      // @ts-expect-error a word is one too many
      describes<Sample>()(Type.Object({ name, count, state: oneOf(["on", "off", "so"]), list, map })),
      // @ts-expect-error a field of an item differs
      describes<Sample>()(Type.Object({ name, count, state, list: otherList, map })),
    ];
    expect([right, ...wrong]).toHaveLength(10);
  });

  it("of each name lets no unknown field through", () => {
    for (const schema of NAMED_SCHEMAS)
      expect(schema).toMatchObject({ type: "object", additionalProperties: false });
  });
});
