/** The page's script as the build left it: beside a bundled program, or in `dist/` of the working copy. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Throws when nothing was built. */
export function pageCode(): string {
  const here = import.meta.url === undefined ? __filename : fileURLToPath(import.meta.url);
  const dist = here.endsWith(".ts") ? join(dirname(here), "..", "..", "..", "dist") : dirname(here);
  const code = readFileSync(join(dist, "report", "page.js"), "utf8");
  // It would end the element that it is put into.
  if (/<\/script|<!--/i.test(code)) throw new Error("the page's script holds an end of a script element");
  return code;
}
