/**
 * Cases of an admission policy: a job, what it is asked, and what must come of it. Checks what a test file exports, since
 * nothing else has. Pure.
 */
import { ADMISSION_FIELDS, type AdmissionField } from "../../../../policies/sdk/admission.schema.ts";
import type { AdmissionFields, AdmissionQuestion, FieldValue } from "../../../model/admission.ts";
import type { PolicyParameters } from "../../../model/policy.ts";

export interface AdmissionCase {
  readonly name: string;
  readonly parameters: PolicyParameters;
  readonly question: AdmissionQuestion;
  /** The code that it must be refused with; null where it must be admitted; undefined where that is no matter. */
  readonly refused: string | null | undefined;
  readonly changed: Readonly<Record<string, FieldValue | null>> | undefined;
  readonly notes: readonly string[] | undefined;
}

const KNOWN = ["name", "set", "job", "environment", "update", "admitted", "refused", "changed", "notes"];
/** What a job has that a case does not describe. */
const USUAL: AdmissionFields = {
  user: "ada",
  uid: 1000,
  group: "users",
  gid: 1000,
  script: "#!/bin/sh\n",
  nowS: 1_800_000_000,
};

/** The case, or what is wrong with it. */
export function readAdmissionCase(given: unknown): AdmissionCase | string {
  if (!isObject(given)) return "is no object";
  const strange = Object.keys(given).find((key) => !KNOWN.includes(key));
  if (strange !== undefined) return `has ${strange}; a case of an admission policy has ${KNOWN.join(", ")}`;
  const { name, set = {}, job, environment = {}, update, admitted, refused, changed, notes } = given;
  if (typeof name !== "string" || name === "") return "has no name";
  if (!isObject(job)) return "has no job";
  const wrong =
    wrongFields("job", job) ??
    (update === undefined ? undefined : wrongFields("update", update, isOfUpdate)) ??
    (changed === undefined
      ? undefined
      : wrongFields("changed", changed, ({ isChangeable }) => isChangeable, true));
  if (wrong !== undefined) return wrong;
  if (!isObject(set) || !Object.values(set).every(isValue)) return "set is no object of numbers and texts";
  if (!isObject(environment) || !Object.values(environment).every((value) => typeof value === "string"))
    return "environment is no object of texts";
  if (admitted !== undefined && admitted !== true)
    return "admitted can only be true; give refused with a code else";
  if (refused !== undefined && typeof refused !== "string") return "refused is no code";
  if (admitted === true && refused !== undefined) return "is both admitted and refused";
  if (notes !== undefined && !(Array.isArray(notes) && notes.every((note) => typeof note === "string")))
    return "notes is no list of lines";
  if (admitted === undefined && refused === undefined && changed === undefined && notes === undefined)
    return "expects nothing; give admitted, refused, changed or notes";
  const full = { ...USUAL, ...(job as AdmissionFields) };
  return {
    name,
    parameters: set as PolicyParameters,
    question:
      update === undefined
        ? { submission: full, environment: environment as Record<string, string> }
        : { submission: { ...asker(full), ...(update as AdmissionFields) }, present: full },
    refused: admitted === true ? null : refused,
    changed: changed as AdmissionCase["changed"],
    notes: notes as AdmissionCase["notes"],
  };
}

/** What may change, and who asks when. */
const isOfUpdate = ({ name, isUpdatable }: AdmissionField): boolean => isUpdatable || ASKER.includes(name);
const ASKER: readonly string[] = ["nowS", "operator", "user", "uid"];

const asker = ({ user = "", uid = 0, operator = false, nowS = 0 }: AdmissionFields): AdmissionFields => ({
  ...{ user, uid, operator, nowS },
});

function wrongFields(
  where: string,
  given: unknown,
  may: (field: AdmissionField) => boolean = () => true,
  canBeNull = false,
): string | undefined {
  if (!isObject(given)) return `${where} is no object`;
  for (const [name, value] of Object.entries(given)) {
    const field = ADMISSION_FIELDS.find((one) => one.name === name);
    const known = ADMISSION_FIELDS.filter(may).map((one) => one.name);
    if (field === undefined || !may(field)) return `${where} has ${name}; there are ${known.join(", ")}`;
    if (value === null && canBeNull) continue;
    const wanted = field.type === "text" ? "string" : field.type === "bool" ? "boolean" : "number";
    if (typeof value !== wanted) return `${where}.${name} is no ${wanted}`;
  }
  return undefined;
}

const isValue = (value: unknown): boolean => typeof value === "number" || typeof value === "string";
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
