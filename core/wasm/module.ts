/**
 * Loads a policy module: reads it, compiles it and checks everything that can be checked without running it. Runs when
 * a configuration is loaded and in every pass worker. Never instantiates a module, so none of its code runs here.
 */
import { readFileSync, statSync } from "node:fs";
import type { PolicyKind } from "../model/policy.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { type BinaryOutline, readOutline } from "./binary.ts";
import {
  ABI_MAJOR,
  ABI_MINOR,
  CONSTANTS,
  EXPORTS,
  IMPORTS,
  KIND_IDS,
  SHARING_EXPORTS,
} from "./generated/abi.ts";
import { MANIFEST_SECTION, type Manifest, readManifest } from "./manifest.ts";

/** 4 MiB; the built-in modules have a few KiB. */
export const MAX_MODULE_BYTES = 4_194_304;
/** 16 MiB in pages of 64 KiB: what a module may declare as its memory's maximum. */
export const MAX_MEMORY_PAGES = 256;
const MAX_TABLE_ENTRIES = 65_536;
/** What is compiled and given fuel is bounded beside the whole, which may be data. */
const MAX_CODE_BYTES = 1_048_576;
const MAX_FUNCTIONS = 8_192;
/** Of data and of tables together. */
const MAX_SEGMENTS = 1_024;

/** A module that has passed every check that needs no run. */
export interface PolicyModule {
  readonly kind: PolicyKind;
  readonly abiMinor: number;
  readonly manifest: Manifest;
  readonly wasm: WebAssembly.Module;
  /** Of a placement module: whether it chooses parts of devices. */
  readonly isSharing: boolean;
  /** Whether it can draw random numbers. */
  readonly isDrawn: boolean;
  readonly minPages: number;
  readonly maxPages: number;
}

/** Refuses with the POLICY_* code of the first check that fails; the message names what is wrong. */
export function loadPolicyModule(
  source: Uint8Array | string,
  expectedKind: PolicyKind,
): Result<PolicyModule> {
  const bytes = typeof source === "string" ? readModule(source) : source;
  if (bytes === undefined) return refuse("POLICY_UNREADABLE", `cannot read ${String(source)}`);
  if (bytes.length > MAX_MODULE_BYTES) {
    return refuse("POLICY_UNREADABLE", `the module has ${bytes.length} bytes, more than ${MAX_MODULE_BYTES}`);
  }
  const wasm = compile(bytes);
  const outline = wasm === undefined ? undefined : readOutline(bytes);
  if (wasm === undefined || outline === undefined) {
    return refuse("POLICY_NOT_WASM", "the module is not WebAssembly of a kind that this host runs");
  }
  const wrong =
    checkImports(outline) ??
    checkMemory(outline) ??
    checkSize(outline) ??
    checkVersion(outline) ??
    checkKind(outline, expectedKind);
  if (wrong !== undefined) return wrong;
  const missing = checkExports(outline, expectedKind);
  if (missing !== undefined) return missing;
  const [section, second] = WebAssembly.Module.customSections(wasm, MANIFEST_SECTION);
  if (section === undefined || second !== undefined) {
    return refuse("POLICY_MANIFEST", `the module needs one section ${MANIFEST_SECTION}`);
  }
  const abiMinor = outline.constants.get("abi_minor") ?? 0;
  const manifest = readManifest(section, expectedKind, abiMinor);
  if (!manifest.ok) return manifest;
  return ok({
    kind: expectedKind,
    abiMinor,
    manifest: manifest.value,
    wasm,
    isSharing: expectedKind === "placement" && outline.functions.has("scoreSharing"),
    isDrawn: outline.imports.some(({ name }) => name === "random"),
    minPages: outline.importedMemory?.minPages ?? 0,
    maxPages: outline.importedMemory?.maxPages ?? 0,
  });
}

type Refused = ReturnType<typeof refuse>;

/** The bytes of a file that is not too large to be a module; undefined where there is none. */
export function readModule(path: string): Uint8Array | undefined {
  try {
    if (statSync(path).size > MAX_MODULE_BYTES) return undefined;
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function compile(bytes: Uint8Array): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    return undefined;
  }
}

