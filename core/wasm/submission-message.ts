/**
 * Lays a submission out in a module's memory, field by field in the slots of the ABI, and reads back what the module made
 * of it. Bounded both ways: what is longer than its field is cut on the way in, and every address, length and number of
 * the way out is checked. Never calls the module.
 */
import type { AdmissionAnswer, AdmissionFields, AdmissionQuestion, FieldValue } from "../model/admission.ts";
import { checkedAnswer } from "./admission-answer.ts";
import {
  MESSAGE_HEAD,
  SLOT_BYTES,
  SUBMISSION_FIELDS,
  type SubmissionField,
  VARIABLE_BYTES,
} from "./generated/submission.ts";

/** Of the environment; further variables and longer values are left out, as if the job did not have them. */
const MAX_VARIABLES = 1024;
const MAX_VARIABLE_LENGTH = 4096;
const MAX_ENVIRONMENT_LENGTH = 131_072;
/** Characters of one text that are read back at all. */
const MAX_TEXT_LENGTH = 1_048_576;
const HEAD_BYTES = 128;
const ABSENT = 0;
const GIVEN = 1;
const SET = 2;
const VALUE = 8;
const TEXT_BYTES = 12;

/** Which fields cross: those that the module reads, or may change. */
export type FieldFilter = (field: SubmissionField) => boolean;

interface Text {
  /** Where its address goes; the bytes follow. */
  readonly at: number;
  readonly text: string;
}

/** Bytes that the question takes at most. */
export function messageBytes(question: AdmissionQuestion, reads: FieldFilter): number {
  const tables = question.present === undefined ? 1 : 2;
  let characters = 0;
  for (const fields of [question.submission, question.present ?? {}]) {
    for (const field of SUBMISSION_FIELDS) {
      const value = fields[field.name];
      if (typeof value === "string" && reads(field)) characters += Math.min(value.length, field.max);
    }
  }
  const variables = variablesOf(question.environment);
  for (const [name, value] of variables) characters += name.length + value.length;
  return (
    HEAD_BYTES +
    tables * SUBMISSION_FIELDS.length * SLOT_BYTES +
    variables.length * VARIABLE_BYTES +
    2 * characters
  );
}

/** Writes the whole message at `base`, where there are `messageBytes` of room. */
export function writeMessage(
  memory: ArrayBuffer,
  base: number,
  question: AdmissionQuestion,
  reads: FieldFilter,
): void {
  const { submission, present, environment } = question;
  const slots = SUBMISSION_FIELDS.length;
  const variables = variablesOf(environment);
  const view = new DataView(memory);
  new Uint8Array(memory, base, HEAD_BYTES).fill(0);
  const head = (cell: number, value: number): void => view.setUint32(base + 4 * cell, value, true);
  const submissionAt = base + HEAD_BYTES;
  const presentAt = submissionAt + slots * SLOT_BYTES;
  const variablesAt = present === undefined ? presentAt : presentAt + slots * SLOT_BYTES;
  head(MESSAGE_HEAD.slots, slots);
  head(MESSAGE_HEAD.submission, submissionAt);
  head(MESSAGE_HEAD.present, present === undefined ? 0 : presentAt);
  head(MESSAGE_HEAD.variables, variablesAt);
  head(MESSAGE_HEAD.variableCount, variables.length);
  const texts: Text[] = [];
  writeSlots(view, submissionAt, submission, reads, texts);
  if (present !== undefined) writeSlots(view, presentAt, present, reads, texts);
  for (const [index, [name, value]] of variables.entries()) {
    const at = variablesAt + index * VARIABLE_BYTES;
    texts.push({ at, text: name }, { at: at + 8, text: value });
  }
  let next = variablesAt + variables.length * VARIABLE_BYTES;
  const bytes = Buffer.from(memory);
  for (const { at, text } of texts) {
    const length = bytes.write(text, next, "utf16le");
    view.setUint32(at, next, true);
    view.setUint32(at + 4, length, true);
    next += length;
  }
}

