/** An admission policy asked on both its sides: the module, and its source as TypeScript on an object that stands for a submission. */
import type { Portable } from "../../../../policies/sdk/portable.ts";
import type {
  AdmissionAnswer,
  AdmissionFields,
  AdmissionRefusal,
  FieldValue,
} from "../../../model/admission.ts";
import { instantiateAdmission } from "../../../wasm/admission.ts";
import { checkedAnswer } from "../../../wasm/admission-answer.ts";
import { SUBMISSION_FIELDS, type SubmissionField } from "../../../wasm/generated/submission.ts";
import type { PolicyModule } from "../../../wasm/module.ts";
import type { AdmissionInput } from "./admission-inputs.ts";

/** What it answers, or a sentence that says how it went wrong. */
export type AdmissionVerdict = AdmissionAnswer | string;

export function moduleAnswer(
  module: PolicyModule,
  { parameters, question }: AdmissionInput,
): AdmissionVerdict {
  const opened = instantiateAdmission(module, parameters, { number: 1, seed: 1 });
  if (!opened.ok) return opened.refusal.message;
  const judged = opened.value.judge(question);
  return "fault" in judged ? judged.fault.message : judged.answer;
}

export function sourceAnswer(source: Portable, { parameters, question }: AdmissionInput): AdmissionVerdict {
  const { submission, present, environment = {} } = question;
  const twin = new Twin(submission, environment);
  const policy = source.create(parameters, () => 0);
  try {
    if (present === undefined) policy.call("submit", twin.view);
    else policy.call("modify", twin.view, new Twin(present, {}).view);
  } catch (error) {
    return (error as Error).message;
  }
  return checkedAnswer(
    {
      set: twin.set,
      notes: twin.notes.join("\n"),
      ...(twin.refused === undefined ? {} : { refused: twin.refused }),
    },
    present !== undefined,
  );
}

/** The message of the SDK's side, without a memory. */
class Twin {
  readonly view: object;
  readonly notes: string[] = [];
  refused: AdmissionRefusal | undefined;
  readonly #set = new Map<SubmissionField, FieldValue>();

  constructor(given: AdmissionFields, environment: Readonly<Record<string, string>>) {
    const view = {
      environment: (name: string) => (Object.hasOwn(environment, name) ? environment[name] : ""),
      refuse: (code: string, sentence: string) => {
        this.refused ??= { code, sentence };
      },
      note: (sentence: string) => void this.notes.push(sentence),
    };
    for (const field of SUBMISSION_FIELDS) {
      Object.defineProperty(view, field.name, {
        get: () => this.#set.get(field) ?? read(field, given[field.name]),
        set: (value: FieldValue) => void this.#set.set(field, value),
      });
    }
    this.view = view;
  }

  /** In the order of the fields, as a message has them. */
  get set(): readonly (readonly [SubmissionField, FieldValue])[] {
    return SUBMISSION_FIELDS.flatMap((field) => {
      const value = this.#set.get(field);
      return value === undefined ? [] : [[field, value] as const];
    });
  }
}

/** As the SDK's getters give it. */
function read({ type, absent, max }: SubmissionField, value: FieldValue | undefined): FieldValue {
  if (type === "text") return value === undefined ? "" : `${value}`.slice(0, max);
  if (type === "bool") return value === undefined ? false : Boolean(value);
  return value === undefined ? absent : Number(value);
}
