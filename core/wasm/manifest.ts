/**
 * The manifest that a module carries in its custom section `rota.manifest`: who it is, which columns it reads and which
 * parameters it takes. Read when the module is loaded and believed only as far as it is checked here.
 */
import type { PolicyKind, PriorityTime } from "../model/policy.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { ABI_MAJOR } from "./generated/abi.ts";
import { BATCH_COLUMNS } from "./generated/batch-block.ts";
import { NODE_COLUMNS } from "./generated/node-block.ts";
import { SUBMISSION_FIELDS } from "./generated/submission.ts";
import { VICTIM_COLUMNS } from "./generated/victim-block.ts";

export const MANIFEST_SECTION = "rota.manifest";
export const MAX_MANIFEST_BYTES = 65_536;
export const MAX_PARAMETERS = 64;
const MAX_NAME_BYTES = 64;
const MAX_DOC_BYTES = 1024;
/** Characters of a text parameter. */
export const MAX_TEXT_LENGTH = 4096;
/** Columns that change while nobody writes a job's row. */
const COLUMNS_OF_TIME: readonly unknown[] = ["ageS", "fairshare"];

export interface ManifestParameter {
  readonly name: string;
  /** `string` only of an admission module. */
  readonly type: "f32" | "f64" | "i32" | "bool" | "string";
  readonly default: number | string;
  /** Bounds of a number; of a text its least and greatest length in characters. */
  readonly min: number;
  readonly max: number;
  /** What a number counts; absent where it counts nothing, or the module does not say. */
  readonly unit?: string;
  readonly doc: string;
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly kind: PolicyKind;
  /** `MAJOR.MINOR` that it was built for. */
  readonly abi: string;
  readonly doc: string;
  /** Of a priority module: what its scores depend on; `dynamic` where the manifest says nothing. */
  readonly time: PriorityTime;
  /** Of a topology module: whether jobs of one node are its to place as well. */
  readonly singles: boolean;
  /** Only these are copied into the module; others read as 0. */
  readonly columns: readonly string[];
  readonly parameters: readonly ManifestParameter[];
}

/** Checks the section's bytes against the module's own constants; every refusal is POLICY_MANIFEST. */
export function readManifest(section: ArrayBuffer, kind: PolicyKind, minor: number): Result<Manifest> {
  const bad = (what: string) => refuse("POLICY_MANIFEST", `the module's manifest ${what}`);
  if (section.byteLength > MAX_MANIFEST_BYTES) {
    return bad(`has ${section.byteLength} bytes, more than ${MAX_MANIFEST_BYTES}`);
  }
  const given = parseJson(section);
  if (!isRecord(given)) return bad("is not a JSON object");
  const { name, version, abi, doc, columns, parameters } = given;
  if (!isText(name, MAX_NAME_BYTES) || name === "") return bad("has no name");
  if (!isText(version, MAX_NAME_BYTES)) return bad("has no version");
  if (!isText(doc, MAX_DOC_BYTES)) return bad("has no doc");
  if (given["kind"] !== kind)
    return bad(`names kind ${String(given["kind"]).slice(0, MAX_NAME_BYTES)}, not ${kind}`);
  if (abi !== `${ABI_MAJOR}.${minor}`) return bad("names another ABI than the module's constants");
  if (!Array.isArray(columns) || !columns.every((column) => isColumn(KNOWN[kind], column, minor))) {
    return bad(`names columns that ABI ${ABI_MAJOR}.${minor} does not have`);
  }
  const time = given["time"] ?? "dynamic";
  if (time !== "dynamic" && !(time === "static" && kind === "priority"))
    return bad("has a time that is neither static, of a priority module, nor dynamic");
  if (time === "static" && columns.some((column) => COLUMNS_OF_TIME.includes(column)))
    return bad("calls a module static that reads ageS or fairshare");
  const singles = given["singles"] ?? false;
  if (typeof singles !== "boolean" || (singles && kind !== "topology"))
    return bad("has singles that is neither true, of a topology module, nor false");
  if (!Array.isArray(parameters) || parameters.length > MAX_PARAMETERS) {
    return bad(`has no list of at most ${MAX_PARAMETERS} parameters`);
  }
  if (!parameters.every((parameter) => isParameter(parameter, kind))) {
    return bad("has a parameter without name, type, doc, or a default between its min and max");
  }
  if (new Set(parameters.map((parameter) => parameter.name)).size !== parameters.length) {
    return bad("names a parameter twice");
  }
  return ok({ name, version, kind, abi, doc, time, singles, columns, parameters });
}

/** What a module of a kind may say that it reads, with the minor version that brought it. */
const KNOWN: Readonly<Record<PolicyKind, Readonly<Record<string, number>>>> = {
  priority: BATCH_COLUMNS,
  placement: NODE_COLUMNS,
  topology: NODE_COLUMNS,
  preemption: VICTIM_COLUMNS,
  admission: {
    ...Object.fromEntries(SUBMISSION_FIELDS.map(({ name, since }) => [name, since])),
    environment: SUBMISSION_FIELDS[0]!.since,
  },
};

function parseJson(section: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(section));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown, maxBytes: number): value is string {
  return typeof value === "string" && value.length <= maxBytes;
}

function isColumn(known: Readonly<Record<string, number>>, column: unknown, minor: number): boolean {
  return typeof column === "string" && Object.hasOwn(known, column) && known[column]! <= minor;
}

function isParameter(value: unknown, kind: PolicyKind): value is ManifestParameter {
  if (!isRecord(value)) return false;
  const { name, type, min, max, doc, unit = "" } = value;
  const initial = value["default"];
  if (!isText(name, MAX_NAME_BYTES) || !/^[A-Za-z]\w*$/.test(name)) return false;
  if (!isText(doc, MAX_DOC_BYTES) || !isText(unit, MAX_NAME_BYTES)) return false;
  if (type === "string")
    return (
      kind === "admission" &&
      isLength(min) &&
      isLength(max) &&
      typeof initial === "string" &&
      initial.length >= min &&
      initial.length <= max
    );
  return (
    (type === "f32" || type === "f64" || type === "i32" || type === "bool") &&
    Number.isFinite(min) &&
    Number.isFinite(max) &&
    Number.isFinite(initial) &&
    Number(min) <= Number(initial) &&
    Number(initial) <= Number(max)
  );
}

const isLength = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_TEXT_LENGTH;