/** What the module answered, or a sentence that says what is wrong with it. `isUpdate` bounds what may be set. */
export function readAnswer(
  memory: ArrayBuffer,
  base: number,
  isUpdate: boolean,
  minor: number,
): AdmissionAnswer | string {
  const reader = new Reader(memory, base);
  const set: (readonly [SubmissionField, FieldValue])[] = [];
  for (const [slot, field] of SUBMISSION_FIELDS.entries()) {
    if (field.since > minor) continue;
    const at = base + HEAD_BYTES + slot * SLOT_BYTES;
    if (reader.state(at) < SET) continue;
    const value = field.type === "text" ? reader.text(at + VALUE) : reader.number(at + VALUE);
    if (typeof value === "object") return `set ${field.name} to ${value.wrong}`;
    set.push([field, value]);
  }
  const notes = reader.headText(MESSAGE_HEAD.notesAt);
  if (typeof notes === "object") return `gave a note that is ${notes.wrong}`;
  if (reader.cell(MESSAGE_HEAD.isRefused) === 0) return checkedAnswer({ set, notes }, isUpdate);
  const code = reader.headText(MESSAGE_HEAD.codeAt);
  const sentence = reader.headText(MESSAGE_HEAD.sentenceAt);
  if (typeof code === "object" || typeof sentence === "object")
    return "refused with a text that it does not have";
  return checkedAnswer({ set, notes, refused: { code, sentence } }, isUpdate);
}

function writeSlots(
  view: DataView,
  at: number,
  fields: AdmissionFields,
  reads: FieldFilter,
  texts: Text[],
): void {
  let slot = at;
  for (const field of SUBMISSION_FIELDS) {
    const value = reads(field) ? fields[field.name] : undefined;
    view.setInt32(slot, value === undefined ? ABSENT : GIVEN, true);
    if (typeof value === "string") texts.push({ at: slot + VALUE, text: value.slice(0, field.max) });
    else if (value !== undefined) view.setFloat64(slot + VALUE, Number(value), true);
    slot += SLOT_BYTES;
  }
}

/** Names and values that are short enough, in the order that they came in. */
function variablesOf(environment: AdmissionQuestion["environment"]): readonly (readonly [string, string])[] {
  if (environment === undefined) return [];
  const taken: (readonly [string, string])[] = [];
  let length = 0;
  for (const [name, value] of Object.entries(environment)) {
    if (name.length + value.length > MAX_VARIABLE_LENGTH) continue;
    length += name.length + value.length;
    if (length > MAX_ENVIRONMENT_LENGTH || taken.length === MAX_VARIABLES) break;
    taken.push([name, value]);
  }
  return taken;
}

interface Wrong {
  readonly wrong: string;
}

/** Reads what a module wrote, believing none of it. */
class Reader {
  readonly #memory: ArrayBuffer;
  readonly #view: DataView;
  readonly #base: number;

  constructor(memory: ArrayBuffer, base: number) {
    this.#memory = memory;
    this.#view = new DataView(memory);
    this.#base = base;
  }

  state(slot: number): number {
    return this.#view.getInt32(slot, true);
  }

  cell(cell: number): number {
    return this.#view.getUint32(this.#base + 4 * cell, true);
  }

  /** The text whose address and bytes are at `at`; what it says is looked at by whoever takes it. */
  text(at: number): string | Wrong {
    const address = this.#view.getUint32(at, true);
    const bytes = this.#view.getUint32(at + TEXT_BYTES - VALUE, true);
    if (bytes === 0) return "";
    if (bytes % 2 !== 0 || address + bytes > this.#memory.byteLength)
      return { wrong: "no text of its memory" };
    if (bytes / 2 > MAX_TEXT_LENGTH)
      return { wrong: `${bytes / 2} characters; at most ${MAX_TEXT_LENGTH} are read` };
    return Buffer.from(this.#memory, address, bytes).toString("utf16le");
  }

  headText(cell: number): string | Wrong {
    return this.text(this.#base + 4 * cell);
  }

  number(at: number): number {
    return this.#view.getFloat64(at, true);
  }
}
