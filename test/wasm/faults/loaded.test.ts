/** Modules that are refused before any of their code runs. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PolicyKind } from "../../../core/model/policy.ts";
import { loadPolicyModule } from "../../../core/wasm/module.ts";
import { constants, RIGHT_MANIFEST, type WrongParts, wrongModule } from "./wrong-module.ts";

function refusalOf(
  source: Uint8Array | string,
  kind: PolicyKind = "placement",
): { code: string; message: string } {
  const loaded = loadPolicyModule(source, kind);
  return loaded.ok ? { code: "ACCEPTED", message: "" } : loaded.refusal;
}

const manifestWith = (change: object): WrongParts => ({
  manifest: JSON.stringify({ ...RIGHT_MANIFEST, ...change }),
});

describe("a module is refused when", () => {
  const cases: readonly [string, WrongParts, string, string][] = [
    ["it lacks an export", { score: "" }, "POLICY_MISSING_EXPORT", "score"],
    [
      "an export has another signature",
      { score: '(func (export "score") (param i64))' },
      "POLICY_MISSING_EXPORT",
      "score(i32)->()",
    ],
    ["it lacks a constant", { constants: "" }, "POLICY_MISSING_EXPORT", "abi_major"],
    [
      "a constant can change",
      { constants: `${constants(1, 0, 3).replace('"kind") i32', '"kind") (mut i32)')}` },
      "POLICY_MISSING_EXPORT",
      "kind",
    ],
    [
      "it imports a clock",
      { imports: '(import "env" "now" (func (result f64)))' },
      "POLICY_FORBIDDEN_IMPORT",
      "env.now",
    ],
    [
      "it imports from elsewhere",
      { imports: '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))' },
      "POLICY_FORBIDDEN_IMPORT",
      "wasi_snapshot_preview1.fd_write",
    ],
    [
      "it imports a known function as something else",
      { imports: '(import "env" "random" (func (result i64)))' },
      "POLICY_FORBIDDEN_IMPORT",
      "env.random",
    ],
    ["it has a memory of its own", { memory: "(memory 1 16)" }, "POLICY_MEMORY", "of its own"],
    [
      "its memory has no maximum",
      { memory: '(import "env" "memory" (memory 1))' },
      "POLICY_MEMORY",
      "no maximum",
    ],
    [
      "its memory's maximum is too high",
      { memory: '(import "env" "memory" (memory 1 257))' },
      "POLICY_MEMORY",
      "257 pages",
    ],
    ["its table is without bound", { more: "(table 1 funcref)" }, "POLICY_MEMORY", "tables"],
    ["it is built for a later major version", { constants: constants(2, 0, 3) }, "POLICY_ABI_VERSION", "2.0"],
    [
      "it is built for a later minor version",
      { constants: constants(1, 99, 3) },
      "POLICY_ABI_VERSION",
      "1.99",
    ],
    ["it is of another kind", { constants: constants(1, 0, 2) }, "POLICY_WRONG_KIND", "priority"],
    ["its kind is unknown", { constants: constants(1, 0, 77) }, "POLICY_WRONG_KIND", "number 77"],
    ["it has no manifest", { manifest: null }, "POLICY_MANIFEST", "rota.manifest"],
    ["its manifest is not JSON", { manifest: "{name" }, "POLICY_MANIFEST", "JSON"],
    ["its manifest is a list", { manifest: "[]" }, "POLICY_MANIFEST", "JSON object"],
    ["its manifest is too long", manifestWith({ doc: "x".repeat(70_000) }), "POLICY_MANIFEST", "bytes"],
    ["its manifest names another kind", manifestWith({ kind: "topology" }), "POLICY_MANIFEST", "topology"],
    ["its manifest names another ABI", manifestWith({ abi: "1.7" }), "POLICY_MANIFEST", "ABI"],
    [
      "its manifest names an unknown column",
      manifestWith({ columns: ["moon"] }),
      "POLICY_MANIFEST",
      "columns",
    ],
    ["its manifest has an unknown time", manifestWith({ time: "lunar" }), "POLICY_MANIFEST", "time"],
    ["it is static and ranks no jobs", manifestWith({ time: "static" }), "POLICY_MANIFEST", "time"],
    ["its manifest has no name", manifestWith({ name: "" }), "POLICY_MANIFEST", "name"],
    [
      "a parameter's default is out of its range",
      manifestWith({ parameters: [{ name: "a", type: "f32", default: 2, min: 0, max: 1, doc: "" }] }),
      "POLICY_MANIFEST",
      "parameter",
    ],
    [
      "it names a parameter twice",
      manifestWith({ parameters: [RIGHT_MANIFEST.parameters[0], RIGHT_MANIFEST.parameters[0]] }),
      "POLICY_MANIFEST",
      "twice",
    ],
  ];
  test.each(cases)("%s", (_name, parts, code, word) => {
    const refusal = refusalOf(wrongModule(parts));
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(word);
  });

  test("it is not WebAssembly", () => {
    expect(refusalOf(new TextEncoder().encode("#!/bin/sh\n")).code).toBe("POLICY_NOT_WASM");
    expect(refusalOf(new Uint8Array()).code).toBe("POLICY_NOT_WASM");
    expect(refusalOf(wrongModule({}).subarray(0, 60)).code).toBe("POLICY_NOT_WASM");
  });

  test("it cannot be read", () => {
    expect(refusalOf("/nowhere/at/all.wasm").code).toBe("POLICY_UNREADABLE");
    expect(refusalOf(new Uint8Array(5_000_000)).code).toBe("POLICY_UNREADABLE");
  });
});

test("the module that all of these are made from is accepted, from bytes and from a file", () => {
  expect(refusalOf(wrongModule({})).code).toBe("ACCEPTED");
  const folder = mkdtempSync(join(tmpdir(), "rota-wasm-"));
  try {
    writeFileSync(join(folder, "right.wasm"), wrongModule({}));
    expect(refusalOf(join(folder, "right.wasm")).code).toBe("ACCEPTED");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
