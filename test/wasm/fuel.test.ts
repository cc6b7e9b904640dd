/** Fuel: what a call uses is counted in the module, the same each time; what uses too much is ended with a code of its own. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { open } from "../../bench/fuel/contestants.ts";
import { meteredBefore, meterModule } from "../../core/controller/module-meter.ts";
import type { PolicyFault } from "../../core/model/policy.ts";
import { DEFAULT_FUEL, type FuelBudget } from "../../core/wasm/fuel/tank.ts";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import { instantiatePlacement, type SeededPlacement } from "../../core/wasm/placement.ts";
import { buildPolicies, builtPolicyPath } from "../../policies/build.ts";
import { placeBody, placeRows, type WrongParts, wrongModule } from "./faults/wrong-module.ts";
import { freeNodes, makeJob, unwrap } from "./nodes.ts";

const NODES = 40;
const SMALL: FuelBudget = { callUnits: 20_000, passUnits: 50_000 };

async function metered(parts: WrongParts, fuel = DEFAULT_FUEL): Promise<SeededPlacement> {
  const module = unwrap(loadPolicyModule(unwrap(await meterModule(wrongModule(parts))), "placement"));
  return unwrap(instantiatePlacement(module, {}, { number: 1, seed: 1, fuel }));
}

function place(policy: SeededPlacement, want = 0): PolicyFault | number[] {
  const out = new Int32Array(Math.max(want, 1));
  const fault =
    policy.begin(freeNodes(NODES)) ?? policy.place(makeJob(), new Uint8Array(NODES).fill(1), want, out);
  return fault ?? [...out];
}

describe("a module that comes with Rota", () => {
  beforeAll(() => buildPolicies());
  const modules = [
    ...(["pack", "spread"] as const).map((name) => ["placement", name] as const),
    ...(["tree", "block", "torus", "dragonfly", "rail"] as const).map((name) => ["topology", name] as const),
    ...(["multifactor", "wfp3", "unicef", "f1", "sjf"] as const).map((name) => ["priority", name] as const),
  ];
  test.each(modules)("%s %s says the same with fuel, and uses the same again", async (kind, name) => {
    const bytes = readFileSync(builtPolicyPath(kind, name));
    const plain = open(bytes, kind, 1_000);
    const counted = open(unwrap(await meterModule(bytes)), kind, 1_000);
    expect(counted.ask(0)).toBeUndefined();
    const used = [0, 1].map(() => {
      counted.policy.reseed(5);
      for (let round = 0; round < 8; round++) {
        plain.policy.reseed(5);
        expect(plain.ask(round)).toBeUndefined();
        expect(counted.ask(round)).toBeUndefined();
        expect([...counted.answer]).toEqual([...plain.answer]);
      }
      return counted.policy.fuelUsed;
    });
    expect(used[0]).toBeGreaterThan(0);
    expect(used[1]).toBe(used[0]);
    expect(plain.policy.fuelUsed).toBe(0);
  });
});

describe("out of fuel is a module that", () => {
  const recursion =
    '(func $f (export "place") (param i32 i32) (result i32) (return_call $f (local.get 0) (local.get 1)))';
  const table = `(type $t (func (result i32))) (table 1 1 funcref) (elem (i32.const 0) $again)
    (func $again (type $t) (i32.const 1))`;
  const endless: readonly [string, WrongParts][] = [
    ["loops for ever", { place: placeBody("(loop $l (br $l)) (i32.const 0)") }],
    [
      "loops by a table of branches",
      { place: placeBody("(loop $l (br_table $l $l (i32.const 0))) (i32.const 0)") },
    ],
    [
      "loops in a function that it calls",
      { more: "(func $g (loop $l (br $l)))", place: placeBody("(call $g) (i32.const 0)") },
    ],
    ["calls itself as its last act", { place: recursion }],
    [
      "calls through a table in a loop",
      {
        more: table,
        place: placeBody("(loop $l (br_if $l (call_indirect (type $t) (i32.const 0)))) (i32.const 0)"),
      },
    ],
    [
      "fills its memory again and again",
      {
        place: placeBody(
          "(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br $l)) (i32.const 0)",
        ),
      },
    ],
    [
      "asks for random numbers for ever",
      {
        imports: '(import "env" "random" (func $random (result f64)))',
        place: placeBody("(loop $l (drop (call $random)) (br $l)) (i32.const 0)"),
      },
    ],
    ["loops in begin", { begin: '(func (export "begin") (param i32) (loop $l (br $l)))' }],
  ];
  test.each(endless)("%s", async (_, parts) => {
    const fault = place(await metered(parts));
    expect(fault).toMatchObject({ code: "POLICY_OUT_OF_FUEL" });
    expect(fault).toMatchObject({
      message: expect.stringMatching(
        /^wrong: used more than 50000000 units of fuel in one call of (place|begin)$/,
      ),
    });
  });

  test("loops in its start function, which is refused when it is opened", async () => {
    const parts = { more: "(func $s (loop $l (br $l))) (start $s)" };
    const module = unwrap(loadPolicyModule(unwrap(await meterModule(wrongModule(parts))), "placement"));
    const opened = instantiatePlacement(module, {}, { number: 1, seed: 1 });
    expect(opened).toMatchObject({ ok: false, refusal: { code: "POLICY_OUT_OF_FUEL" } });
  });

  test("fills more memory in one instruction than a call may", async () => {
    const fill = placeBody("(memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (i32.const 0)");
    expect(place(await metered({ place: fill }, { callUnits: 4_200, passUnits: 1_000_000 }))).toEqual([0]);
    expect(place(await metered({ place: fill }, { callUnits: 4_000, passUnits: 1_000_000 }))).toMatchObject({
      code: "POLICY_OUT_OF_FUEL",
    });
  });
});

/** A loop of so many rounds, then no node. */
const rounds = (count: number): WrongParts => ({
  place: `(func (export "place") (param i32 i32) (result i32) (local $i i32)
    (local.set $i (i32.const ${count}))
    (loop $l (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br_if $l (local.get $i)))
    (i32.const 0))`,
});

