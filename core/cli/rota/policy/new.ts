/** `rota policy new`: a folder with a policy that builds and whose test is green. Never touches one that is there. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import {
  MAX_POLICY_NAME,
  POLICY_NAME,
  SCAFFOLD_KINDS,
  type ScaffoldKind,
  scaffoldFiles,
} from "../../../../policies/sdk/scaffold.ts";
import { refuse } from "../../../model/refusal.ts";
import { answer, type CommandContext, fail } from "../context.ts";

export interface NewFlags {
  readonly kind: string;
  readonly dir?: string;
  readonly json?: boolean;
}

/** The exit code when the folder is written. */
export function newPolicy(context: CommandContext, name: string, { kind, dir, json }: NewFlags): number {
  const no = (message: string): number =>
    fail(context, refuse("POLICY_FOLDER", message).refusal, json === true);
  if (name.length > MAX_POLICY_NAME || !POLICY_NAME.test(name))
    return no(
      `${JSON.stringify(name.slice(0, 80))} is no name for a policy; write at most ${MAX_POLICY_NAME} small letters, ` +
        "digits and -, as short-first",
    );
  if (!SCAFFOLD_KINDS.includes(kind as ScaffoldKind))
    return no(`there is no kind ${JSON.stringify(kind.slice(0, 80))}; write ${SCAFFOLD_KINDS.join(", ")}`);
  const folder = resolve(context.cwd, dir ?? ".", name);
  if (existsSync(folder)) return no(`${folder} is there already; take another name or --dir`);
  const files = scaffoldFiles(name, kind as ScaffoldKind);
  try {
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { flag: "wx" });
    }
  } catch (error) {
    return no(`cannot write ${folder}: ${(error as Error).message}`);
  }
  const made = { name, kind, folder, files: Object.keys(files) };
  const shown = relative(context.cwd, folder) || ".";
  return answer(context, { ok: true, value: made }, json === true, () => {
    const lines = Object.keys(files).map((path) => `  ${join(shown, path)}\n`);
    const program = context.command === "rota" ? "rota policy" : context.command;
    return `${lines.join("")}next: ${program} test ${shown}\n`;
  });
}
