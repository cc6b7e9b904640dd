/**
 * What is asked of an admission policy and what it answers. Plain values, so that both cross threads; `core/admit` makes
 * the question from a submission and applies the answer, `core/wasm` asks a module.
 */

/** A field that is given; fields that a job does not say are left out. */
export type FieldValue = string | number | boolean;
/** By the names of `policies/sdk/admission.schema.ts`, which are those of a submission. */
export type AdmissionFields = Readonly<Record<string, FieldValue>>;

export interface AdmissionQuestion {
  /** The job as it is asked for; of an update only what shall change, and who asks. */
  readonly submission: AdmissionFields;
  /** Of an update: the job as it stands. */
  readonly present?: AdmissionFields;
  /** Absent where the module does not read it, and of an update. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Partition whose values of parameters hold; absent for the cluster's. */
  readonly partition?: string;
}

export interface AdmissionRefusal {
  /** The site's own word, or a code of the error table. */
  readonly code: string;
  /** One line or several, which the user reads. */
  readonly sentence: string;
}

export interface AdmissionAnswer {
  /** Fields that the policy set; null takes a field back. */
  readonly changes: Readonly<Record<string, FieldValue | null>>;
  readonly refused?: AdmissionRefusal;
  /** Lines that the user reads although the job is taken. */
  readonly notes: readonly string[];
}

/** Characters of a refusal's sentence and of all notes; more lines than these are cut. */
export const MAX_SENTENCE_LENGTH = 1024;
export const MAX_SENTENCE_LINES = 16;
