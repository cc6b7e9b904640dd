/** The texts of --help and --usage, printed from a command's table of options. Pure. */
import type { OptionSpec } from "./getopt.ts";

/** Options that the command has, one a line, `-N, --nodes=VALUE`, under a line that says how to call it. */
export const helpText = (usage: string, specs: readonly OptionSpec[]): string => {
  const lines = specs.filter((spec) => spec.refused !== true).map(optionLine);
  return `${usageText(usage)}\n${lines.join("\n")}\n`;
};

export const usageText = (usage: string): string => `Usage: ${usage}\n`;

const optionLine = (spec: OptionSpec): string => {
  const short = spec.short === undefined ? "    " : `-${spec.short}${spec.long === undefined ? "" : ", "}`;
  const long = spec.long === undefined ? "" : `--${spec.long}`;
  return `  ${short}${long}${argText(spec)}`;
};

const argText = (spec: OptionSpec): string => {
  if (spec.arg === "none") return "";
  if (spec.long === undefined) return " VALUE";
  return spec.arg === "required" ? "=VALUE" : "[=VALUE]";
};
