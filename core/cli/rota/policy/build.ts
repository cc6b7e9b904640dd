/** `rota policy build`: compiles the policy of a folder. What is wrong is said with file, line and column. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import { answer, type CommandContext, EXIT_FAILED, fail } from "../context.ts";
import { printable } from "../terminal.ts";
import { type PolicyFolder, policyFolder } from "./folder.ts";

export interface BuildFlags {
  readonly json?: boolean;
}

export interface BuiltPolicy {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** False where nothing had changed. */
  readonly compiled: boolean;
  readonly warnings: string;
}

/** The exit code when the module is written. */
export async function buildPolicy(
  context: CommandContext,
  folder: string,
  flags: BuildFlags,
): Promise<number> {
  const json = flags.json === true;
  const found = policyFolder(context.cwd, folder);
  if (!found.ok) return fail(context, found.refusal, json);
  const built = await buildFolder(context, found.value);
  if (!built.ok) return failBuild(context, built.refusal.message, json);
  if (!json && built.value.warnings !== "") context.err(`${built.value.warnings}\n`);
  return answer(context, built, json, ({ path, bytes, sha256, compiled }) => {
    const shown = relative(context.cwd, path);
    return `${shown}: ${bytes} bytes, sha256 ${sha256.slice(0, 12)}${compiled ? "" : ", unchanged"}\n`;
  });
}

/** Compiles; the refusal's message is lines of `file:line:column: error`. */
export async function buildFolder(
  context: Pick<CommandContext, "cwd">,
  { name, source, out }: PolicyFolder,
): Promise<Result<BuiltPolicy>> {
  // The compiler takes a second to load, and most commands do without it.
  const { buildModule } = await import("../../../../policies/sdk/compile.ts");
  const { positioned } = await import("../../../../policies/sdk/messages.ts");
  const directory = relative(context.cwd, dirname(source));
  const readable = (text: string): string =>
    positioned(text, directory).replaceAll(source, relative(context.cwd, source));
  const built = await buildModule(source, out);
  if (!built.ok) return refuse("POLICY_BUILD", readable(built.message));
  const binary = readFileSync(out);
  return ok({
    name,
    path: out,
    bytes: binary.length,
    sha256: createHash("sha256").update(binary).digest("hex"),
    compiled: built.value.compiled,
    warnings: readable(built.value.warnings),
  });
}

/** Says why nothing was built, each fault in a line that editors can jump to. */
export function failBuild(context: CommandContext, message: string, json: boolean): number {
  if (json) return fail(context, refuse("POLICY_BUILD", message).refusal, true);
  const { colours } = context.errorTerminal;
  for (const line of message.split("\n"))
    context.err(`${/^\S+:\d+:\d+: /.test(line) ? colours.red(printable(line)) : printable(line)}\n`);
  return EXIT_FAILED;
}
