/**
 * Strings and lists of strings of an author's file as TypeScript: which methods there are, what they take and give, and
 * the text that does with them what AssemblyScript does where the two differ. Pure.
 */
import { ADMISSION_FIELDS } from "./admission.schema.ts";
import type { PortableType } from "./portable-types.ts";

export interface TextMethod {
  readonly parameters: readonly PortableType[];
  /** How many of them must be given. */
  readonly least: number;
  readonly returns: PortableType;
  /** The function of the prelude that stands for it, where JavaScript's own does another thing. */
  readonly by?: string;
}

const method = (
  parameters: readonly PortableType[],
  returns: PortableType,
  more: Partial<Pick<TextMethod, "least" | "by">> = {},
): TextMethod => ({ parameters, returns, least: parameters.length, ...more });

/** Of a string. */
const OF_STRING: Readonly<Record<string, TextMethod>> = {
  includes: method(["string", "i32"], "bool", { least: 1 }),
  startsWith: method(["string", "i32"], "bool", { least: 1 }),
  endsWith: method(["string"], "bool"),
  indexOf: method(["string", "i32"], "i32", { least: 1 }),
  lastIndexOf: method(["string"], "i32"),
  substring: method(["i32", "i32"], "string", { least: 1 }),
  slice: method(["i32", "i32"], "string", { least: 1 }),
  charAt: method(["i32"], "string"),
  charCodeAt: method(["i32"], "i32", { by: "$codeAt" }),
  concat: method(["string"], "string"),
  trim: method([], "string"),
  trimStart: method([], "string"),
  trimEnd: method([], "string"),
  toLowerCase: method([], "string"),
  toUpperCase: method([], "string"),
  padStart: method(["i32", "string"], "string", { least: 1 }),
  padEnd: method(["i32", "string"], "string", { least: 1 }),
  repeat: method(["i32"], "string"),
  replace: method(["string", "string"], "string", { by: "$replace" }),
  replaceAll: method(["string", "string"], "string", { by: "$replaceAll" }),
  split: method(["string"], "string[]"),
  toString: method([], "string"),
};

/** Of a list of strings. */
const OF_LIST: Readonly<Record<string, TextMethod>> = {
  includes: method(["string"], "bool"),
  indexOf: method(["string"], "i32"),
  join: method(["string"], "string"),
};

/** Of a submission, beside its fields. */
const OF_SUBMISSION: Readonly<Record<string, TextMethod>> = {
  environment: method(["string"], "string"),
  refuse: method(["string", "string"], "void"),
  note: method(["string"], "void"),
};

export const TEXT_METHODS: Readonly<Record<PortableType, Readonly<Record<string, TextMethod>>>> = {
  string: OF_STRING,
  "string[]": OF_LIST,
  Submission: OF_SUBMISSION,
};

/** Functions of `rota/admission`. */
export const TEXT_FUNCTIONS: Readonly<Record<string, TextMethod>> = {
  listHas: method(["string", "string"], "bool"),
  mapped: method(["string", "string"], "string"),
};

/** Whether a module may write to the field of a submission. */
export const isWritable = (field: string): boolean =>
  ADMISSION_FIELDS.some(({ name, isChangeable }) => name === field && isChangeable);

/** Types of a submission's fields. */
export const SUBMISSION_TYPES: Readonly<Record<string, PortableType>> = Object.fromEntries(
  ADMISSION_FIELDS.map(({ name, type }) => [name, type === "text" ? "string" : type]),
);

export const TEXT_PRELUDE = `
const $codeAt = (text, at) => (at >= 0 && at < text.length ? text.charCodeAt(at) : -1);
const $replace = (text, wanted, other) => text.replace(wanted, () => other);
const $replaceAll = (text, wanted, other) => text.replaceAll(wanted, () => other);
const $item = (list, at) => {
  if (at < 0 || at >= list.length) throw new RangeError("index out of range");
  return list[at];
};
const listHas = (list, item) => list.split(",").some((one) => one.trim() === item);
const mapped = (map, key) => {
  for (const one of map.split(",")) {
    const item = one.trim();
    const at = item.indexOf("=");
    if (at > 0 && item.substring(0, at) === key) return item.substring(at + 1);
  }
  return "";
};
`;
