/**
 * What went wrong in a build, as lines that editors can jump to: `file:line:column: error CODE: sentence`, with the
 * compiler's own picture of the place below it. Reads the compiler's text; compiles nothing.
 */
import { isAbsolute, join } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** `message` of a failed build; the compiler's file names are those of `directory`, the folder of the author's file. */
export function positioned(message: string, directory: string): string {
  // The compiler colours what it says to a terminal, and wherever CI is set.
  const plain = stripVTControlCharacters(message);
  const blocks = plain.split(/\n\n+/).filter((block) => !block.startsWith("FAILURE "));
  return blocks.map((block) => withPlace(block, directory)).join("\n");
}

function withPlace(block: string, directory: string): string {
  const [first = "", ...picture] = block.split("\n");
  const said = /^(ERROR|WARNING|INFO|PEDANTIC) (\w+): (.*)$/.exec(first);
  const place = /└─ in (.+)\((\d+),(\d+)\)/.exec(block);
  if (said === null || place === null) return block;
  const [, file = "", line, column] = place;
  // The SDK's own files are of the compiler's library, and so are AssemblyScript's.
  const path = file.startsWith("~lib/") || isAbsolute(file) ? file : join(directory, file);
  const shown = picture.filter((row) => !row.includes("└─") && row.trim() !== ":");
  const [, severity = "", code, sentence] = said;
  return [`${path}:${line}:${column}: ${severity.toLowerCase()} ${code}: ${sentence}`, ...shown].join("\n");
}
