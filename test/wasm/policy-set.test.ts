/** The set that a pass worker opens: chosen modules, the built-in behind them, and what happens when one cannot be had. */
import { beforeAll, describe, expect, test } from "vitest";
import { RotaError } from "../../core/model/errors.ts";
import { ActiveModule } from "../../core/wasm/active-module.ts";
import { type ModuleSpec, openPolicySet, type PolicySetSpec } from "../../core/wasm/policy-set.ts";
import { buildPolicies, builtPolicyPath } from "../../policies/build.ts";
import { placeBody, wrongModule } from "./faults/wrong-module.ts";
import { freeNodes, makeJob } from "./nodes.ts";

const spec = (number: number, source: string | Uint8Array, parameters = {}): ModuleSpec => ({
  number,
  source,
  parameters,
});
let builtin: PolicySetSpec["builtin"];
beforeAll(async () => {
  await buildPolicies();
  builtin = {
    priority: spec(1, builtPolicyPath("priority", "fifo")),
    placement: spec(2, builtPolicyPath("placement", "pack")),
    topology: spec(3, builtPolicyPath("topology", "tree")),
  };
});

describe("a set", () => {
  test("serves kinds that are not chosen from the built-in", () => {
    const set = openPolicySet(structuredClone({ chosen: {}, builtin }));
    expect([set.priority.name, set.placement.name, set.topology?.name]).toEqual(["fifo", "pack", "tree"]);
    expect(set.placement).toBe(set.builtin.placement);
    expect(set.numbers).toEqual({ priority: 1, placement: 2, topology: 3 });
    expect(set.refused).toEqual([]);
  });

  test("serves chosen modules with their parameters and keeps the built-in beside them", () => {
    const chosen = {
      priority: spec(9, builtPolicyPath("priority", "multifactor"), { ageWeight: 5 }),
      placement: spec(8, builtPolicyPath("placement", "spread")),
    };
    const set = openPolicySet({ chosen, builtin });
    expect([set.priority.name, set.placement.name]).toEqual(["multifactor", "spread"]);
    expect([set.builtin.priority.name, set.builtin.placement.name]).toEqual(["fifo", "pack"]);
    expect(set.numbers).toEqual({ priority: 9, placement: 8, topology: 3 });
  });

  test("puts the built-in in the place of a module that is refused, and says so", () => {
    const chosen = { placement: spec(8, builtPolicyPath("placement", "spread"), { moon: 1 }) };
    const set = openPolicySet({ chosen, builtin });
    expect(set.placement.name).toBe("pack");
    expect(set.numbers.placement).toBe(2);
    expect(set.refused).toMatchObject([
      { kind: "placement", number: 8, fault: { code: "POLICY_PARAMETER" } },
    ]);
  });

  test("goes without topology when there is none", () => {
    const { priority, placement } = builtin;
    const set = openPolicySet({ chosen: {}, builtin: { priority, placement } });
    expect(set.topology).toBeUndefined();
    expect(set.numbers.topology).toBeUndefined();
  });

  test("throws when a built-in cannot be opened: the installation is broken", () => {
    const broken = { ...builtin, placement: spec(2, "/nowhere/pack.wasm") };
    expect(() => openPolicySet({ chosen: {}, builtin: broken })).toThrow(RotaError);
  });
});

test("a module's fault leaves the built-in to serve", () => {
  const chosen = { placement: spec(8, wrongModule({ place: placeBody("(unreachable)") })) };
  const set = openPolicySet({ chosen, builtin });
  const nodes = freeNodes(30);
  const mask = new Uint8Array(30).fill(1);
  const out = new Int32Array(1);
  expect(set.placement.begin(nodes) ?? set.builtin.placement.begin(nodes)).toBeUndefined();
  expect(set.placement.place(makeJob(), mask, 1, out)?.code).toBe("POLICY_TRAP");
  expect(set.builtin.placement.place(makeJob(), mask, 1, out)).toBeUndefined();
});

test("the marker shows a module's number during its calls only", () => {
  const seen: number[] = [];
  const marker = new ActiveModule();
  const watching = {
    enter: (number: number) => {
      marker.enter(number);
      seen.push(marker.read().module);
    },
    leave: () => marker.leave(),
  };
  const set = openPolicySet({ chosen: {}, builtin }, { marker: watching });
  set.placement.begin(freeNodes(30));
  expect(new Set(seen)).toEqual(new Set([1, 2, 3]));
  expect(seen.at(-1)).toBe(2);
  expect(marker.read().module).toBe(0);
});
