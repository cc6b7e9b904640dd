/** `rota device new`: a folder with a plugin whose checks are green. Never touches one that is there. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { refuse } from "../../../model/refusal.ts";
import { answer, type CommandContext, fail } from "../context.ts";
import { DEVICE_PLUGIN_NAME, deviceFiles, isDeviceProgram, MAX_DEVICE_PLUGIN_NAME } from "./scaffold.ts";

export interface NewDeviceFlags {
  readonly dir?: string;
  readonly json?: boolean;
}

/** The exit code when the folder is written. */
export function newDevice(context: CommandContext, name: string, { dir, json }: NewDeviceFlags): number {
  const no = (message: string): number =>
    fail(context, refuse("PLUGIN_REFUSED", message).refusal, json === true);
  if (name.length > MAX_DEVICE_PLUGIN_NAME || !DEVICE_PLUGIN_NAME.test(name))
    return no(
      `${JSON.stringify(name.slice(0, 80))} is no name for a plugin; write at most ${MAX_DEVICE_PLUGIN_NAME} small letters, ` +
        "digits and -, as acme",
    );
  const folder = resolve(context.cwd, dir ?? ".", name);
  if (existsSync(folder)) return no(`${folder} is there already; take another name or --dir`);
  const files = deviceFiles(name);
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text, { flag: "wx", mode: isDeviceProgram(path) ? 0o755 : 0o644 });
    }
  } catch (error) {
    return no(`cannot write ${folder}: ${(error as Error).message}`);
  }
  const made = { name, folder, files: Object.keys(files) };
  const shown = relative(context.cwd, folder) || ".";
  return answer(context, { ok: true, value: made }, json === true, () => {
    const lines = Object.keys(files).map((path) => `  ${join(shown, path)}\n`);
    return `${lines.join("")}next: rota device check ${shown}\n`;
  });
}
