/** Modules that load and then answer wrongly: each answer becomes a fault with a code, never an exception. */
import { describe, expect, test } from "vitest";
import type { PolicyFault } from "../../../core/model/policy.ts";
import { loadPolicyModule } from "../../../core/wasm/module.ts";
import { instantiatePlacement, type SeededPlacement } from "../../../core/wasm/placement.ts";
import { freeNodes, makeJob, unwrap } from "../nodes.ts";
import { placeBody, placeRows, SCORES, type WrongParts, wrongModule } from "./wrong-module.ts";

const NODES = 40;
const INFEASIBLE = 7;

function open(parts: WrongParts): SeededPlacement {
  const module = unwrap(loadPolicyModule(wrongModule(parts), "placement"));
  return unwrap(instantiatePlacement(module, {}, { number: 1, seed: 1 }));
}

function placeTwo(policy: SeededPlacement): PolicyFault | undefined {
  const mask = new Uint8Array(NODES).fill(1);
  mask[INFEASIBLE] = 0;
  return policy.begin(freeNodes(NODES)) ?? policy.place(makeJob(), mask, 2, new Int32Array(2));
}

describe("placing is a fault when the module", () => {
  const cases: readonly [string, WrongParts, string, string][] = [
    ["traps", { place: placeBody("(unreachable)") }, "POLICY_TRAP", "unreachable"],
    [
      "reads outside its memory",
      { place: placeBody("(i32.load (i32.const -8))") },
      "POLICY_TRAP",
      "out of bounds",
    ],
    [
      "recurses without end",
      {
        place:
          '(func $f (export "place") (param i32 i32) (result i32) (i32.add (i32.const 1) (call $f (local.get 0) (local.get 1))))',
      },
      "POLICY_TRAP",
      "call stack",
    ],
    [
      "needs more memory than its maximum",
      {
        place: placeBody(
          "(if (i32.lt_s (memory.grow (i32.const 16)) (i32.const 0)) (then (unreachable))) (i32.const 2)",
        ),
      },
      "POLICY_TRAP",
      "unreachable",
    ],
    [
      "gives a row above the last",
      { place: placeRows([1, NODES]) },
      "POLICY_BAD_NODE",
      `row ${NODES} of ${NODES}`,
    ],
    ["gives a row below 0", { place: placeRows([-1, 2]) }, "POLICY_BAD_NODE", "row -1"],
    ["gives an infeasible row", { place: placeRows([1, INFEASIBLE]) }, "POLICY_BAD_NODE", "not feasible"],
    ["gives a row twice", { place: placeRows([3, 3]) }, "POLICY_DUPLICATE_NODE", "row 3 twice"],
    ["gives too few", { place: placeRows([3]) }, "POLICY_TOO_FEW_NODES", "1 nodes of 2"],
    [
      "says it gave fewer than none",
      { place: placeBody("(i32.const -5)") },
      "POLICY_TOO_FEW_NODES",
      "-5 nodes of 2",
    ],
    [
      "allocates outside its memory",
      { allocate: '(func (export "allocate") (param i32) (result i32) (i32.const 65472))' },
      "POLICY_MEMORY",
      "outside",
    ],
    [
      "allocates off the border",
      { allocate: '(func (export "allocate") (param i32) (result i32) (i32.const 1028))' },
      "POLICY_MEMORY",
      "not aligned",
    ],
    [
      "traps at the start of a pass",
      { begin: '(func (export "begin") (param i32) (unreachable))' },
      "POLICY_TRAP",
      "unreachable",
    ],
  ];
  test.each(cases)("%s", (_name, parts, code, word) => {
    const fault = placeTwo(open(parts));
    expect(fault?.code).toBe(code);
    expect(fault?.message).toContain(word);
    expect(fault?.message).toContain("wrong: ");
  });

  test("gives a score that is not a number, which too few nodes come of", () => {
    const nan = `(func (export "score") (param i32) (f32.store (i32.const ${SCORES + 12}) (f32.const nan)))`;
    const policy = open({ score: nan });
    expect(placeTwo(policy)?.code).toBe("POLICY_BAD_SCORE");
  });
});

