/** Modules that the tests build. A second build finds nothing to do. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PolicyKind } from "../../core/model/policy.ts";
import { loadPolicyModule, type PolicyModule } from "../../core/wasm/module.ts";
import { ABI } from "../../policies/sdk/abi.schema.ts";
import { buildModule, buildRaw } from "../../policies/sdk/compile.ts";
import { unwrap } from "./nodes.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "..", "..", "dist", "test");

export const root = (...path: string[]): string => join(HERE, "..", "..", ...path);

/** Builds one of the repository's policies (`policies/placement/pack`) and loads it. */
export async function builtIn(folder: string, kind: PolicyKind): Promise<PolicyModule> {
  const name = folder.split("/").at(-1) ?? "";
  const out = join(DIST, `${kind}-${name}.wasm`);
  const built = await buildModule(root(folder, "assembly", `${name}.ts`), out);
  if (!built.ok) throw new Error(built.message);
  return unwrap(loadPolicyModule(out, kind));
}

/** Builds a guest of test/wasm/guest as an author's module. */
export async function guestModule(name: string, kind: PolicyKind): Promise<PolicyModule> {
  const out = join(DIST, `${name}.wasm`);
  const built = await buildModule(join(HERE, "guest", "assembly", `${name}.ts`), out);
  if (!built.ok) throw new Error(built.message);
  return unwrap(loadPolicyModule(out, kind));
}

/** Builds a guest of test/wasm/guest as it stands, with a manifest that names all columns. */
export async function rawGuest(
  name: string,
  kind: PolicyKind,
  columns: readonly string[],
): Promise<PolicyModule> {
  const out = join(DIST, `${name}.wasm`);
  const manifest = JSON.stringify({
    name,
    version: "1.0.0",
    kind,
    abi: `${ABI.major}.${ABI.minor}`,
    doc: "",
    columns,
    parameters: [],
  });
  const built = await buildRaw(join(HERE, "guest", "assembly", `${name}.ts`), out, manifest);
  if (!built.ok) throw new Error(built.message);
  return unwrap(loadPolicyModule(out, kind));
}
