/**
 * What an admission policy may answer: fields that it may set to what they can be, a refusal with a code and a sentence,
 * notes. What breaks that is the policy's fault; what the user's own text may have brought about is cut or refused. Pure.
 */
import {
  type AdmissionAnswer,
  type AdmissionRefusal,
  type FieldValue,
  MAX_SENTENCE_LENGTH,
  MAX_SENTENCE_LINES,
} from "../model/admission.ts";
import type { SubmissionField } from "./generated/submission.ts";

/** An answer as it was read, unchecked. */
export interface AnswerDraft {
  readonly set: readonly (readonly [SubmissionField, FieldValue])[];
  readonly refused?: AdmissionRefusal;
  /** Lines. */
  readonly notes: string;
}

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** The answer, or a sentence that says what is wrong with it. */
export function checkedAnswer(
  { set, refused, notes }: AnswerDraft,
  isUpdate: boolean,
): AdmissionAnswer | string {
  const changes: Record<string, FieldValue | null> = {};
  let tooLong: AdmissionRefusal | undefined;
  for (const [field, value] of set) {
    const wrong = whyNot(field, value, isUpdate);
    if (wrong !== undefined) return wrong;
    // It may be the user's own text that made it too long, which is no fault of the policy.
    if (typeof value === "string" && value.length > field.max) {
      const sentence = `${field.name} would have ${value.length} characters; at most ${field.max} are taken`;
      tooLong ??= { code: "INVALID_SPEC", sentence };
    }
    changes[field.name] = isAbsent(field, value)
      ? null
      : field.type === "bool"
        ? value !== 0 && value !== false
        : value;
  }
  const answer = { changes, notes: linesOf(notes) };
  if (refused === undefined) return tooLong === undefined ? answer : { ...answer, refused: tooLong };
  if (!CODE.test(refused.code))
    return "refused with a code that is none: up to 64 capital letters, digits and _, as GPU_REQUEST_MISSING";
  const lines = linesOf(refused.sentence);
  if (lines.length === 0) return "refused without a sentence";
  return { ...answer, refused: { code: refused.code, sentence: lines.join("\n") } };
}

function whyNot(
  { name, type, min, max, absent, isChangeable, isUpdatable }: SubmissionField,
  value: FieldValue,
  isUpdate: boolean,
): string | undefined {
  if (!isChangeable) return `set ${name}, which is only read`;
  if (isUpdate && !isUpdatable) return `set ${name}, which an update cannot change`;
  if (type === "text") return undefined;
  const number = Number(value);
  if (number === absent || (Number.isInteger(number) && number >= min && number <= max)) return undefined;
  return `set ${name} to ${number}; it is a whole number from ${min} to ${max}`;
}

const isAbsent = ({ type, absent }: SubmissionField, value: FieldValue): boolean =>
  type === "text" ? value === "" : Number(value) === absent;

/** Cut rather than refused: what is too long, or no text for a terminal, may have come from the user. */
const linesOf = (text: string): readonly string[] =>
  text
    .slice(0, MAX_SENTENCE_LENGTH)
    .split("\n")
    .map((line) => line.replace(/[\p{Cc}\p{Cs}]/gu, " ").trimEnd())
    .filter((line) => line !== "")
    .slice(0, MAX_SENTENCE_LINES);