describe("a budget", () => {
  test("of a call is met to the unit", async () => {
    const policy = await metered(rounds(1_000));
    expect(place(policy)).toEqual([0]);
    policy.reseed(1);
    policy.place(makeJob(), new Uint8Array(NODES).fill(1), 0, new Int32Array(1));
    const units = policy.fuelUsed;
    expect(place(await metered(rounds(1_000), { callUnits: units, passUnits: 1e9 }))).toEqual([0]);
    expect(place(await metered(rounds(1_000), { callUnits: units - 1, passUnits: 1e9 }))).toMatchObject({
      code: "POLICY_OUT_OF_FUEL",
    });
  });

  test("of a pass is used up by many small calls, and is there again in the next pass", async () => {
    const policy = await metered(rounds(1_000), SMALL);
    const mask = new Uint8Array(NODES).fill(1);
    const out = new Int32Array(1);
    const callsOfPass = (): number => {
      for (let calls = 0; calls < 1_000; calls++) {
        const fault = policy.place(makeJob(), mask, 0, out);
        if (fault === undefined) continue;
        expect(fault).toEqual({
          code: "POLICY_OUT_OF_FUEL",
          message: "wrong: used more than 50000 units of fuel in one pass",
        });
        return calls;
      }
      return Number.POSITIVE_INFINITY;
    };
    policy.begin(freeNodes(NODES));
    const first = callsOfPass();
    policy.reseed(2);
    policy.begin(freeNodes(NODES));
    expect(callsOfPass()).toBe(first);
    expect(first).toBeGreaterThan(5);
  });

  test("is not used by a branch that is not taken, where it is long", async () => {
    const long = "(i32.store (i32.const 64) (i32.load (i32.const 68)))".repeat(100);
    const branch = (taken: number): WrongParts => ({
      place: placeBody(`(if (i32.const ${taken}) (then ${long})) (i32.const 0)`),
    });
    const used = await Promise.all(
      [0, 1].map(async (taken) => {
        const policy = await metered(branch(taken));
        place(policy);
        return policy.fuelUsed;
      }),
    );
    expect(used[1]! - used[0]!).toBeGreaterThan(390);
  });
});

