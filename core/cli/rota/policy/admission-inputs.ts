/**
 * Made-up submissions and updates for an admission policy, from a seed. Texts are made of the words that the policy's own
 * source has in quotes, so that its branches are come by. Pure.
 */
import { ADMISSION_FIELDS, type AdmissionField } from "../../../../policies/sdk/admission.schema.ts";
import type { AdmissionFields, AdmissionQuestion, FieldValue } from "../../../model/admission.ts";
import type { PolicyParameters } from "../../../model/policy.ts";
import type { SeededRandom } from "../../../wasm/random.ts";
import { type Ranges, randomParameters, whole } from "./inputs.ts";

export interface AdmissionInput {
  readonly parameters: PolicyParameters;
  readonly question: AdmissionQuestion;
}

const USUAL_WORDS: readonly string[] = ["gpu", "gpu:1", "long", "physics", "ada", "0-3", "ä🌍"];
const MAX_WORDS = 3;
const SEPARATORS: readonly string[] = [",", ",", ", ", "=", " "];
const EPOCH_S = 1_800_000_000;

/** Words of the source: literals, the parts of lists, and some that any job may have. */
export function wordsOf(text: string): readonly string[] {
  const literals = [...text.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, inner]) => inner!);
  const parts = literals.flatMap((literal) => [literal, ...literal.split(/[,=]/)]);
  return [...new Set([...parts, ...USUAL_WORDS])].filter((word) => word !== "");
}

export function randomAdmission(
  parameters: Ranges,
  words: readonly string[],
  random: SeededRandom,
): AdmissionInput {
  const texts: Record<string, string> = {};
  for (const { name, type, min, max } of parameters) {
    if (type !== "string" || random.next() < 0.3) continue;
    texts[name] = textOf(words, random, max).padEnd(min, "x");
  }
  const given = { ...randomParameters(parameters, random), ...texts };
  const isUpdate = random.next() < 0.3;
  const job = randomFields(ADMISSION_FIELDS, words, random);
  const updated = ADMISSION_FIELDS.filter(({ isUpdatable }) => isUpdatable);
  const variables = Array.from({ length: whole(random, 0, 4) }, () => [
    wordOf(words, random),
    textOf(words, random, 255),
  ]);
  return {
    parameters: given,
    question: isUpdate
      ? {
          submission: { ...randomFields(updated, words, random), operator: random.next() < 0.5 },
          present: job,
        }
      : { submission: job, environment: Object.fromEntries(variables) as Record<string, string> },
  };
}

function randomFields(
  fields: readonly AdmissionField[],
  words: readonly string[],
  random: SeededRandom,
): AdmissionFields {
  const made: Record<string, FieldValue> = {};
  for (const field of fields) if (random.next() < 0.5) made[field.name] = madeUp(field, words, random);
  return made;
}

function madeUp(
  { type, min, max }: AdmissionField,
  words: readonly string[],
  random: SeededRandom,
): FieldValue {
  if (type === "text") return textOf(words, random, max);
  if (type === "bool") return random.next() < 0.5;
  if (type === "f64") return EPOCH_S + whole(random, 0, 1_000_000);
  const dice = random.next();
  // Small numbers mostly: nodes, tasks and hours are.
  const most = dice < 0.4 ? 16 : dice < 0.9 ? 200_000 : max;
  return dice > 0.97 ? max : whole(random, min, Math.max(min, Math.min(most, max)));
}

function textOf(words: readonly string[], random: SeededRandom, most: number): string {
  let text = "";
  const count = whole(random, 0, MAX_WORDS);
  for (let i = 0; i < count; i++) {
    const separator = i === 0 ? "" : SEPARATORS[whole(random, 0, SEPARATORS.length - 1)];
    text += `${separator}${wordOf(words, random)}`;
  }
  return text.slice(0, most);
}

const wordOf = (words: readonly string[], random: SeededRandom): string =>
  words[whole(random, 0, words.length - 1)]!;
