/**
 * Builds every policy module that comes with Rota into dist/policies/KIND/NAME.wasm, after bringing the generated code
 * of the ABI up to date. `npx tsx policies/build.ts`; a second run with nothing changed compiles nothing.
 */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeGenerated } from "./sdk/codegen.ts";
import { type BuiltModule, buildModule } from "./sdk/compile.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const DIST = join(ROOT, "dist", "policies");
/** Kind → the folder with a folder for each module. */
const ROOMS: Readonly<Record<string, string>> = {
  priority: "policies/priority",
  placement: "policies/placement",
  topology: "plugins/topology",
  preemption: "policies/preemption",
  admission: "policies/admission",
};

export interface PolicyBuild {
  readonly kind: string;
  readonly name: string;
  readonly module: BuiltModule;
}

/** Builds all of them, throwing the compiler's message at the first that fails. */
export async function buildPolicies(): Promise<readonly PolicyBuild[]> {
  writeGenerated();
  const builds: PolicyBuild[] = [];
  for (const { kind, name, source } of sources()) {
    const built = await buildModule(source, join(DIST, kind, `${name}.wasm`));
    if (!built.ok) throw new Error(`policy ${kind}/${name}: ${built.message}`);
    builds.push({ kind, name, module: built.value });
  }
  return builds;
}

/** Where the module is after a build. */
export const builtPolicyPath = (kind: string, name: string): string => join(DIST, kind, `${name}.wasm`);

function sources(): readonly { kind: string; name: string; source: string }[] {
  return Object.entries(ROOMS).flatMap(([kind, room]) =>
    readdirSync(join(ROOT, room), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({ kind, name, source: join(ROOT, room, name, "assembly", `${name}.ts`) }))
      .filter(({ source }) => existsSync(source)),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { kind, name, module } of await buildPolicies()) {
    if (module.warnings !== "") console.log(module.warnings);
    console.log(`${module.compiled ? "built" : "fresh"} ${kind}/${name}`);
  }
}
