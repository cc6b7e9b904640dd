/**
 * Reads what an author's file declares: its class, the kind that follows from the class it extends, its parameters and
 * the columns it names. Runs at build time on the source text; never compiles or runs it.
 */
import { ABI } from "./abi.schema.ts";
import { ADMISSION_FIELDS } from "./admission.schema.ts";
import {
  type ClassDeclaration,
  type Decorated,
  type FieldDeclaration,
  isClass,
  isField,
  isMethod,
  parseSource,
  type Ranged,
  type Source,
} from "./compiler.ts";

export interface ParameterDeclaration {
  readonly name: string;
  readonly type: string;
  readonly default: number | string;
  /** Bounds of a number; of a text its least and greatest length in characters. */
  readonly min: number;
  readonly max: number;
  /** What a number counts, as `CPUs` or `seconds`; "" where it counts nothing. */
  readonly unit: string;
  readonly doc: string;
}

export interface Declaration {
  readonly className: string;
  readonly kind: "priority" | "placement" | "topology" | "preemption" | "admission";
  readonly version: string;
  readonly doc: string;
  /** Of a priority policy that says so: scores depend on nothing that changes while a job waits. */
  readonly time?: "static";
  /** The SDK's loop that calls the class, where it is not the usual one of its kind. */
  readonly driver?: "set-topology" | "sharing";
  /** Of a topology that says so: it is asked for jobs of one node too. */
  readonly singles?: true;
  readonly parameters: readonly ParameterDeclaration[];
}

export type Declared =
  | { readonly ok: true; readonly value: Declaration }
  | { readonly ok: false; readonly message: string };

const KIND_OF_BASE: Readonly<Record<string, Declaration["kind"]>> = {
  Priority: "priority",
  Placement: "placement",
  SharedPlacement: "placement",
  Topology: "topology",
  SetTopology: "topology",
  Preemption: "preemption",
  Admission: "admission",
};
const DRIVER_COLUMNS: Readonly<Record<Declaration["kind"], readonly string[]>> = {
  priority: [],
  placement: ["freeCpus", "totalCpus", "freeMemMib", "totalMemMib", "freeGpus", "totalGpus"],
  topology: ["topologyLeaf"],
  preemption: [],
  admission: [],
};
/** What the loop of a topology that chooses whole sets reads: places, and what says that a node is idle. */
const SET_COLUMNS: readonly string[] = [
  ...DRIVER_COLUMNS.placement,
  ...["topologyLeaf", "level0", "level1", "level2"],
];
/** The method that a class of the kind must have. */
const METHODS: Readonly<Record<Declaration["kind"], string>> = {
  priority: "score",
  placement: "score",
  topology: "score",
  preemption: "cost",
  admission: "submit",
};
const COLUMNS: Readonly<Record<Declaration["kind"], readonly { readonly name: string }[]>> = {
  priority: ABI.batchColumns,
  placement: ABI.nodeColumns,
  topology: ABI.nodeColumns,
  preemption: ABI.victimColumns,
  // The environment crosses only where a module asks for it, as a field does.
  admission: [...ADMISSION_FIELDS, { name: "environment" }],
};
const PARAMETER_TYPES: readonly string[] = ["f32", "f64", "i32", "bool"];
/** Characters that a text parameter may have at most. */
const MAX_TEXT_LENGTH = 4096;
const MAX_PARAMETERS = 64;

/** What `text`, the file at `path`, declares, or a sentence that says what is wrong with it. */
export function readDeclaration(path: string, text: string): Declared {
  const source = parseSource(path, text);
  const fail = (message: string, at?: Ranged): Declared => ({
    ok: false,
    message: `${path}${at === undefined ? "" : placeOf(text, at.range.start)}: ${message}`,
  });
  if (source === undefined) return fail("the file cannot be read");
  const classes = source.statements
    .filter(isClass)
    .filter((candidate) => Object.hasOwn(KIND_OF_BASE, baseOf(candidate)));
  const [declaration, second] = classes;
  if (declaration === undefined)
    return fail(
      "no class extends Priority, Placement, SharedPlacement, Topology, SetTopology, Preemption or Admission",
    );
  if (second !== undefined)
    return fail(`one policy a file, but ${declaration.name.text} and ${second.name.text} are`, second);
  const kind = KIND_OF_BASE[baseOf(declaration)]!;
  const methods = declaration.members.filter(isMethod).map((member) => member.name.text);
  const isSet = baseOf(declaration) === "SetTopology";
  const method = isSet ? "choose" : METHODS[kind];
  if (!methods.includes(method)) return fail(`${declaration.name.text} has no method ${method}`, declaration);

  const parameters: ParameterDeclaration[] = [];
  for (const field of declaration.members.filter(isField)) {
    const read = readParameter(source, field, kind);
    if (typeof read === "string") return fail(read, field);
    if (read !== undefined) parameters.push(read);
  }
  if (parameters.length > MAX_PARAMETERS) return fail(`more than ${MAX_PARAMETERS} parameters`, declaration);
  const [version, doc, word] = decoratorArguments(source, declaration, "policy") ?? [];
  if (word !== undefined && word !== "static" && word !== "singles")
    return fail('the third word of @policy can only be "static" or "singles"', declaration);
  if (word === "static" && kind !== "priority")
    return fail("only a priority policy can be static", declaration);
  if (word === "singles" && kind !== "topology")
    return fail("only a topology policy can take singles", declaration);
  return {
    ok: true,
    value: {
      className: declaration.name.text,
      kind,
      version: typeof version === "string" ? version : "0.0.0",
      doc: typeof doc === "string" ? doc : "",
      ...(word === "static" && { time: word }),
      ...(isSet && { driver: "set-topology" as const }),
      ...(baseOf(declaration) === "SharedPlacement" && { driver: "sharing" as const }),
      ...(word === "singles" && { singles: true as const }),
      parameters,
    },
  };
}

