/** Policy modules that can be named: those that come with Rota, and files. Reads and checks them; runs none. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { builtModulePath } from "../../../controller/built-file.ts";
import { SERVED_KINDS, type ServedKind } from "../../../model/policy-views.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import type { Manifest } from "../../../wasm/manifest.ts";
import { loadPolicyModule } from "../../../wasm/module.ts";
import { readSignatures } from "../../../wasm/signature.ts";
import { policyFolder } from "./folder.ts";

export interface FoundModule {
  readonly kind: ServedKind;
  readonly name: string;
  readonly version: string;
  readonly abi: string;
  readonly doc: string;
  /** Of a priority module: whether its scores change with time. */
  readonly time?: string;
  readonly columns: readonly string[];
  readonly parameters: Manifest["parameters"];
  readonly sha256: string;
  /** Keys that have signed it. */
  readonly signedBy: readonly string[];
  readonly bytes: number;
  readonly path: string;
  readonly isBuiltIn: boolean;
}

/** Those that come with Rota, by kind and name. */
export function builtInModules(): readonly FoundModule[] {
  return SERVED_KINDS.flatMap((kind) => {
    const room = dirname(builtModulePath(kind, "any"));
    const files = existsSync(room) ? readdirSync(room).filter((file) => file.endsWith(".wasm")) : [];
    return files.sort().flatMap((file) => {
      const read = readModule(join(room, file), kind);
      return read.ok ? [{ ...read.value, isBuiltIn: true }] : [];
    });
  });
}

/** `pack`, `placement/pack`, `build/mine.wasm` or the folder of a policy that was built. */
export function findModule(cwd: string, word: string): Result<FoundModule> {
  const [first, second] = word.split("/");
  const named = builtInModules().filter(
    ({ kind, name }) => word === name || (kind === first && name === second && word === `${kind}/${name}`),
  );
  const [only, another] = named;
  if (another !== undefined)
    return refuse(
      "POLICY_UNREADABLE",
      `several are called ${word}; write ${named.map(pathName).join(" or ")}`,
    );
  if (only !== undefined) return ok(only);
  const path = resolve(cwd, word);
  if (existsSync(path) && statSync(path).isDirectory()) return inFolder(cwd, word);
  if (!existsSync(path) && !word.endsWith(".wasm"))
    return refuse("POLICY_UNREADABLE", `${word} is neither a policy that comes with Rota nor a file`);
  return readModule(path);
}

const pathName = ({ kind, name }: FoundModule): string => `${kind}/${name}`;

function inFolder(cwd: string, word: string): Result<FoundModule> {
  const folder = policyFolder(cwd, word);
  if (!folder.ok) return folder;
  if (existsSync(folder.value.out)) return readModule(folder.value.out);
  return refuse("POLICY_UNREADABLE", `${word} has not been built; run rota policy build ${word}`);
}

/** The module of a file; its kind is its own unless one is wanted. */
function readModule(path: string, wanted?: ServedKind): Result<FoundModule> {
  let refused: Result<FoundModule> = refuse("POLICY_UNREADABLE", `cannot read ${path}`);
  for (const kind of wanted === undefined ? SERVED_KINDS : [wanted]) {
    const loaded = loadPolicyModule(path, kind);
    if (loaded.ok) {
      const binary = readFileSync(path);
      const signed = readSignatures(binary);
      if (!signed.ok)
        return { ok: false, refusal: { ...signed.refusal, message: `${path}: ${signed.refusal.message}` } };
      const { name, version, abi, doc, time, columns, parameters } = loaded.value.manifest;
      return ok({
        ...{ kind, name, version, abi, doc, columns, parameters, path, isBuiltIn: false },
        ...(kind === "priority" ? { time } : {}),
        sha256: createHash("sha256").update(binary).digest("hex"),
        signedBy: signed.value.keys,
        bytes: binary.length,
      });
    }
    refused = { ok: false, refusal: { ...loaded.refusal, message: `${path}: ${loaded.refusal.message}` } };
    if (loaded.refusal.code !== "POLICY_WRONG_KIND") break;
  }
  return refused;
}
