/** `rota policy test` of an admission policy: its cases and made-up submissions on both sides, compared answer for answer. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { readDeclaration } from "../../../../policies/sdk/declaration.ts";
import { type Portable, translate } from "../../../../policies/sdk/portable.ts";
import { ok, type Result } from "../../../model/refusal.ts";
import { loadPolicyModule, type PolicyModule } from "../../../wasm/module.ts";
import { parameterValues } from "../../../wasm/parameters.ts";
import { seededRandom } from "../../../wasm/random.ts";
import type { CommandContext } from "../context.ts";
import { type AdmissionCase, readAdmissionCase } from "./admission-cases.ts";
import { type AdmissionInput, randomAdmission, wordsOf } from "./admission-inputs.ts";
import { type AdmissionVerdict, moduleAnswer, sourceAnswer } from "./admission-sides.ts";
import { readTestFile } from "./cases.ts";
import type { PolicyFolder } from "./folder.ts";
import { type CaseResult, MAX_SHOWN, type TestReport } from "./test.ts";

interface Subject {
  readonly module: PolicyModule;
  /** A sentence where the source cannot be run as TypeScript. */
  readonly source: Portable | string;
  readonly words: readonly string[];
}

/** Undefined where the folder's policy is of another kind. It has been built. */
export async function testAdmission(
  { cwd }: CommandContext,
  { name, source, test, out }: PolicyFolder,
  given: { readonly seed: number | undefined; readonly rounds: number | undefined },
): Promise<Result<TestReport> | undefined> {
  const text = readFileSync(source, "utf8");
  const path = relative(cwd, source);
  const declared = readDeclaration(path, text);
  if (!declared.ok || declared.value.kind !== "admission") return undefined;
  const loaded = loadPolicyModule(out, "admission");
  if (!loaded.ok) return loaded;
  const translated = translate(path, text, declared.value);
  const subject: Subject = {
    module: loaded.value,
    source: translated.ok ? translated.value : translated.message,
    words: wordsOf(text),
  };
  const tests = existsSync(test)
    ? await readTestFile(test, dirname(out), readAdmissionCase)
    : ok({ cases: [], seed: 1, rounds: 100 });
  if (!tests.ok) return tests;
  const seed = given.seed ?? tests.value.seed;
  const rounds = given.rounds ?? tests.value.rounds;
  return ok({
    name,
    kind: "admission",
    cases: tests.value.cases.map((one) => runCase(subject, one)),
    random: { seed, rounds, faults: runRandom(subject, seed, rounds) },
    ...(typeof subject.source === "string" ? { notCompared: subject.source } : {}),
  });
}

function runCase(subject: Subject, one: AdmissionCase): CaseResult {
  const { name, parameters, question } = one;
  const values = parameterValues(subject.module.manifest, parameters);
  if (!values.ok) return { name, faults: [values.refusal.message] };
  const input = { parameters, question };
  const faults = expected(moduleAnswer(subject.module, input), one, "module");
  if (typeof subject.source !== "string") {
    const said = sourceAnswer(subject.source, input);
    faults.push(...expected(said, one, "source"), ...difference(subject, input, said));
  }
  return { name, faults };
}

function expected(
  answer: AdmissionVerdict,
  { refused, changed, notes }: AdmissionCase,
  side: string,
): string[] {
  if (typeof answer === "string") return [`${side}: ${answer}`];
  const faults: string[] = [];
  const code = answer.refused?.code ?? null;
  if (refused !== undefined && code !== refused)
    faults.push(
      `${side}: ${code === null ? "admitted" : `refused with ${code}`}, not ${refused ?? "admitted"}`,
    );
  if (changed !== undefined && sorted(answer.changes) !== sorted(changed))
    faults.push(`${side}: changed ${sorted(answer.changes)}, not ${sorted(changed)}`);
  if (notes !== undefined && notes.join("\n") !== answer.notes.join("\n"))
    faults.push(`${side}: noted ${JSON.stringify(answer.notes)}, not ${JSON.stringify(notes)}`);
  return faults;
}

function runRandom(subject: Subject, seed: number, rounds: number): readonly string[] {
  const random = seededRandom(seed);
  const faults: string[] = [];
  for (let round = 1; round <= rounds && faults.length < MAX_SHOWN; round++) {
    const input = randomAdmission(subject.module.manifest.parameters, subject.words, random);
    const found =
      typeof subject.source === "string"
        ? alone(subject, input)
        : difference(subject, input, sourceAnswer(subject.source, input));
    if (found.length > 0) faults.push(`round ${round}: ${found[0]}`);
  }
  return faults;
}

function alone({ module }: Subject, input: AdmissionInput): readonly string[] {
  const answer = moduleAnswer(module, input);
  return typeof answer === "string" ? [`module: ${answer}`] : [];
}

/** Where the module does not answer as the source did; a fault of both is told as one, since it would be a strike. */
function difference({ module }: Subject, input: AdmissionInput, said: AdmissionVerdict): readonly string[] {
  const given = moduleAnswer(module, input);
  const of = `of ${JSON.stringify(input)}`;
  if (typeof given === "string") return [`module: ${given}; ${of}`];
  if (typeof said === "string") return [`source: ${said}; the module gives an answer; ${of}`];
  const [a, b] = [sorted(given), sorted(said)];
  return a === b ? [] : [`module ${a}, source ${b}, ${of}`];
}

/** JSON with its names in order. */
const sorted = (value: object): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
