/**
 * The batch script: found as a shell finds a command, or read from standard input, or made of --wrap; and the checks
 * that Slurm does before it submits one. Reads files, sends nothing.
 */
import { readFileSync, statSync } from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import { MAX_SCRIPT_BYTES } from "../../model/job-spec.ts";
import { done, failure, type Outcome } from "../failure.ts";
import type { Invocation } from "../invocation.ts";

export interface Script {
  readonly text: string;
  /** As scontrol's Command= shows it; absent for --wrap and standard input. */
  readonly path?: string;
  /** The job's name where nothing else says one. */
  readonly name: string;
  /** What messages call it. */
  readonly file: string;
  readonly args: readonly string[];
}

/** The script that the words behind the options name; standard input where there are none. */
export const loadScript = (
  invocation: Invocation,
  words: readonly string[],
  wrap: string | undefined,
): Outcome<Script> => {
  const { command } = invocation;
  const [named, ...args] = words;
  if (wrap !== undefined) {
    if (named !== undefined) return failure(command, "Script arguments not permitted with --wrap option");
    const text = `#!/bin/sh\n# Made by sbatch --wrap.\n\n${wrap}\n`;
    return done({ text, name: "wrap", file: "wrap", args: [] });
  }
  if (named === undefined) {
    const text = checkScript(command, invocation.readAll());
    return text.ok ? done({ text: text.value, name: command, file: "stdin", args: [] }) : text;
  }
  const path = findScript(named, invocation);
  const bytes = path === undefined ? undefined : readScript(path, invocation.cwd);
  if (path === undefined || bytes === undefined) return failure(command, `Unable to open file ${named}`);
  const text = checkScript(command, bytes);
  return text.ok ? done({ text: text.value, path, name: basename(path), file: named, args }) : text;
};

/** A name that begins with a dot stays as it is written, as Slurm shows it. */
const findScript = (named: string, { cwd, env }: Invocation): string | undefined => {
  if (named.startsWith("/") || named.startsWith(".")) return named;
  const here = join(cwd, named);
  if (isFile(here) || named.includes("/")) return here;
  for (const directory of (env["PATH"] ?? "").split(delimiter)) {
    if (directory !== "" && isFile(join(directory, named))) return join(directory, named);
  }
  return here;
};

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

const readScript = (path: string, cwd: string): Buffer | undefined => {
  try {
    return readFileSync(resolve(cwd, path));
  } catch (error) {
    // Slurm opens a directory and finds nothing in it.
    return (error as NodeJS.ErrnoException).code === "EISDIR" ? Buffer.alloc(0) : undefined;
  }
};

const checkScript = (command: string, bytes: Buffer): Outcome<string> => {
  if (bytes.length === 0) return failure(command, "Batch script is empty!");
  if (bytes.length > MAX_SCRIPT_BYTES)
    return failure(command, `Batch script is above ${MAX_SCRIPT_BYTES} bytes; put data in files`);
  const text = bytes.toString("utf8");
  if (text.trim() === "") return failure(command, "Batch script contains only whitespace!");
  if (!text.startsWith("#!"))
    return failure(
      command,
      `This does not look like a batch script.  The first
${command}: error: line must start with #! followed by the path to an interpreter.
${command}: error: For instance: #!/bin/sh`,
    );
  if (text.includes("\0"))
    return failure(
      command,
      `The Slurm controller does not allow scripts that
${command}: error: contain a NULL character '\\0'.`,
    );
  if (text.includes("\r\n"))
    return failure(
      command,
      `Batch script contains DOS line breaks (\\r\\n)
${command}: error: instead of expected UNIX line breaks (\\n).`,
    );
  // The submission is text: bytes that are none would reach the node changed.
  if (text.includes("\uFFFD") && !Buffer.from(text).equals(bytes))
    return failure(command, "Batch script is not UTF-8 text");
  return done(text);
};