describe("scoring", () => {
  const scoring = (value: string, row: number): WrongParts => ({
    score: `(func (export "score") (param i32) (f32.store (i32.const ${SCORES + 4 * row}) (f32.const ${value})))`,
  });
  function scoreAll(parts: WrongParts, scores: Float32Array): PolicyFault | undefined {
    const policy = open(parts);
    const mask = new Uint8Array(NODES).fill(1);
    mask[INFEASIBLE] = 0;
    return policy.begin(freeNodes(NODES)) ?? policy.score(makeJob(), mask, scores);
  }

  test.each(["nan", "inf", "-inf"])("is a fault when a feasible node's score is %s", (value) => {
    expect(scoreAll(scoring(value, 3), new Float32Array(NODES))?.code).toBe("POLICY_BAD_SCORE");
  });

  test("takes no notice of an infeasible node's score", () => {
    expect(scoreAll(scoring("nan", INFEASIBLE), new Float32Array(NODES))).toBeUndefined();
  });
});

test("a module that grew its memory is read where its block lies now", () => {
  const policy = open({
    place: placeBody(
      `(drop (memory.grow (i32.const 1))) ${placeRows([5, 4])
        .replace(/^.*?\) \(result i32\) /, "")
        .slice(0, -1)}`,
    ),
  });
  const out = new Int32Array(2);
  const mask = new Uint8Array(NODES).fill(1);
  expect(policy.begin(freeNodes(NODES)) ?? policy.place(makeJob(), mask, 2, out)).toBeUndefined();
  expect([...out]).toEqual([5, 4]);
  policy.update(4, 1, 1, 1);
  expect(policy.place(makeJob(), mask, 2, out)).toBeUndefined();
});

test("a module that had a fault is not entered again before the next pass, which begins with a fresh copy", () => {
  const once = `(global $calls (mut i32) (i32.const 0))`;
  const policy = open({
    more: once,
    place: placeBody(
      "(global.set $calls (i32.add (global.get $calls) (i32.const 1))) (if (i32.eq (global.get $calls) (i32.const 2)) (then (unreachable))) (i32.const 0)",
    ),
  });
  const mask = new Uint8Array(NODES).fill(1);
  const out = new Int32Array(1);
  expect(policy.begin(freeNodes(NODES))).toBeUndefined();
  expect(policy.place(makeJob(), mask, 0, out)).toBeUndefined();
  expect(policy.place(makeJob(), mask, 0, out)?.code).toBe("POLICY_TRAP");
  expect(policy.place(makeJob(), mask, 0, out)?.code).toBe("POLICY_TRAP");
  expect(policy.begin(freeNodes(NODES))).toBeUndefined();
  expect(policy.place(makeJob(), mask, 0, out)).toBeUndefined();
});

describe("instantiating is refused when the module", () => {
  const opened = (parts: WrongParts, parameters: Record<string, number> = {}, maxPages?: number) => {
    const module = unwrap(loadPolicyModule(wrongModule(parts), "placement"));
    const options = { number: 1, seed: 1, ...(maxPages !== undefined && { maxPages }) };
    const result = instantiatePlacement(module, parameters, options);
    return result.ok ? "ACCEPTED" : result.refusal.code;
  };

  test("traps in its start function", () => {
    expect(opened({ more: "(func $start (unreachable)) (start $start)" })).toBe("POLICY_TRAP");
  });
  test("traps when a parameter is set", () => {
    expect(opened({ setParameter: '(func (export "setParameter") (param i32 f64) (unreachable))' })).toBe(
      "POLICY_TRAP",
    );
  });
  test("is given a parameter that it does not have, or one out of range", () => {
    expect(opened({}, { moon: 1 })).toBe("POLICY_PARAMETER");
    expect(opened({}, { bias: 2 })).toBe("POLICY_PARAMETER");
    expect(opened({}, { bias: Number.NaN })).toBe("POLICY_PARAMETER");
    expect(opened({}, { bias: -1 })).toBe("ACCEPTED");
  });
  test("begins with more memory than the limit", () => {
    expect(opened({ memory: '(import "env" "memory" (memory 8 16))' }, {}, 4)).toBe("POLICY_MEMORY");
    expect(opened({}, {}, 4)).toBe("ACCEPTED");
  });
});
