/**
 * `rota policy test`: runs the author's cases and random inputs on both sides of the policy, the module and its source
 * as TypeScript, and says where they or the expectations differ.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { readDeclaration } from "../../../../policies/sdk/declaration.ts";
import { type Portable, translate } from "../../../../policies/sdk/portable.ts";
import { ok } from "../../../model/refusal.ts";
import type { PolicyTestView } from "../../../model/workbench.ts";
import { loadPolicyModule, type PolicyModule } from "../../../wasm/module.ts";
import { parameterValues } from "../../../wasm/parameters.ts";
import { seededRandom } from "../../../wasm/random.ts";
import { answer, type CommandContext, EXIT_FAILED, EXIT_OK, fail } from "../context.ts";
import { testAdmission } from "./admission-test.ts";
import { buildFolder, failBuild } from "./build.ts";
import { type PolicyCase, readTests } from "./cases.ts";
import { type PolicyFolder, policyFolder } from "./folder.ts";
import { type PolicyInput, randomInput, type TestedKind } from "./inputs.ts";
import { feasible, moduleVerdict, sourceVerdict, type Verdict } from "./sides.ts";

export interface TestFlags {
  readonly seed?: string;
  readonly rounds?: string;
  readonly json?: boolean;
}

export type CaseResult = PolicyTestView["cases"][number];

export type TestReport = Omit<PolicyTestView, "isGreen">;

/** Differences that are told of; the rest are counted by nobody, as they are of one kind. */
export const MAX_SHOWN = 3;
/** Of logarithms and powers, which WebAssembly and JavaScript round differently in their last digits. */
const ROUNDED_F64 = 1e-12;
const ROUNDED_F32 = 1e-5;

/** The exit code when all is green. */
export async function testPolicy(context: CommandContext, folder: string, flags: TestFlags): Promise<number> {
  const json = flags.json === true;
  const found = policyFolder(context.cwd, folder);
  if (!found.ok) return fail(context, found.refusal, json);
  const built = await buildFolder(context, found.value);
  if (!built.ok) return failBuild(context, built.refusal.message, json);
  const isGiven = { seed: numberOf(flags.seed), rounds: numberOf(flags.rounds) };
  const admission = await testAdmission(context, found.value, isGiven);
  if (admission !== undefined)
    return admission.ok
      ? printReport(context, admission.value, json)
      : fail(context, admission.refusal, json);
  const subject = openSubject(context, found.value);
  const { test, out } = found.value;
  const tests = existsSync(test)
    ? await readTests(subject.kind, test, dirname(out))
    : ok({ cases: [], seed: 1, rounds: 100 });
  if (!tests.ok) return fail(context, tests.refusal, json);
  const seed = isGiven.seed ?? tests.value.seed;
  const rounds = isGiven.rounds ?? tests.value.rounds;
  const report: TestReport = {
    name: found.value.name,
    kind: subject.module.manifest.kind,
    cases: tests.value.cases.map((one) => runCase(subject, one)),
    random: { seed, rounds, faults: runRandom(subject, seed, rounds) },
    ...(typeof subject.source === "string" ? { notCompared: subject.source } : {}),
  };
  return printReport(context, report, json);
}

function printReport(context: CommandContext, report: TestReport, json: boolean): number {
  const isGreen =
    report.random.faults.length === 0 && report.cases.every(({ faults }) => faults.length === 0);
  answer(context, ok(report), json, (made) => reportText(context, made));
  return isGreen ? EXIT_OK : EXIT_FAILED;
}

interface Subject {
  /** How it is asked: its kind, or the loop that calls it. */
  readonly kind: TestedKind;
  readonly module: PolicyModule;
  /** A sentence where the source cannot be run as TypeScript. */
  readonly source: Portable | string;
  readonly parameters: PolicyModule["manifest"]["parameters"];
}

function openSubject({ cwd }: CommandContext, { source, out }: PolicyFolder): Subject {
  const text = readFileSync(source, "utf8");
  const path = relative(cwd, source);
  const declared = readDeclaration(path, text);
  // The build has just read the same file.
  if (!declared.ok) throw new Error(declared.message);
  const { kind, driver } = declared.value;
  if (kind === "admission") throw new Error("an admission policy has tests of its own");
  const loaded = loadPolicyModule(out, kind);
  if (!loaded.ok) throw new Error(loaded.refusal.message);
  const translated = translate(path, text, declared.value);
  return {
    kind: driver === "set-topology" ? driver : kind,
    module: loaded.value,
    source: translated.ok ? translated.value : translated.message,
    parameters: loaded.value.manifest.parameters,
  };
}

