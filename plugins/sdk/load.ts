/**
 * Loads a hardware plugin of a third party: an npm package by its name, or a folder or file by its path. Runs at an
 * agent's start and for `rota device`. The code of a plugin runs with the rights of whoever loads it.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ok, type Result, refuse } from "../../core/model/refusal.ts";
import { HARDWARE_CONTRACT, type HardwarePlugin, type HardwarePluginFactory } from "./hardware.ts";
import type { HardwareHost } from "./host.ts";

/** Plugins of third parties that an agent takes. */
export const MAX_PLUGINS = 16;
const PLUGIN_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const MAX_PLUGIN_NAME = 40;
const MAX_PACKAGE_BYTES = 1_048_576;

/** Loads `wanted` (`@acme/rota-plugin`, `./acme`, `/opt/acme/plugin.mjs`) and makes its plugin over the host. */
export const loadHardwarePlugin = async (
  wanted: string,
  bases: readonly string[],
  host: HardwareHost,
): Promise<Result<HardwarePlugin>> => {
  const factory = await loadHardwarePluginFactory(wanted, bases);
  if (!factory.ok) return factory;
  let plugin: unknown;
  try {
    plugin = factory.value(host);
  } catch (error) {
    return refuse("PLUGIN_REFUSED", `${wanted}: hardwarePlugin() failed: ${messageOf(error)}`);
  }
  return checkPlugin(wanted, plugin);
};

/** As `loadHardwarePlugin`, without making a plugin; whose contract is not checked. */
export const loadHardwarePluginFactory = async (
  wanted: string,
  bases: readonly string[],
): Promise<Result<HardwarePluginFactory>> => {
  const file = findPluginFile(wanted, bases);
  return file.ok ? importFactory(wanted, file.value) : file;
};

/** Whether an object is a plugin of this contract, and what to do where it is not. */
export const checkPlugin = (wanted: string, made: unknown): Result<HardwarePlugin> => {
  const plugin = made as Partial<HardwarePlugin> | null | undefined;
  const no = (message: string): ReturnType<typeof refuse> =>
    refuse("PLUGIN_REFUSED", `${wanted}: ${message}`);
  if (typeof plugin !== "object" || plugin === null) return no("hardwarePlugin() gives no plugin");
  const contract: unknown = plugin.contract;
  if (contract !== HARDWARE_CONTRACT) {
    const older = typeof contract === "number" && contract < HARDWARE_CONTRACT;
    return no(
      typeof contract !== "number"
        ? `it names no contract; set contract: ${HARDWARE_CONTRACT}`
        : `it is made for contract ${contract}, and this Rota has ${HARDWARE_CONTRACT}; ` +
            (older
              ? "install a newer version of the plugin"
              : "install a newer Rota, or an older version of the plugin"),
    );
  }
  if (
    typeof plugin.name !== "string" ||
    !PLUGIN_NAME.test(plugin.name) ||
    plugin.name.length > MAX_PLUGIN_NAME
  )
    return no(
      `its name is ${JSON.stringify(plugin.name)}; take small letters, digits and -, at most ${MAX_PLUGIN_NAME}`,
    );
  for (const part of ["describe", "discover", "bind"] as const)
    if (typeof plugin[part] !== "function") return no(`it has no ${part}()`);
  return describes(plugin as HardwarePlugin)
    ? ok(plugin as HardwarePlugin)
    : no("its describe() gives no list of names of environment variables as variables");
};

/** The agent asks for the variables at each start of a job, which must not fail then. */
const describes = (plugin: HardwarePlugin): boolean => {
  try {
    const variables: unknown = plugin.describe().variables;
    return Array.isArray(variables) && variables.every((name) => /^[A-Z][A-Z0-9_]*$/.test(String(name)));
  } catch {
    return false;
  }
};

/** Paths are taken from the first base; packages are looked for in each base and the directories above it. */
const findPluginFile = (wanted: string, bases: readonly string[]): Result<string> => {
  if (isAbsolute(wanted) || /^\.\.?(\/|$)/.test(wanted)) {
    const at = resolve(bases[0] ?? ".", wanted);
    const stat = statSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return refuse("PLUGIN_REFUSED", `${wanted}: there is no ${at}`);
    return stat.isDirectory() ? entryOf(wanted, at) : ok(at);
  }
  if (!/^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/i.test(wanted))
    return refuse(
      "PLUGIN_REFUSED",
      `"${wanted}" is neither a package's name nor a path; begin paths with ./ or /`,
    );
  for (const base of bases) {
    for (let at = resolve(base); ; at = dirname(at)) {
      const folder = join(at, "node_modules", wanted);
      if (existsSync(join(folder, "package.json"))) return entryOf(wanted, folder);
      if (at === dirname(at)) break;
    }
  }
  const where = bases.map((base) => join(resolve(base), "node_modules")).join(" or ");
  return refuse(
    "PLUGIN_REFUSED",
    `${wanted}: there is no such package in ${where}; npm install ${wanted} there`,
  );
};

/** The file that a package's `package.json` names, else `plugin.mjs` or `index.js`. */
const entryOf = (wanted: string, folder: string): Result<string> => {
  const named = readEntry(join(folder, "package.json"));
  for (const name of named === undefined ? ["plugin.mjs", "plugin.js", "plugin.ts", "index.js"] : [named]) {
    const file = join(folder, name);
    if (statSync(file, { throwIfNoEntry: false })?.isFile()) return ok(file);
  }
  return refuse(
    "PLUGIN_REFUSED",
    `${wanted}: ${folder} has no ${named ?? "plugin.mjs, and no package.json that names a file"}`,
  );
};

const readEntry = (path: string): string | undefined => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.size > MAX_PACKAGE_BYTES) return undefined;
  try {
    const { exports: given, main } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    return exported(given) ?? (typeof main === "string" ? main : undefined);
  } catch {
    return undefined;
  }
};

/** `"./plugin.mjs"`, `{".": …}` and `{import: …, default: …}`, in each other. */
const exported = (value: unknown, depth = 0): string | undefined => {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || depth > 4) return undefined;
  const record = value as Record<string, unknown>;
  return exported(record["."] ?? record["import"] ?? record["node"] ?? record["default"], depth + 1);
};

const importFactory = async (wanted: string, file: string): Promise<Result<HardwarePluginFactory>> => {
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const hint = file.endsWith(".ts")
      ? "; this Node reads no TypeScript, so name its JavaScript instead"
      : "";
    const isUnread = (error as { code?: string }).code === "ERR_UNKNOWN_FILE_EXTENSION";
    return refuse(
      "PLUGIN_REFUSED",
      `${wanted}: cannot load ${file}: ${messageOf(error)}${isUnread ? hint : ""}`,
    );
  }
  const given =
    module["hardwarePlugin"] ??
    (module["default"] as Record<string, unknown> | undefined)?.["hardwarePlugin"];
  if (typeof given === "function") return ok(given as HardwarePluginFactory);
  return refuse("PLUGIN_REFUSED", `${wanted}: ${file} exports no function hardwarePlugin(host)`);
};

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0]!.slice(0, 300);
