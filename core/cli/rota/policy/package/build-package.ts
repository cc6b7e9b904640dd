/**
 * Builds the program of the package @rota/policy-sdk into policies/sdk/program, all of it in one file but for the compiler.
 * Run by `npm pack` in that folder; never at run time.
 */
import { chmodSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { writeGenerated } from "../../../../../policies/sdk/codegen.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "..", "..", "..", "..", "..", "policies", "sdk", "program");

writeGenerated();
rmSync(OUT, { recursive: true, force: true });
await build({
  entryPoints: { "rota-policy": join(HERE, "program.ts") },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // The compiler brings binaryen with it; both are installed beside the package.
  external: ["assemblyscript", "binaryen"],
  // CommonJS libraries in the bundle ask for Node's own modules by `require`.
  banner: {
    js: '#!/usr/bin/env node\nimport { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
  outdir: OUT,
  outExtension: { ".js": ".mjs" },
  logLevel: "warning",
});
chmodSync(join(OUT, "rota-policy.mjs"), 0o755);
