/** Writes both sides of the message that submissions cross in from `admission.schema.ts`. Text only; `codegen.ts` puts it on disk. */
import {
  ADMISSION_FIELDS,
  ADMISSION_HEAD,
  type AdmissionField,
  SLOT_BYTES,
  VARIABLE_BYTES,
} from "./admission.schema.ts";
import { constantName } from "./codegen-guest.ts";

const CELL_BYTES = 4;

/** The host's: where things lie in a message, and the fields by slot. */
export function hostSubmission(notice: string): string {
  const rows = ADMISSION_FIELDS.map((field) => {
    const { doc: _, ...facts } = field;
    return `  ${JSON.stringify(facts)},\n`;
  });
  return `/** The message that submissions cross in: cells of its head, and the fields by slot. ${notice} */

/** Index of each i32 cell of the head. */
export const MESSAGE_HEAD = {
${ADMISSION_HEAD.map((name, index) => `  ${name}: ${index},\n`).join("")}} as const;

export const SLOT_BYTES = ${SLOT_BYTES};
export const VARIABLE_BYTES = ${VARIABLE_BYTES};

export interface SubmissionField {
  readonly name: string;
  readonly type: "text" | "i32" | "f64" | "bool";
  /** Minor version that brought it. */
  readonly since: number;
  readonly isChangeable: boolean;
  readonly isUpdatable: boolean;
  /** What a number reads as where the job does not say. */
  readonly absent: number;
  /** What a module may set; of text the lengths in characters. */
  readonly min: number;
  readonly max: number;
}

/** In the order of their slots. */
export const SUBMISSION_FIELDS: readonly SubmissionField[] = [
${rows.join("")}];
`;
}

/** The guest's: a class whose objects are addresses of slots, so a view costs nothing until it is read. */
export function guestSubmission(notice: string): string {
  const cells = ADMISSION_HEAD.map(
    (name, index) => `export const ${constantName(name)}: usize = ${index * CELL_BYTES};\n`,
  );
  return `// A submission as an author's class sees it. ${notice}
import { numberAt, setNumberAt, setTextAt, textAt } from "../drivers/slots";
import { addNote, refuseWith, variableOf } from "../drivers/message";

/** Offsets in the head of a message. */
${cells.join("")}
export const VARIABLE_BYTES: usize = ${VARIABLE_BYTES};

/** A job as it was asked for, an update as it was asked for, or a job as it stands. */
@unmanaged @final
export class Submission {
${ADMISSION_FIELDS.map(accessors).join("")}
  /** Value of a variable of the job's environment; "" where it has none. Of an update there is no environment. */
  environment(name: string): string { return variableOf(name); }
  /** Refuses what was asked; the user reads the sentence. The code is the site's own word, or one of Rota's. */
  refuse(code: string, sentence: string): void { refuseWith(code, sentence); }
  /** A line that the user reads although the job is taken. */
  note(sentence: string): void { addNote(sentence); }
}
`;
}

function accessors({ name, type, isChangeable, absent, doc }: AdmissionField, slot: number): string {
  const at = `changetype<usize>(this) + ${slot * SLOT_BYTES}`;
  const get =
    type === "text"
      ? `  get ${name}(): string { return textAt(${at}); }\n`
      : type === "bool"
        ? `  get ${name}(): bool { return numberAt(${at}, 0) != 0; }\n`
        : `  get ${name}(): ${type} { return <${type}>numberAt(${at}, ${absent}); }\n`;
  const guestType = type === "text" ? "string" : type;
  const set =
    type === "text"
      ? `  set ${name}(value: string) { setTextAt(${at}, value); }\n`
      : `  set ${name}(value: ${guestType}) { setNumberAt(${at}, <f64>value); }\n`;
  return `  /** ${doc} */\n${get}${isChangeable ? set : ""}`;
}
