/**
 * Builds everything into dist/: the policy modules and the planner's kernel (AssemblyScript to WASM), then the
 * programs (esbuild): one file for all the commands, one each for the controller, the agent and their workers, which
 * are loaded only when they are started. Run by `npm run build`; never at run time.
 */
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { buildPolicies } from "../policies/build.ts";
import { buildKernel } from "./place/build-kernel.ts";
import { buildReportPage } from "./simulate/report/build-page.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** Names under which the one command file is found; the first is the modern one, the rest are Slurm's. */
export const COMMAND_NAMES = [
  "rota",
  "sbatch",
  "squeue",
  "sinfo",
  "scancel",
  "scontrol",
  "sprio",
  "sshare",
  "sacctmgr",
  "srun",
  "salloc",
] as const;

async function bundlePrograms(): Promise<void> {
  const common = {
    bundle: true,
    platform: "node",
    target: "node20",
    logLevel: "warning",
    absWorkingDir: root,
  } as const;
  // CommonJS, since it starts quicker than ESM; libraries are bundled, so that a command opens one file. The modern
  // commands bring a parser and tables with them: in a file of their own they cost Slurm's names nothing.
  const command = {
    ...common,
    format: "cjs",
    minify: true,
    outdir: dist,
    outExtension: { ".js": ".cjs" },
    logOverride: { "empty-import-meta": "silent" },
  } as const;
  await build({
    ...command,
    entryPoints: { rota: "core/cli/main.ts" },
    plugins: [modernCommandsApart],
    banner: { js: "#!/usr/bin/env node" },
  });
  await build({ ...command, entryPoints: { modern: "core/cli/rota/index.ts" } });
  await build({
    ...common,
    entryPoints: {
      controller: "core/controller/main.ts",
      agent: "agents/node/main.ts",
      simulate: "core/simulate/main.ts",
      whatif: "core/simulate/whatif/main.ts",
      policy: "core/cli/rota/policy/main.ts",
      "admission-worker": "core/controller/admission-worker.ts",
      device: "core/cli/rota/device/main.ts",
      "pass-worker": "core/controller/pass-worker.ts",
      "fuel-worker": "core/controller/fuel-worker.ts",
      "shadow-worker": "core/controller/shadow-worker.ts",
      "snapshot-worker": "core/controller/snapshot-worker.ts",
      "sqlite-worker": "plugins/stores/sqlite/sqlite-worker.ts",
      "step-host": "agents/node/step-host/step-host.ts",
    },
    format: "esm",
    packages: "external",
    sourcemap: "linked",
    outdir: dist,
    outExtension: { ".js": ".mjs" },
  });
}

const modernCommandsApart: Plugin = {
  name: "modern-commands-apart",
  setup(build) {
    build.onResolve({ filter: /^\.\/rota\/index\.ts$/ }, () => ({ path: "./modern.cjs", external: true }));
  },
};

function linkCommands(): void {
  const bin = join(dist, "bin");
  rmSync(bin, { recursive: true, force: true });
  mkdirSync(bin, { recursive: true });
  chmodSync(join(dist, "rota.cjs"), 0o755);
  for (const name of COMMAND_NAMES) symlinkSync("../rota.cjs", join(bin, name));
}

/** What `rota policy build` compiles against lies beside the programs. */
function copySdk(): void {
  rmSync(join(dist, "sdk"), { recursive: true, force: true });
  const program = join(root, "policies", "sdk", "program");
  cpSync(join(root, "policies", "sdk"), join(dist, "sdk"), {
    recursive: true,
    filter: (path) => path !== program && !path.endsWith(".tgz"),
  });
}

await buildPolicies();
copySdk();
await buildKernel();
await bundlePrograms();
await buildReportPage(dist);
linkCommands();