function checkImports({ imports }: BinaryOutline): Refused | undefined {
  for (const { module, name, type } of imports) {
    const isMemory = module === "env" && name === "memory" && type === "memory";
    const isFunction = module === "env" && Object.hasOwn(IMPORTS, name) && IMPORTS[name] === type;
    if (isMemory || isFunction) continue;
    return refuse(
      "POLICY_FORBIDDEN_IMPORT",
      `the module imports ${module}.${name} (${type}), which the ABI does not have`,
      {
        import: `${module}.${name}`,
      },
    );
  }
  return undefined;
}

function checkMemory({ importedMemory, definesMemory, tableEntries }: BinaryOutline): Refused | undefined {
  if (importedMemory === undefined || definesMemory) {
    return refuse("POLICY_MEMORY", "the module has a memory of its own instead of importing env.memory");
  }
  const { maxPages } = importedMemory;
  if (maxPages === undefined || maxPages > MAX_MEMORY_PAGES) {
    const declared = maxPages === undefined ? "no maximum" : `a maximum of ${maxPages} pages`;
    return refuse(
      "POLICY_MEMORY",
      `the module declares ${declared}; it may have at most ${MAX_MEMORY_PAGES} pages`,
    );
  }
  if (tableEntries > MAX_TABLE_ENTRIES) {
    return refuse("POLICY_MEMORY", `the module's tables are not bounded by ${MAX_TABLE_ENTRIES} entries`);
  }
  return undefined;
}

function checkSize({ functionCount, segmentCount, codeBytes }: BinaryOutline): Refused | undefined {
  const sizes = [
    [codeBytes, MAX_CODE_BYTES, "bytes of code"],
    [functionCount, MAX_FUNCTIONS, "functions"],
    [segmentCount, MAX_SEGMENTS, "segments of data and tables"],
  ] as const;
  const over = sizes.find(([size, most]) => size > most);
  if (over === undefined) return undefined;
  const [size, most, what] = over;
  return refuse("POLICY_TOO_LARGE", `the module has ${size} ${what}; it may have at most ${most}`);
}

function checkVersion({ constants }: BinaryOutline): Refused | undefined {
  for (const name of CONSTANTS) {
    if (!constants.has(name)) {
      return refuse("POLICY_MISSING_EXPORT", `the module does not export the constant ${name}`, {
        export: name,
      });
    }
  }
  const major = constants.get("abi_major") ?? 0;
  const minor = constants.get("abi_minor") ?? 0;
  if (major === ABI_MAJOR && minor >= 0 && minor <= ABI_MINOR) return undefined;
  return refuse(
    "POLICY_ABI_VERSION",
    `the module is built for ABI ${major}.${minor}; this host serves ${ABI_MAJOR}.0 to ${ABI_MAJOR}.${ABI_MINOR}`,
    { major, minor },
  );
}

function checkKind({ constants }: BinaryOutline, expected: PolicyKind): Refused | undefined {
  if (!Object.hasOwn(EXPORTS, expected)) {
    return refuse("POLICY_WRONG_KIND", `ABI ${ABI_MAJOR}.${ABI_MINOR} has no modules of kind ${expected}`);
  }
  const given = constants.get("kind");
  if (given === KIND_IDS[expected]) return undefined;
  const name = Object.keys(KIND_IDS).find((kind) => KIND_IDS[kind] === given) ?? `number ${given}`;
  return refuse("POLICY_WRONG_KIND", `the module is of kind ${name}, not ${expected}`);
}

function checkExports({ functions }: BinaryOutline, kind: PolicyKind): Refused | undefined {
  const isSharing = kind === "placement" && Object.keys(SHARING_EXPORTS).some((name) => functions.has(name));
  const asked = { ...EXPORTS["all"], ...EXPORTS[kind], ...(isSharing ? SHARING_EXPORTS : {}) };
  for (const [name, signature] of Object.entries(asked)) {
    if (functions.get(name) === signature) continue;
    const given = functions.has(name)
      ? `exports ${name} as ${functions.get(name)}`
      : `does not export ${name}`;
    return refuse("POLICY_MISSING_EXPORT", `the module ${given}; the ABI asks for ${name}${signature}`, {
      export: name,
    });
  }
  return undefined;
}