test("values pass through calls, returns and vectors as without fuel", async () => {
  const more = `
    (func $pick (param $a i32) (param $b f64) (result i32) (local $i i32)
      (loop $l
        (if (i32.gt_s (local.get $i) (i32.trunc_sat_f64_s (local.get $b))) (then (return (local.get $a))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $a (i32.add (local.get $a) (call $pair)))
        (br $l))
      (unreachable))
    (func $pair (result i32) (local $v v128)
      (loop $l (local.set $v (i32x4.splat (i32.const 3))))
      (i32x4.extract_lane 2 (call $vector (local.get $v))))
    (func $vector (param v128) (result v128) (local $n i32)
      (loop $l (result v128)
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $l (i32.lt_s (local.get $n) (i32.const 5)))
        (i32x4.add (local.get 0) (i32x4.splat (local.get $n)))))
    (func $two (result i32 i32) (loop $l (nop)) (i32.const 30) (i32.const 9))`;
  const body = `(call $pick (i32.sub (call $two)) (f64.const 2.5))`;
  const parts: WrongParts = {
    more: `${more} (func $shown (result i32) (i32.rem_u ${body} (i32.const ${NODES})))`,
    place: `(func (export "place") (param i32 i32) (result i32)
      (i32.store (i32.const 1216) (call $shown)) (i32.const 1))`,
  };
  const plain = unwrap(
    instantiatePlacement(
      unwrap(loadPolicyModule(wrongModule(parts), "placement")),
      {},
      { number: 1, seed: 1 },
    ),
  );
  const expected = place(plain, 1);
  // 30 - 9, and 8 in each of three rounds.
  expect(expected).toEqual([(21 + 3 * 8) % NODES]);
  expect(place(await metered(parts), 1)).toEqual(expected);
});

describe("fuel", () => {
  test("is injected into the same bytes once", async () => {
    const bytes = wrongModule({ place: placeRows([3]) });
    expect(meteredBefore(bytes)).toBeUndefined();
    const first = unwrap(await meterModule(bytes));
    expect(unwrap(await meterModule(Uint8Array.from(bytes)))).toBe(first);
    expect(meteredBefore(bytes)).toBe(first);
  });

  const refused: readonly [string, WrongParts, string][] = [
    [
      "threads",
      { place: placeBody("(i32.atomic.load (i32.const 0))") },
      "instructions that budgets cannot be held for",
    ],
    [
      "exceptions",
      { more: "(tag $e)", place: placeBody("(try (do (throw $e)) (catch_all (nop))) (i32.const 0)") },
      "instructions that budgets cannot be held for",
    ],
    [
      "an export of the count's name",
      { more: '(global (export "rota.fuel") (mut i32) (i32.const 7))' },
      "rota.fuel, which is the host's",
    ],
  ];
  test.each(refused)("is not given to a module with %s", async (_, parts, words) => {
    const made = await meterModule(wrongModule(parts));
    expect(made).toMatchObject({ ok: false, refusal: { code: "POLICY_NOT_METERED" } });
    expect(made).toMatchObject({ refusal: { message: expect.stringContaining(words) } });
  });

  test("is given to the next module after one that breaks the thread", async () => {
    expect((await meterModule(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 99))).ok).toBe(false);
    expect((await meterModule(wrongModule({ place: placeRows([5]) }))).ok).toBe(true);
  });

  test("has one thread after one that was broken, and keeps it", async () => {
    expect((await meterModule(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 98))).ok).toBe(false);
    expect((await meterModule(wrongModule({ place: placeRows([6]) }))).ok).toBe(true);
    let threads = 0;
    const count = (): void => void threads++;
    process.on("worker", count);
    expect((await meterModule(wrongModule({ place: placeRows([7]) }))).ok).toBe(true);
    process.off("worker", count);
    expect(threads).toBe(0);
  });
});
