/**
 * Where the file of a worker thread is: beside its caller, as TypeScript in a working copy and as `<name>.mjs` in
 * `dist/`, where the bundler puts workers side by side. Runs when a worker is about to be started; it starts none.
 */
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface WorkerFile {
  /** Absolute path, for `new Worker` and for Piscina alike. */
  readonly filename: string;
  /** What the thread needs to load it: tsx for TypeScript, nothing for a bundle. */
  readonly execArgv: readonly string[];
}

/**
 * File of the worker `name` for the module at `importMetaUrl`; give `import.meta.url`, which a CommonJS bundle turns
 * into undefined. A name is unique in the whole project, since a bundle has all workers in one folder. Throws when
 * `name` has a folder in it.
 */
export const workerFile = (importMetaUrl: string | undefined, name: string): WorkerFile => {
  if (name === "" || basename(name) !== name) throw new Error(`a worker's name has no folder, got "${name}"`);
  const url = importMetaUrl ?? pathToFileURL(__filename).href;
  const caller = fileURLToPath(url);
  return caller.endsWith(".ts")
    ? { filename: join(dirname(caller), `${name}.ts`), execArgv: ["--import", tsxLoader(url)] }
    : { filename: join(dirname(caller), `${name}.mjs`), execArgv: [] };
};

/**
 * A module that registers tsx, by absolute URL so that it is found from any current directory. `--import tsx` does
 * not serve: on Node 20 it registers in the main thread only, and a worker would not know what `.ts` is.
 */
const tsxLoader = (url: string): string => {
  // Its CommonJS twin, which is what can be resolved here, looks for its hooks in the wrong place.
  const api = createRequire(url)
    .resolve("tsx/esm/api")
    .replace(/\.cjs$/, ".mjs");
  const source = `import { register } from ${JSON.stringify(pathToFileURL(api).href)}; register();`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
};
