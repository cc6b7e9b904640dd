/**
 * Where Rota's own programs are: beside the bundled command file in `dist/`, or as TypeScript in a working copy. Asked
 * when a command starts another program; it starts none.
 */
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Programs that are loaded by the `rota` command of the same name, with their sources. */
const SOURCES = {
  controller: "core/controller/main.ts",
  agent: "agents/node/main.ts",
  simulate: "core/simulate/main.ts",
  whatif: "core/simulate/whatif/main.ts",
  policy: "core/cli/rota/policy/main.ts",
  device: "core/cli/rota/device/main.ts",
} as const;
/** The file of all commands in `dist/`. */
const COMMAND_FILE = "rota.cjs";
const COMMAND_SOURCE = "core/cli/main.ts";

/** Program and first arguments of `rota`: what follows is its command line. */
export function rotaCommand(): readonly string[] {
  const root = sourceRoot();
  if (root === undefined) return [process.execPath, join(dirname(here()), COMMAND_FILE)];
  return [process.execPath, "--import", tsxLoader(), join(root, COMMAND_SOURCE)];
}

/** What to give to `import()` for a program. */
export function programUrl(program: keyof typeof SOURCES): string {
  const root = sourceRoot();
  const file = root === undefined ? join(dirname(here()), `${program}.mjs`) : join(root, SOURCES[program]);
  return pathToFileURL(file).href;
}

/** The folder in which the commands lie under Slurm's names, or undefined where nothing was built. */
export function commandFolder(): string | undefined {
  const root = sourceRoot();
  const folder = root === undefined ? join(dirname(here()), "bin") : join(root, "dist", "bin");
  return existsSync(join(folder, "sbatch")) ? folder : undefined;
}

/** The working copy, when this runs from its sources. */
function sourceRoot(): string | undefined {
  const file = here();
  return file.endsWith(".ts") ? join(dirname(file), "..", "..", "..") : undefined;
}

/** This file, or the bundle in `dist/` that it is part of; a CommonJS bundle has no import.meta.url. */
function here(): string {
  return realpathSync(import.meta.url === undefined ? __filename : fileURLToPath(import.meta.url));
}

/** An absolute URL, since `--import tsx` would be looked up from the current directory. */
const tsxLoader = (): string => pathToFileURL(createRequire(pathToFileURL(here())).resolve("tsx")).href;
