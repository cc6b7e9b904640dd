/** Bundles the page's script into one file; run by the build and by tests, never at run time. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** Where the build puts it, seen from the folder of the built programs. */
export const PAGE_FILE = "report/page.js";

export async function buildReportPage(dist = join(here, "..", "..", "..", "dist")): Promise<void> {
  await build({
    entryPoints: [join(here, "page", "main.ts")],
    outfile: join(dist, PAGE_FILE),
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    // Letters beyond ASCII are escaped, so that the page's encoding does not matter to the script.
    charset: "ascii",
    legalComments: "none",
    logLevel: "warning",
  });
}
