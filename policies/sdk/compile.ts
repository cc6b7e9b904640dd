/**
 * Turns an author's file into a policy module: declaration, entry lines, the AssemblyScript compiler, the manifest as a
 * custom section. Runs at build time and in tests. A module whose inputs have not changed is not compiled again.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ABI } from "./abi.schema.ts";
import { compile } from "./compiler.ts";
import { columnsRead, type Declaration, readDeclaration, wordOfTime } from "./declaration.ts";
import { entryText } from "./entry.ts";

const HERE = fileURLToPath(import.meta.url);
/** This folder, or the copy of it that lies beside a bundled program, or the package that the program is in. */
const SDK = HERE.endsWith(".ts") ? dirname(HERE) : besideProgram(dirname(HERE));
const LIBRARY = join(SDK, "assembly");
const COMPILER = createRequire(HERE).resolve("assemblyscript/package.json");
/** What the compiler is told that the SDK's library directory is called; files of it are imported as `rota/NAME`. */
const LIBRARY_NAME = "rota-sdk";
const MANIFEST_SECTION = "rota.manifest";
/** 16 MiB: what a module may grow its memory to. */
const MAX_MEMORY_PAGES = 256;

export interface BuiltModule {
  readonly path: string;
  /** False when nothing had changed since it was built. */
  readonly compiled: boolean;
  /** What the compiler warned of, mostly empty. */
  readonly warnings: string;
}

export type Built =
  | { readonly ok: true; readonly value: BuiltModule }
  | { readonly ok: false; readonly message: string };

/**
 * Compiles the policy in `source` to `out`. The message of a failed build is what the author must read: the compiler's
 * own lines, or what is wrong with the declaration.
 */
export async function buildModule(source: string, out: string): Promise<Built> {
  const text = readFileSync(source, "utf8");
  const key = inputsKey(source);
  if (isFresh(out, key)) return { ok: true, value: { path: out, compiled: false, warnings: "" } };
  const declared = readDeclaration(source, text);
  if (!declared.ok) return declared;
  const compiled = await compileText(source, text + entryText(declared.value));
  if (!compiled.ok) return compiled;
  const name = basename(source, ".ts");
  const word = declared.value.time === "static" ? wordOfTime(compiled.value.texts) : undefined;
  if (word !== undefined) return { ok: false, message: `${source}: a static policy must not use ${word}` };
  const columns = columnsRead(declared.value, compiled.value.texts);
  writeWhole(out, withManifest(compiled.value.binary, manifestText(name, declared.value, columns)), key);
  return { ok: true, value: { path: out, compiled: true, warnings: compiled.value.warnings } };
}

/** Compiles AssemblyScript as it stands, without declaration or manifest: for modules that tests make wrong. */
export async function buildRaw(source: string, out: string, manifest?: string): Promise<Built> {
  const key = `${inputsKey(source)}-${manifest ?? ""}`;
  if (isFresh(out, key)) return { ok: true, value: { path: out, compiled: false, warnings: "" } };
  const compiled = await compileText(source, readFileSync(source, "utf8"));
  if (!compiled.ok) return compiled;
  const { binary } = compiled.value;
  writeWhole(out, manifest === undefined ? binary : withManifest(binary, manifest), key);
  return { ok: true, value: { path: out, compiled: true, warnings: compiled.value.warnings } };
}

/** The binary with the manifest behind it, as a custom section. */
export function withManifest(binary: Uint8Array, manifest: string): Uint8Array {
  const name = Buffer.from(MANIFEST_SECTION);
  const content = Buffer.concat([Buffer.from(leb128(name.length)), name, Buffer.from(manifest)]);
  return Buffer.concat([binary, Buffer.from([0]), Buffer.from(leb128(content.length)), content]);
}

function manifestText(name: string, declaration: Declaration, columns: readonly string[]): string {
  const { kind, version, doc, parameters } = declaration;
  const abi = `${ABI.major}.${ABI.minor}`;
  const time = kind === "priority" ? { time: declaration.time ?? "dynamic" } : {};
  const singles = declaration.singles === true ? { singles: true } : {};
  return JSON.stringify({ name, version, kind, abi, doc, ...time, ...singles, columns, parameters });
}

interface CompiledText {
  readonly binary: Uint8Array;
  readonly warnings: string;
  /** The author's files, the first with the entry lines behind it. */
  readonly texts: readonly string[];
}

type Compiled =
  | { readonly ok: true; readonly value: CompiledText }
  | { readonly ok: false; readonly message: string };

async function compileText(source: string, text: string): Promise<Compiled> {
  const directory = dirname(source);
  const entry = basename(source);
  const texts = [text];
  let binary: Uint8Array | undefined;
  const result = await compile(compilerArguments(entry), {
    readFile: (filename, base) => readSource(filename, base, directory, entry, texts),
    writeFile: (_filename, contents) => {
      binary = typeof contents === "string" ? Buffer.from(contents) : contents;
    },
    listFiles: () => [],
  });
  const said = result.stderr.toString().trim();
  if (result.error === null && binary !== undefined)
    return { ok: true, value: { binary, warnings: said, texts } };
  return { ok: false, message: said || String(result.error) };
}

function besideProgram(folder: string): string {
  const copy = join(folder, "sdk");
  return existsSync(copy) ? copy : dirname(folder);
}

function compilerArguments(entry: string): string[] {
  const options = {
    outFile: "module.wasm",
    lib: LIBRARY_NAME,
    optimizeLevel: 3,
    shrinkLevel: 0,
    runtime: "stub",
    enable: "simd",
    importMemory: true,
    maximumMemory: MAX_MEMORY_PAGES,
  };
  return [
    entry,
    ...Object.entries(options).flatMap(([name, value]) =>
      value === true ? [`--${name}`] : [`--${name}`, `${value}`],
    ),
  ];
}

/** The SDK's files by the library's name, the entry from memory, the author's other files from its folder. */
function readSource(
  filename: string,
  base: string,
  directory: string,
  entry: string,
  texts: string[],
): string | null {
  if (base === LIBRARY_NAME) {
    return filename.startsWith("rota/") ? readText(join(LIBRARY, filename.slice("rota/".length))) : null;
  }
  if (filename === entry) return texts[0] ?? null;
  const read = filename.endsWith(".ts") ? readText(join(directory, filename)) : null;
  if (read !== null) texts.push(read);
  return read;
}

function readText(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** A hash of all that goes into the module: its folder, the SDK, the build's own code and the compiler's version. */
function inputsKey(source: string): string {
  const hash = createHash("sha256");
  for (const path of [source, ...filesBelow(dirname(source)), ...filesBelow(SDK), COMPILER]) {
    hash.update(path).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

function filesBelow(directory: string): readonly string[] {
  return (
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && file.name.endsWith(".ts"))
      // The package may have libraries of its own below it.
      .filter((file) => !relative(directory, file.parentPath).includes("node_modules"))
      .map((file) => join(file.parentPath, file.name))
      .sort()
  );
}

function isFresh(out: string, key: string): boolean {
  return existsSync(out) && existsSync(`${out}.key`) && readFileSync(`${out}.key`, "utf8") === key;
}

/** Each file appears whole, so that builds that run at once do not read each other's halves. */
function writeWhole(out: string, binary: Uint8Array, key: string): void {
  mkdirSync(dirname(out), { recursive: true });
  for (const [path, content] of [
    [out, binary],
    [`${out}.key`, key],
  ] as const) {
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, content);
    renameSync(draft, path);
  }
}

function leb128(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    if (rest === 0) return [...bytes, low];
    bytes.push(low + 128);
  }
}
