/**
 * The fault modules: hostile in one way each, as every kind that can be loaded. WebAssembly text around one wrong function;
 * all else is right, so each reaches the wall that it is made for. What tests and the benchmark under load go through.
 */
import { KIND_IDS } from "../../../core/wasm/generated/abi.ts";
import { withManifest } from "../../../policies/sdk/compile.ts";
import { binaryOf } from "./wrong-module.ts";

export const FAULT_KINDS = ["priority", "placement", "topology", "preemption"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultModule {
  readonly kind: FaultKind;
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What it is refused with when it is loaded; undefined where it is found out only as it serves. */
  readonly refused?: string;
  /** What it is struck for, one of these; none: it is slow within its budgets, and stays. */
  readonly struck: readonly string[];
}

/** Where the block lies; the outputs are behind its head of 128 bytes, rows of nodes behind a mask of their capacity too. */
const BLOCK = 1024;
const OUTPUT = BLOCK + 128;
/** Rows of nodes that there is room for; the cluster under test has fewer. */
const CAPACITY = 64;
/** In one call; half of what a call may. */
const SLOW_ROUNDS = 4_000_000;

interface Fault {
  /** Statements of the function that is asked; `$a` and `$b` are its parameters. */
  readonly body?: string;
  readonly more?: string;
  readonly imports?: string;
  readonly memory?: string;
  readonly constants?: string;
  readonly allocate?: string;
  readonly kinds?: readonly FaultKind[];
  readonly refused?: string;
  readonly struck?: readonly string[];
}

const NODE_KINDS: readonly FaultKind[] = ["placement", "topology"];
const JOB_KINDS: readonly FaultKind[] = ["priority", "preemption"];
const FUEL = ["POLICY_OUT_OF_FUEL"];
const rows = (...given: readonly number[]): string =>
  given.map((row, i) => `(i32.store (i32.const ${OUTPUT + CAPACITY + 4 * i}) (i32.const ${row}))`).join(" ");

const FAULTS: Readonly<Record<string, Fault>> = {
  "endless-loop": { body: "(loop $l (br $l))", struck: FUEL },
  trap: { body: "(unreachable)", struck: ["POLICY_TRAP"] },
  "deep-recursion": {
    more: "(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))",
    body: "(drop (call $deep (i32.const 1)))",
    struck: ["POLICY_TRAP", "POLICY_OUT_OF_FUEL"],
  },
  "memory-growth": {
    body: "(loop $l (if (i32.lt_s (memory.grow (i32.const 8)) (i32.const 0)) (then (unreachable))) (br $l))",
    struck: ["POLICY_TRAP"],
  },
  "memory-fill": {
    body: "(loop $l (memory.fill (i32.const 0) (i32.const 7) (i32.const 1000000)) (br $l))",
    struck: FUEL,
  },
  "wild-address": { body: "(i32.store (i32.const -8) (i32.const 1))", struck: ["POLICY_TRAP"] },
  // Cheap in fuel and dear in time: each load misses the caches.
  "pointer-chase": {
    more: "(global $x (mut i32) (i32.const 1))",
    body: `(loop $l
      (global.set $x (i32.and (i32.add (i32.mul (global.get $x) (i32.const 1664525)) (i32.const 1013904223)) (i32.const 2097148)))
      (global.set $x (i32.add (global.get $x) (i32.load (global.get $x)))) (br $l))`,
    struck: [...FUEL, "POLICY_OVER_BUDGET", "POLICY_TRAP"],
  },
  chatterer: {
    imports: '(import "env" "log" (func $log (param i32)))',
    body: "(loop $l (call $log (i32.const 64)) (br $l))",
    struck: FUEL,
  },
  // Right answers, and as slow in each call as it may be.
  slow: {
    more: `(func $burn (local $i i32) (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (i32.const ${SLOW_ROUNDS})))))`,
    body: "(call $burn) (call $right (local.get $a) (local.get $b))",
    struck: [],
  },
  "every-other-time": {
    more: "(global $times (mut i32) (i32.const 0))",
    body: `(global.set $times (i32.add (global.get $times) (i32.const 1)))
      (if (i32.eqz (i32.and (global.get $times) (i32.const 1))) (then (unreachable)))
      (call $right (local.get $a) (local.get $b))`,
    struck: ["POLICY_TRAP"],
  },
  "not-a-number": {
    kinds: JOB_KINDS,
    body: `(f64.store (i32.const ${OUTPUT}) (f64.const nan))`,
    struck: ["POLICY_BAD_SCORE"],
  },
  "no-such-row": { kinds: NODE_KINDS, body: rows(9_999, -3), struck: ["POLICY_BAD_NODE"] },
  "too-few": { kinds: NODE_KINDS, struck: ["POLICY_TOO_FEW_NODES"] },
  "allocates-outside": {
    allocate: "(i32.const 0x7fffffc0)",
    struck: ["POLICY_MEMORY"],
  },
  "allocates-off-border": { allocate: "(i32.const 1028)", struck: ["POLICY_MEMORY"] },
  "loops-at-start": { more: "(func $s (loop $l (br $l))) (start $s)", struck: FUEL },
  "later-abi": { constants: "9 0", refused: "POLICY_ABI_VERSION" },
  "other-kind": { constants: "1 0 7", refused: "POLICY_WRONG_KIND" },
  "has-a-clock": { imports: '(import "env" "now" (func (result f64)))', refused: "POLICY_FORBIDDEN_IMPORT" },
  "memory-without-bound": { memory: '(import "env" "memory" (memory 32))', refused: "POLICY_MEMORY" },
  threads: { body: "(drop (i32.atomic.load (i32.const 0)))", refused: "POLICY_NOT_METERED" },
  "a-thousand-segments": {
    more: '(data (i32.const 0) "x")'.repeat(1_100),
    refused: "POLICY_TOO_LARGE",
  },
};

/** All of them; `isRefused` tells those that are refused when they are loaded from those that come to serve. */
export function faultModules(): readonly FaultModule[] {
  return FAULT_KINDS.flatMap((kind) =>
    Object.entries(FAULTS)
      .filter(([, { kinds }]) => kinds === undefined || kinds.includes(kind))
      .map(([name, fault]) => ({
        kind,
        name,
        bytes: faultModule(kind, name, fault),
        ...(fault.refused === undefined ? {} : { refused: fault.refused }),
        struck: fault.struck ?? [],
      })),
  );
}

/** A module of the kind that answers rightly. */
export const rightModule = (kind: FaultKind): Uint8Array =>
  faultModule(kind, "right", { body: "(call $right (local.get $a) (local.get $b))" });

function faultModule(kind: FaultKind, name: string, fault: Fault): Uint8Array {
  const minor = kind === "preemption" ? 2 : 0;
  const [major = 1, newer = minor, number = KIND_IDS[kind]] = fault.constants?.split(" ").map(Number) ?? [];
  const body = fault.body ?? "";
  const isOfNodes = NODE_KINDS.includes(kind);
  const asked = { priority: "rank", placement: "place", topology: "choose", preemption: "weigh" }[kind];
  const answers =
    fault.body?.includes("$right") || fault.body?.includes("i32.store") ? "(local.get $b)" : "(i32.const 0)";
  const text = `(module
    ${fault.memory ?? '(import "env" "memory" (memory 32 64))'}
    ${fault.imports ?? ""}
    (global (export "abi_major") i32 (i32.const ${major}))
    (global (export "abi_minor") i32 (i32.const ${newer}))
    (global (export "kind") i32 (i32.const ${number}))
    (func (export "setParameter") (param i32 f64))
    (func (export "allocate") (param i32) (result i32) ${fault.allocate ?? `(i32.const ${BLOCK})`})
    ${isOfNodes ? nodeExports(asked, body, answers, kind) : `(func (export "${asked}") (param $a i32) (local $b i32) ${body})`}
    ${RIGHT[isOfNodes ? "nodes" : "jobs"]}
    ${fault.more ?? ""}
  )`;
  const manifest = {
    ...{ name, version: "1.0.0", kind, abi: `${major}.${newer}`, doc: `Hostile: ${name}.` },
    ...{ columns: [], parameters: [] },
  };
  return withManifest(binaryOf(text), JSON.stringify(manifest));
}

const nodeExports = (asked: string, body: string, answers: string, kind: FaultKind): string => `
  (func (export "begin") (param i32))
  (func (export "${asked}") (param $a i32) (param $b i32) (result i32) ${body} ${answers})
  ${kind === "placement" ? '(func (export "score") (param i32))' : ""}`;

/** Feasible rows from the lowest on; of jobs the zeros that are there. */
const RIGHT = {
  jobs: "(func $right (param i32 i32))",
  nodes: `(func $right (param $count i32) (param $want i32) (local $row i32) (local $n i32)
    (loop $l
      (if (i32.and (i32.lt_s (local.get $n) (local.get $want))
                   (i32.load8_u (i32.add (i32.const ${OUTPUT}) (local.get $row))))
        (then
          (i32.store (i32.add (i32.const ${OUTPUT + CAPACITY}) (i32.shl (local.get $n) (i32.const 2))) (local.get $row))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))))
      (local.set $row (i32.add (local.get $row) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $row) (local.get $count)))))`,
};
