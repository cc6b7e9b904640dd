/**
 * The author's test file: `cases` that the policy must get right and `random`, how many inputs are made up. It is
 * TypeScript without types, run as it stands; what it exports is checked here, since nothing else has.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { AbiField } from "../../../../policies/sdk/abi.schema.ts";
import { ok, type Result, refuse } from "../../../model/refusal.ts";
import { completed, type Fields, SHAPES, type TestedKind } from "./inputs.ts";

export interface PolicyCase {
  readonly name: string;
  readonly parameters: Fields;
  readonly head: Fields;
  readonly rows: readonly Fields[];
  readonly want: number | undefined;
  readonly order: readonly number[] | undefined;
  readonly scores: readonly number[] | undefined;
}

export interface PolicyTests {
  readonly cases: readonly PolicyCase[];
  readonly seed: number;
  readonly rounds: number;
}

const MAX_CASES = 10_000;
const MAX_CASE_ROWS = 10_000;
const MAX_ROUNDS = 100_000;

/** Reads and checks the file; a copy of it in the build folder is what runs. */
export async function readTests(
  kind: TestedKind,
  path: string,
  buildFolder: string,
): Promise<Result<PolicyTests>> {
  return readTestFile(path, buildFolder, (one) => readCase(kind, one));
}

/** The file's cases, each read by `read`, which gives a sentence for one that is wrong. */
export async function readTestFile<Case extends object>(
  path: string,
  buildFolder: string,
  read: (given: unknown) => Case | string,
): Promise<Result<{ readonly cases: readonly Case[]; readonly seed: number; readonly rounds: number }>> {
  const bad = (what: string) => refuse("POLICY_TESTS", `${path}: ${what}`);
  let given: Readonly<Record<string, unknown>>;
  try {
    // A copy with another ending, as Node does not run TypeScript; it goes by its content, so a change is seen.
    const text = readFileSync(path, "utf8");
    const copy = join(buildFolder, basename(path).replace(/\.ts$/, ".mjs"));
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, text);
    given = (await import(`${pathToFileURL(copy).href}?${Date.now()}`)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    return bad((error as Error).message);
  }
  const { cases = [], random = {} } = given;
  if (!Array.isArray(cases) || cases.length > MAX_CASES)
    return bad(`cases is no list of at most ${MAX_CASES}`);
  const found: Case[] = [];
  for (const [index, one] of cases.entries()) {
    const made = read(one);
    if (typeof made === "string") return bad(`case ${index + 1}: ${made}`);
    found.push(made);
  }
  const { seed = 1, rounds = 100 } = random as Record<string, unknown>;
  if (!isWhole(seed) || !isWhole(rounds) || rounds < 0 || rounds > MAX_ROUNDS)
    return bad(`random has a seed and 0 to ${MAX_ROUNDS} rounds, whole numbers both`);
  return ok({ cases: found, seed, rounds });
}

/** The case, or what is wrong with it. */
function readCase(kind: TestedKind, given: unknown): PolicyCase | string {
  const { head, rows, headWord, rowsWord } = SHAPES[kind];
  if (typeof given !== "object" || given === null) return "is no object";
  const known = ["name", "set", "want", "order", "scores", headWord, rowsWord];
  const one = given as Readonly<Record<string, unknown>>;
  const strange = Object.keys(one).find((key) => !known.includes(key));
  if (strange !== undefined) return `has ${strange}; a case of a ${kind} policy has ${known.join(", ")}`;
  const { name, set = {}, want, order, scores } = one;
  if (typeof name !== "string" || name === "") return "has no name";
  const list = one[rowsWord];
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_CASE_ROWS)
    return `has no list ${rowsWord} of 1 to ${MAX_CASE_ROWS}`;
  const wrong =
    wrongFields("set", set, undefined) ??
    wrongFields(headWord, one[headWord] ?? {}, head) ??
    list.map((row, i) => wrongFields(`${rowsWord}[${i}]`, row, rows)).find((what) => what !== undefined);
  if (wrong !== undefined) return wrong;
  if (order === undefined && scores === undefined) return "expects nothing; give order, scores or both";
  if (order !== undefined && !isNumbers(order)) return "order is no list of rows";
  const isTopology = kind === "topology" || kind === "set-topology";
  if (scores !== undefined && (isTopology || !isNumbers(scores) || scores.length !== list.length))
    return isTopology
      ? "scores of a topology cannot be asked for; give order"
      : "scores has a number for each row";
  if (want !== undefined && !(isWhole(want) && want > 0)) return "want is a number of nodes from 1 on";
  return {
    name,
    parameters: set as Fields,
    head: completed(kind, head, (one[headWord] ?? {}) as Fields, 0),
    rows: list.map((row: Fields, i) => completed(kind, rows, row, i)),
    want: want as number | undefined,
    order: order as readonly number[] | undefined,
    scores: scores as readonly number[] | undefined,
  };
}

function wrongFields(
  where: string,
  given: unknown,
  fields: readonly AbiField[] | undefined,
): string | undefined {
  if (typeof given !== "object" || given === null) return `${where} is no object`;
  for (const [name, value] of Object.entries(given)) {
    if (fields !== undefined && !fields.some((field) => field.name === name))
      return `${where} has ${name}; there are ${fields.map((field) => field.name).join(", ")}`;
    if (typeof value !== "number" || !Number.isFinite(value)) return `${where}.${name} is no number`;
  }
  return undefined;
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => typeof item === "number");
