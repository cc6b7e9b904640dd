/**
 * Placement modules that are wrong in one way each, put together from WebAssembly text. The parts that a test does not
 * replace are right: the module without any change is accepted and places nothing.
 */
import { withManifest } from "../../../policies/sdk/compile.ts";

const BINARYEN: string = "assemblyscript/binaryen";
interface Binaryen {
  readonly Features: { readonly All: number };
  readonly parseText: (text: string) => {
    setFeatures(features: number): void;
    emitBinary(): Uint8Array;
    dispose(): void;
  };
}
const { default: binaryen } = (await import(BINARYEN)) as { readonly default: Binaryen };

/** Where the block lies, and in it the rows that `place` gives: behind the head and a mask of 64 bytes. */
export const BLOCK = 1024;
export const OUT = BLOCK + 128 + 64;
/** The scores, behind 64 rows. */
export const SCORES = OUT + 64 * 4;

export interface WrongParts {
  readonly imports?: string;
  readonly memory?: string;
  readonly constants?: string;
  readonly allocate?: string;
  readonly begin?: string;
  readonly place?: string;
  readonly score?: string;
  readonly setParameter?: string;
  readonly more?: string;
  /** undefined for a right one, null for none. */
  readonly manifest?: string | null;
}

export const RIGHT_MANIFEST = {
  name: "wrong",
  version: "1.0.0",
  kind: "placement",
  abi: "1.0",
  doc: "A module that is wrong in one way.",
  columns: ["freeCpus"],
  parameters: [{ name: "bias", type: "f32", default: 0, min: -1, max: 1, doc: "Nothing." }],
};

export const constants = (major: number, minor: number, kind: number): string => `
  (global (export "abi_major") i32 (i32.const ${major}))
  (global (export "abi_minor") i32 (i32.const ${minor}))
  (global (export "kind") i32 (i32.const ${kind}))`;

export function wrongModule(parts: WrongParts): Uint8Array {
  const text = `(module
  ${parts.memory ?? '(import "env" "memory" (memory 1 16))'}
  ${parts.imports ?? ""}
  ${parts.constants ?? constants(1, 0, 3)}
  ${parts.setParameter ?? '(func (export "setParameter") (param i32 f64))'}
  ${parts.allocate ?? `(func (export "allocate") (param i32) (result i32) (i32.const ${BLOCK}))`}
  ${parts.begin ?? '(func (export "begin") (param i32))'}
  ${parts.place ?? '(func (export "place") (param i32 i32) (result i32) (i32.const 0))'}
  ${parts.score ?? '(func (export "score") (param i32))'}
  ${parts.more ?? ""}
)`;
  const binary = binaryOf(text);
  const manifest = parts.manifest === undefined ? JSON.stringify(RIGHT_MANIFEST) : parts.manifest;
  return manifest === null ? binary : withManifest(binary, manifest);
}

export function binaryOf(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  const binary = module.emitBinary();
  module.dispose();
  return binary;
}

/** A `place` whose body is WebAssembly text that leaves one i32. */
export const placeBody = (body: string): string =>
  `(func (export "place") (param i32 i32) (result i32) ${body})`;

/** A `place` that writes the rows and says so. */
export function placeRows(rows: readonly number[]): string {
  const stores = rows.map((row, i) => `(i32.store (i32.const ${OUT + 4 * i}) (i32.const ${row}))`).join(" ");
  return placeBody(`${stores} (i32.const ${rows.length})`);
}
