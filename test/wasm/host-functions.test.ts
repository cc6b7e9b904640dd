/** What a module may ask of its host: a log, random numbers, an abort; and how its parameters reach it. */
import { beforeAll, expect, test } from "vitest";
import { MAX_LOG_LINES } from "../../core/wasm/instance.ts";
import type { PolicyModule } from "../../core/wasm/module.ts";
import { parameterValues } from "../../core/wasm/parameters.ts";
import { instantiatePlacement, type SeededPlacement } from "../../core/wasm/placement.ts";
import { guestModule } from "./builds.ts";
import { freeNodes, makeJob, unwrap } from "./nodes.ts";

const NODES = 20;
const MASK = new Uint8Array(NODES).fill(1);
let module: PolicyModule;
beforeAll(async () => {
  module = await guestModule("chatty", "placement");
});

function open(parameters: Record<string, number>, seed: number, lines: string[] = []): SeededPlacement {
  const log = (name: string, line: string): void => {
    lines.push(`${name}: ${line}`);
  };
  const policy = unwrap(instantiatePlacement(module, parameters, { number: 1, seed, log }));
  expect(policy.begin(freeNodes(NODES))).toBeUndefined();
  return policy;
}

function scoresOf(policy: SeededPlacement): readonly number[] {
  const scores = new Float32Array(NODES);
  expect(policy.score(makeJob(), MASK, scores)).toBeUndefined();
  return [...scores];
}

test("random numbers are the same for the same seed, and start over when seeded again", () => {
  const first = open({}, 7);
  const drawn = scoresOf(first);
  expect(scoresOf(open({}, 7))).toEqual(drawn);
  expect(scoresOf(open({}, 8))).not.toEqual(drawn);
  expect(scoresOf(first)).not.toEqual(drawn);
  first.reseed(7);
  expect(scoresOf(first)).toEqual(drawn);
  expect(drawn.every((score) => score >= 0.25 && score < 1.25)).toBe(true);
});

test("log lines carry the module's name and stop at the bound until the next seeding", () => {
  const lines: string[] = [];
  const policy = open({}, 1, lines);
  for (let i = 0; i < MAX_LOG_LINES + 10; i++) scoresOf(policy);
  expect(lines).toHaveLength(MAX_LOG_LINES);
  expect(lines[0]).toBe("chatty: row 0 is asked about");
  policy.reseed(1);
  scoresOf(policy);
  expect(lines).toHaveLength(MAX_LOG_LINES + 1);
});

test("an abort becomes a fault with the author's message and line", () => {
  const fault = open({ mode: 1 }, 1).place(makeJob(), MASK, 1, new Int32Array(1));
  expect(fault?.code).toBe("POLICY_TRAP");
  expect(fault?.message).toMatch(/^chatty: abort: cannot go on at chatty\.ts:\d+:\d+$/);
});

test("a division by zero becomes a fault", () => {
  const fault = open({ mode: 2 }, 1).score(makeJob(), MASK, new Float32Array(NODES));
  expect(fault?.code).toBe("POLICY_TRAP");
});

test("parameters reach the module's fields, whatever their type", () => {
  const lines: string[] = [];
  const scores = scoresOf(open({ bias: -1, flag: 0 }, 7, lines));
  expect(scores.every((score) => score < 0)).toBe(true);
  expect(lines).toEqual(["chatty: the flag is off"]);
});

test("parameters not given have the declared default", () => {
  expect(module.manifest).toMatchObject({ name: "chatty", version: "2.1.0", kind: "placement", abi: "1.4" });
  expect(parameterValues(module.manifest, { bias: 0.5 })).toEqual({ ok: true, value: [0, 0.5, 1] });
});

test.each([
  [{ moon: 1 }, "chatty has no parameter moon; it has: mode, bias, flag"],
  [{ mode: 3 }, "chatty: mode must be a whole number from 0 to 2, not 3"],
  [{ mode: 0.5 }, "chatty: mode must be a whole number from 0 to 2, not 0.5"],
  [{ bias: Number.POSITIVE_INFINITY }, "chatty: bias must be a number from -1 to 1, not Infinity"],
  [{ toString: 1 }, "chatty has no parameter toString; it has: mode, bias, flag"],
] as const)("parameters %o are refused", (given, message) => {
  const values = parameterValues(module.manifest, given as unknown as Record<string, number>);
  expect(values).toMatchObject({ ok: false, refusal: { code: "POLICY_PARAMETER", message } });
});
