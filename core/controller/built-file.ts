/** Where the build put a file: beside a bundled program, or in `dist/` of the working copy when run from sources. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(import.meta.url);
const dist = here.endsWith(".ts") ? join(dirname(here), "..", "..", "dist") : dirname(here);

/** A built-in policy module. */
export const builtModulePath = (kind: string, name: string): string =>
  join(dist, "policies", kind, `${name}.wasm`);

/** The planner's kernel. */
export const kernelPath = (): string => join(dist, "kernel", "planes.wasm");
