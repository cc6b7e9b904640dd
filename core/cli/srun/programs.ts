/** The programs of a step's tasks: one for all, found as a shell finds it, or those of a --multi-prog file. */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { StepLaunch } from "../../../agents/protocol/step-frames.ts";
import { parseArray } from "../../model/array.ts";
import { done, failure, type Outcome } from "../failure.ts";

export type Programs = StepLaunch["programs"];

const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** A program as its nodes are told it: by its path where it is found here, as it was written where not. */
export const findProgram = (named: string, workDir: string, path: string | undefined): string => {
  if (named.startsWith("/")) return named;
  if (named.startsWith(".") || named.includes("/")) return `${workDir}/${named}`;
  for (const folder of (path ?? "").split(delimiter)) {
    const file = join(folder, named);
    if (folder !== "" && isProgram(file)) return file;
  }
  return isProgram(join(workDir, named)) ? join(workDir, named) : named;
};

/** The lines of a --multi-prog file for so many tasks. `%t` is the rank, `%o` the position among the line's ranks. */
export const multiPrograms = (
  command: string,
  file: string,
  ntasks: number,
  context: { readonly workDir: string; readonly path: string | undefined },
): Outcome<Programs> => {
  let text: string;
  try {
    const path = resolve(context.workDir, file);
    if (statSync(path).size > MAX_FILE_BYTES)
      return failure(command, `configuration file ${file} is too large`);
    text = readFileSync(path, "utf8");
  } catch {
    return failure(command, `Unable to open configuration file ${file}`);
  }
  const programs: { ranks: readonly number[]; argv: readonly string[] }[] = [];
  const seen = new Set<number>();
  for (const line of text.replaceAll("\\\n", " ").split("\n")) {
    const words = splitWords(line);
    const [ranks, named, ...args] = words;
    if (ranks === undefined || ranks.startsWith("#")) continue;
    if (named === undefined) return failure(command, `Invalid configuration line: ${line}`);
    const list = ranksOf(ranks, ntasks, seen);
    if (list === undefined) return failure(command, `Invalid task range specification (${ranks})`);
    const program = findProgram(named, context.workDir, context.path);
    list.forEach((rank, offset) => {
      if (seen.has(rank) || rank >= ntasks) return;
      seen.add(rank);
      const filled = args.map((word) => word.replaceAll("%t", `${rank}`).replaceAll("%o", `${offset}`));
      programs.push({ ranks: [rank], argv: [program, ...filled] });
    });
  }
  for (let rank = 0; rank < ntasks; rank++)
    if (!seen.has(rank))
      return failure(command, `Configuration file ${file} invalid, no record for task id ${rank}`);
  return done(alike(programs));
};

/** Ranks with the same command line are one entry. */
const alike = (programs: readonly { ranks: readonly number[]; argv: readonly string[] }[]): Programs => {
  const byLine = new Map<string, { ranks: number[]; argv: readonly string[] }>();
  for (const { ranks, argv } of programs) {
    const key = JSON.stringify(argv);
    const entry = byLine.get(key);
    if (entry === undefined) byLine.set(key, { ranks: [...ranks], argv });
    else entry.ranks.push(...ranks);
  }
  return [...byLine.values()];
};

/** `0-3,5`, or `*` for all that no line before has named. */
const ranksOf = (text: string, ntasks: number, seen: ReadonlySet<number>): readonly number[] | undefined => {
  if (text === "*")
    return Array.from({ length: ntasks }, (_, rank) => rank).filter((rank) => !seen.has(rank));
  const list = parseArray(text);
  return list.ok ? [...list.value.tasks] : undefined;
};

/** Words of a line, with quotes and backslashes as a shell has them. */
const splitWords = (line: string): string[] => {
  const words: string[] = [];
  let word = "";
  let isOpen = false;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (quote !== "") {
      if (letter === quote) quote = "";
      else word += letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      isOpen = true;
    } else if (letter === "\\" && at + 1 < line.length) {
      word += line[++at];
      isOpen = true;
    } else if (letter === " " || letter === "\t") {
      if (isOpen) words.push(word);
      word = "";
      isOpen = false;
    } else {
      word += letter;
      isOpen = true;
    }
  }
  if (isOpen) words.push(word);
  return words;
};

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};