function runCase(subject: Subject, one: PolicyCase): CaseResult {
  const { kind, module, source } = subject;
  const { name, parameters, head, rows } = one;
  const values = parameterValues(module.manifest, parameters);
  if (!values.ok) return { name, faults: [values.refusal.message] };
  const input = { parameters, head, rows, seed: 1, want: 0 };
  const isOfNodes = kind === "placement" || kind === "set-topology";
  const want = kind === "topology" ? (one.want ?? 1) : isOfNodes ? wantOf(input, one) : 0;
  const asked: PolicyInput = { ...input, want };
  const faults = expected(moduleVerdict(kind, module, asked), one, "module");
  if (typeof source !== "string") {
    const said = sourceVerdict(kind, source, asked);
    faults.push(...expected(said, one, "source"), ...differences(subject, asked, said));
  }
  return { name, faults };
}

const wantOf = (input: PolicyInput, { want, order }: PolicyCase): number =>
  Math.min(want ?? order?.length ?? Number.POSITIVE_INFINITY, feasible(input));

function expected({ fault, order, scores }: Verdict, one: PolicyCase, side: string): string[] {
  if (fault !== undefined) return [`${side}: ${fault}`];
  const faults: string[] = [];
  if (one.order !== undefined && one.order.join() !== order.join())
    faults.push(`${side}: order is ${order.join(", ")}, not ${one.order.join(", ")}`);
  for (const [row, score] of (one.scores ?? []).entries()) {
    const given = scores[row] ?? null;
    if (given === null || !isNear(given, score, ROUNDED_F32))
      faults.push(`${side}: row ${row} has ${given ?? "no score"}, not ${score}`);
  }
  return faults;
}

function runRandom(subject: Subject, seed: number, rounds: number): readonly string[] {
  const { kind, parameters, source } = subject;
  const random = seededRandom(seed);
  const faults: string[] = [];
  for (let round = 1; round <= rounds && faults.length < MAX_SHOWN; round++) {
    const made = randomInput(kind, parameters, random);
    const isOfNodes = kind === "placement" || kind === "set-topology";
    const input = isOfNodes ? { ...made, want: Math.min(made.want, feasible(made)) } : made;
    const found =
      typeof source === "string"
        ? aloneFault(subject, input)
        : differences(subject, input, sourceVerdict(kind, source, input));
    if (found.length > 0) faults.push(`round ${round}: ${found[0]}`);
  }
  return faults;
}

function aloneFault({ kind, module }: Subject, input: PolicyInput): readonly string[] {
  if (kind === "topology" && input.rows.every(({ feasible: nodes }) => nodes === 0)) return [];
  const { fault } = moduleVerdict(kind, module, input);
  return fault === undefined ? [] : [`module: ${fault}`];
}

/** Where the module does not say what the source said. Both may fault, each in its own words. */
function differences(
  { kind, module, source }: Subject,
  input: PolicyInput,
  said: Verdict,
): readonly string[] {
  const given = moduleVerdict(kind, module, input);
  if (given.fault !== undefined && said.fault !== undefined) return [];
  if (given.fault !== undefined) return [`module: ${given.fault}; the source gives an answer`];
  if (said.fault !== undefined) return [`source: ${said.fault}; the module gives an answer`];
  const { isRounded, isRandom } = source as Portable;
  const tolerance = isRounded ? (kind === "placement" ? ROUNDED_F32 : ROUNDED_F64) : 0;
  for (const [row, score] of said.scores.entries()) {
    const other = given.scores[row] ?? null;
    if (score === other || (score !== null && other !== null && isNear(score, other, tolerance))) continue;
    return [`row ${row}: module ${other}, source ${score}, of ${JSON.stringify(input.rows[row])}`];
  }
  // What is drawn or rounded may put equals in another order.
  if (isRounded || (isRandom && kind === "placement")) return [];
  const [a, b] = [given.nodes ?? given.order, said.nodes ?? said.order];
  return a.join() === b.join() ? [] : [`order: module ${a.join(", ")}, source ${b.join(", ")}`];
}

const isNear = (a: number, b: number, tolerance: number): boolean =>
  a === b || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));

const numberOf = (text: string | undefined): number | undefined => {
  const value = Number(text);
  return text !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
};

function reportText({ terminal: { colours } }: CommandContext, report: TestReport): string {
  const { cases, random, notCompared } = report;
  const line = (name: string, faults: readonly string[]): string =>
    `${faults.length === 0 ? colours.green("ok  ") : colours.red("FAIL")} ${name}\n${faults
      .map((fault) => `       ${fault}\n`)
      .join("")}`;
  const what = notCompared === undefined ? "inputs, module and source alike" : "inputs, module alone";
  return [
    ...cases.map(({ name, faults }) => line(name, faults)),
    line(`${random.rounds} random ${what} (seed ${random.seed})`, random.faults),
    ...(notCompared === undefined ? [] : [`note: not run as TypeScript: ${notCompared}\n`]),
  ].join("");
}
