import { describe, expect, test } from "vitest";
import { deviceItems, withParts } from "../../core/model/declared-parts.ts";
import { type GresItem, parseGres } from "../../core/model/gres.ts";

const items = (text: string): readonly GresItem[] => {
  const parsed = parseGres(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
};
const devices = (...types: string[]) => types.map((type) => ({ name: type === "nic" ? "nic" : "gpu", type }));
const partsOf = (text: string, ...types: string[]) => {
  const made = withParts(devices(...types), items(text));
  if (!made.ok) return made.refusal.message;
  return made.value.map((device) => ("parts" in device ? device.parts : undefined));
};

describe("what a node's GRES say of parts", () => {
  test("spreads shares evenly over its GPUs", () => {
    expect(partsOf("gpu:2,shard:8", "a100", "a100")).toEqual([{ shard: 4 }, { shard: 4 }]);
    expect(partsOf("shard:5", "a100", "nic", "a100")).toEqual([{ shard: 3 }, undefined, { shard: 2 }]);
    expect(partsOf("shard:1,mps:200", "a100", "a100")).toEqual([{ shard: 1, mps: 100 }, { mps: 100 }]);
  });

  test("gives shares of a type to GPUs of that type", () => {
    expect(partsOf("shard:a100:4", "a100", "h100")).toEqual([{ shard: 4 }, undefined]);
  });

  test("names a table of profiles for all of its GPUs", () => {
    expect(partsOf("gpu:2,profiles:h100-80gb", "h100", "h100")).toEqual([
      { profiles: "h100-80gb" },
      { profiles: "h100-80gb" },
    ]);
  });

  test("is refused where it means nothing", () => {
    expect(partsOf("shard:4", "nic")).toMatch(/needs GPUs/);
    expect(partsOf("shard:volta:4", "a100")).toMatch(/of type volta/);
    expect(partsOf("shard:3000", "a100")).toMatch(/at most 1000/);
    expect(partsOf("profiles:h900", "a100")).toMatch(/no table of profiles h900; there are a30, a100-40gb/);
    expect(partsOf("gpu:0.5", "a100")).toMatch(/whole devices/);
  });

  test("is no device of its own", () => {
    expect(
      deviceItems(items("gpu:a100:2,shard:8,mps:200,profiles:a30,nic:1")).map(({ name }) => name),
    ).toEqual(["gpu", "nic"]);
  });
});