/** `:LINE:COLUMN` of an offset, both from 1. */
function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `:${before.split("\n").length}:${offset - before.lastIndexOf("\n")}`;
}

/** The columns that the kind's driver reads and every other that the author's texts name, in the schema's order. */
export function columnsRead(
  { kind, driver }: Pick<Declaration, "kind" | "driver">,
  texts: readonly string[],
): readonly string[] {
  const all = COLUMNS[kind].map(({ name }) => name);
  const words = new Set(
    texts.flatMap((text) => [...text.matchAll(/[A-Za-z]\w*/g)].map(([word]) => word.replace(/4$/, ""))),
  );
  const read = driver === "set-topology" ? SET_COLUMNS : DRIVER_COLUMNS[kind];
  return all.filter((name) => read.includes(name) || words.has(name));
}

/** Words that a static policy must not have in its texts: they change while a job waits. */
export const WORDS_OF_TIME: readonly string[] = ["ageS", "fairshare", "random"];

/** The word of time that the texts of a static policy have; undefined where they have none. */
export function wordOfTime(texts: readonly string[]): string | undefined {
  return WORDS_OF_TIME.find((word) => texts.some((text) => new RegExp(`\\b${word}\\b`).test(text)));
}

/** The field's declaration as a parameter, undefined when it is none, or what is wrong with it. */
function readParameter(
  source: Source,
  field: FieldDeclaration,
  kind: Declaration["kind"],
): ParameterDeclaration | string | undefined {
  const given = decoratorArguments(source, field, "parameter");
  if (given === undefined) return undefined;
  const name = field.name.text;
  const [min, max, doc, unit = ""] = given;
  if (
    typeof min !== "number" ||
    typeof max !== "number" ||
    typeof doc !== "string" ||
    typeof unit !== "string"
  ) {
    return `parameter ${name}: write @parameter(min, max, "what it does"), and its unit as a fourth word`;
  }
  const type = field.type === null ? "" : textOf(source, field.type);
  const types = kind === "admission" ? [...PARAMETER_TYPES, "string"] : PARAMETER_TYPES;
  if (!types.includes(type)) return `parameter ${name}: its type must be one of ${types.join(", ")}`;
  const initial = field.initializer === null ? undefined : literal(textOf(source, field.initializer));
  if (type === "string") return textParameter(name, initial, { min, max, unit, doc });
  const value = typeof initial === "boolean" ? Number(initial) : initial;
  if (typeof value !== "number") return `parameter ${name}: give its default as a number`;
  if (!(min <= value && value <= max))
    return `parameter ${name}: its default ${value} is not in ${min} to ${max}`;
  return { name, type, default: value, min, max, unit, doc };
}

function textParameter(
  name: string,
  initial: string | number | boolean | undefined,
  facts: Pick<ParameterDeclaration, "min" | "max" | "unit" | "doc">,
): ParameterDeclaration | string {
  const { min, max } = facts;
  if (typeof initial !== "string") return `parameter ${name}: give its default as a text in quotes`;
  if (!(Number.isInteger(min) && Number.isInteger(max) && min >= 0 && max <= MAX_TEXT_LENGTH))
    return `parameter ${name}: a text has 0 to ${MAX_TEXT_LENGTH} characters`;
  if (initial.length < min || initial.length > max)
    return `parameter ${name}: its default has ${initial.length} characters, not ${min} to ${max}`;
  return { name, type: "string", default: initial, ...facts };
}

/** Literals in the decorator's brackets; undefined when the node has no such decorator. */
function decoratorArguments(
  source: Source,
  node: Decorated,
  name: string,
): readonly (string | number | boolean | undefined)[] | undefined {
  const decorator = node.decorators?.find((candidate) => candidate.name.text === name);
  return decorator === undefined
    ? undefined
    : (decorator.args ?? []).map((arg) => literal(textOf(source, arg)));
}

function literal(text: string): string | number | boolean | undefined {
  if (text === "true" || text === "false") return text === "true";
  if (/^["'`].*["'`]$/s.test(text)) return text.slice(1, -1);
  const value = Number(text.replaceAll("_", ""));
  return text !== "" && Number.isFinite(value) ? value : undefined;
}

function baseOf(declaration: ClassDeclaration): string {
  return declaration.extendsType?.name.identifier.text ?? "";
}

function textOf(source: Source, { range }: Ranged): string {
  return source.text.slice(range.start, range.end);
}
