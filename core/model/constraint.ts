/**
 * What features the nodes of a job must have, as `--constraint` writes it: `a&b`, `a|b`, `(a|b)&c`, `[a|b]` (all nodes
 * alike in this), `a*2&b*1` (so many nodes of each). As in Slurm `&` and `|` bind alike and are read from the left.
 * Which nodes that means is constraint-nodes.ts. Pure.
 */
import {
  digitsEnd,
  found,
  type Parsed,
  parsed,
  readNumber,
  tooLong,
  type Unparsed,
  unparsed,
} from "./parse-result.ts";

/** What one node has: `terms` are two or more, none of the kind of the whole, each once, in the order of their text. */
export type FeatureExpr =
  | { readonly kind: "feature"; readonly name: string }
  | { readonly kind: "all" | "any"; readonly terms: readonly FeatureExpr[] };

export interface FeatureCount {
  readonly expr: FeatureExpr;
  /** 1 .. MAX_FEATURE_COUNT. */
  readonly count: number;
}

/** One way to meet a constraint. */
export interface ConstraintOption {
  /** What each node of the job has; absent for nothing. */
  readonly each?: FeatureExpr;
  /** So many nodes of the job have that, no node counted twice; the job may have more nodes. */
  readonly counts: readonly FeatureCount[];
}

/** One of the options must hold for the job as a whole; at least one, each once, in the order of their text. */
export interface Constraint {
  readonly options: readonly ConstraintOption[];
}

export const MAX_FEATURE_COUNT = 65_536;
/** Features that one constraint names, repetitions counted. */
export const MAX_FEATURES_NAMED = 256;
/** Numbers of nodes in one option. */
export const MAX_FEATURE_COUNTS = 8;
const MAX_DEPTH = 32;
const MAX_NAME_LENGTH = 255;
export const CONSTRAINT_FORMS = "features like a&b, a|b, (a|b)&c, [a|b] or [a*2&b*1]";

export const parseConstraint = (text: string): Parsed<Constraint> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const reader: Reader = { text, names: 0 };
  const whole = readSequence(reader, 0, 0);
  if (!whole.ok) return whole;
  const { node, end } = whole.value;
  if (end < text.length) return bad(`${found(text, end)} does not belong here`, end);
  return constraintOf(node);
};

/** A text that reads back as the same constraint; `a&b` for features that each node must have. */
export const printConstraint = ({ options }: Constraint): string => {
  const [first] = options;
  if (first === undefined) return "";
  if (options.length === 1) return printOption(first);
  return `[${options.map((option) => grouped(printOption(option))).join("|")}]`;
};

export const printFeatures = (expr: FeatureExpr): string =>
  expr.kind === "feature"
    ? expr.name
    : expr.terms.map((term) => grouped(printFeatures(term))).join(expr.kind === "all" ? "&" : "|");

/** All names, each once, sorted. */
export const featureNames = ({ options }: Constraint): readonly string[] => {
  const names = new Set<string>();
  const add = (expr: FeatureExpr): void => {
    if (expr.kind === "feature") names.add(expr.name);
    else for (const term of expr.terms) add(term);
  };
  for (const { each, counts } of options) {
    if (each !== undefined) add(each);
    for (const { expr } of counts) add(expr);
  }
  return [...names].sort();
};

/** `a&b` or `a|b` of these, in its one form. At least one. */
export const joinFeatures = (kind: "all" | "any", parts: readonly FeatureExpr[]): FeatureExpr => {
  const byText = new Map<string, FeatureExpr>();
  for (const part of parts) {
    for (const term of part.kind === kind ? part.terms : [part]) byText.set(printFeatures(term), term);
  }
  const terms = sortedByText(byText);
  const [only] = terms;
  return terms.length === 1 && only !== undefined ? only : { kind, terms };
};

const sortedByText = <T>(byText: ReadonlyMap<string, T>): readonly T[] =>
  [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

const printOption = ({ each, counts }: ConstraintOption): string => {
  const parts = counts.map(({ expr, count }) => `${grouped(printFeatures(expr))}*${count}`);
  if (each === undefined) return parts.join("&");
  const alone = printFeatures(each);
  if (parts.length === 0) return alone;
  return [each.kind === "any" ? grouped(alone) : alone, ...parts].join("&");
};

const grouped = (text: string): string => (/[&|]/.test(text) ? `(${text})` : text);

/** What was written, before it is known whether it makes sense. */
type Written =
  | { readonly kind: "feature"; readonly name: string; readonly at: number }
  | { readonly kind: "counted"; readonly of: Written; readonly count: number; readonly at: number }
  | { readonly kind: "brackets"; readonly of: Written; readonly at: number }
  | {
      readonly kind: "all" | "any";
      readonly terms: readonly Written[];
      readonly at: number;
      /** In parentheses: not one with what follows. */
      readonly closed: boolean;
    };

interface Reader {
  readonly text: string;
  names: number;
}
type Read = Parsed<{ readonly node: Written; readonly end: number }>;

const readSequence = (reader: Reader, from: number, depth: number): Read => {
  const first = readTerm(reader, from, depth);
  if (!first.ok) return first;
  let { node, end } = first.value;
  for (;;) {
    const sign = reader.text[end];
    if (sign !== "&" && sign !== "|") return parsed({ node, end });
    const next = readTerm(reader, end + 1, depth);
    if (!next.ok) return next;
    const kind = sign === "&" ? "all" : "any";
    const open = node.kind === kind && !node.closed ? node.terms : [node];
    node = { kind, terms: [...open, next.value.node], at: from, closed: false };
    end = next.value.end;
  }
};

const readTerm = (reader: Reader, at: number, depth: number): Read => {
  const primary = readPrimary(reader, at, depth);
  if (!primary.ok) return primary;
  const { node, end } = primary.value;
  if (reader.text[end] !== "*") return primary;
  const to = digitsEnd(reader.text, end + 1);
  if (to === end + 1) return bad(`a number of nodes is missing before ${found(reader.text, to)}`, to);
  const count = readNumber(reader.text, end + 1, to);
  if (count < 1 || count > MAX_FEATURE_COUNT)
    return bad(`a number of nodes is not 1 to ${MAX_FEATURE_COUNT}`, end + 1);
  return parsed({ node: { kind: "counted", of: node, count, at }, end: to });
};

const readPrimary = (reader: Reader, at: number, depth: number): Read => {
  const { text } = reader;
  const open = text[at];
  if (open !== "(" && open !== "[") return readName(reader, at);
  if (depth === MAX_DEPTH) return bad(`there are more than ${MAX_DEPTH} parentheses in each other`, at);
  const inner = readSequence(reader, at + 1, depth + 1);
  if (!inner.ok) return inner;
  const { node, end } = inner.value;
  const close = open === "(" ? ")" : "]";
  if (text[end] !== close) return bad(`${close} is missing before ${found(text, end)}`, end);
  if (open === "[") return parsed({ node: { kind: "brackets", of: node, at }, end: end + 1 });
  const isList = node.kind === "all" || node.kind === "any";
  return parsed({ node: isList ? { ...node, closed: true } : node, end: end + 1 });
};

const readName = (reader: Reader, at: number): Read => {
  const { text } = reader;
  let end = at;
  while (end < text.length && isNameCharacter(text.charCodeAt(end))) end++;
  if (end === at) return bad(`a feature is missing before ${found(text, at)}`, at);
  if (end - at > MAX_NAME_LENGTH) return bad("a feature's name is too long", at);
  if (++reader.names > MAX_FEATURES_NAMED)
    return bad(`more than ${MAX_FEATURES_NAMED} features are named`, at);
  return parsed({ node: { kind: "feature", name: text.slice(at, end), at }, end });
};

/** Letters, digits and `% + - . : = @ _`. */
const isNameCharacter = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 64 && code <= 90) ||
  (code >= 48 && code <= 58) ||
  code === 95 ||
  code === 45 ||
  code === 46 ||
  code === 43 ||
  code === 61 ||
  code === 37;

const constraintOf = (whole: Written): Parsed<Constraint> => {
  const outside: Written[] = [];
  let inside: Written | undefined;
  for (const part of partsOf(whole, "all")) {
    if (part.kind !== "brackets") outside.push(part);
    else if (inside === undefined) inside = part.of;
    else return bad("there is more than one pair of brackets", part.at);
  }
  const byText = new Map<string, ConstraintOption>();
  for (const one of inside === undefined ? [undefined] : partsOf(inside, "any")) {
    const option = optionOf(one === undefined ? outside : [...outside, ...partsOf(one, "all")]);
    if (!option.ok) return option;
    byText.set(printOption(option.value), option.value);
  }
  return parsed({ options: sortedByText(byText) });
};

const partsOf = (node: Written, kind: "all" | "any"): readonly Written[] => {
  // A group in parentheses is one thing to `|`, and the same as without them to `&`.
  if (node.kind !== kind || (kind === "any" && node.closed)) return [node];
  return kind === "any" ? node.terms : node.terms.flatMap((term) => partsOf(term, kind));
};

const optionOf = (parts: readonly Written[]): Parsed<ConstraintOption> => {
  const each: FeatureExpr[] = [];
  const counts: FeatureCount[] = [];
  for (const part of parts) {
    const expr = featuresOf(part.kind === "counted" ? part.of : part);
    if (!expr.ok) return expr;
    if (part.kind !== "counted") each.push(expr.value);
    else if (counts.length === MAX_FEATURE_COUNTS)
      return bad(`more than ${MAX_FEATURE_COUNTS} numbers of nodes go together`, part.at);
    else counts.push({ expr: expr.value, count: part.count });
  }
  const text = ({ expr, count }: FeatureCount): string => `${printFeatures(expr)}*${count}`;
  counts.sort((a, b) => (text(a) < text(b) ? -1 : 1));
  return parsed(each.length === 0 ? { counts } : { each: joinFeatures("all", each), counts });
};

const featuresOf = (node: Written): Parsed<FeatureExpr> => {
  if (node.kind === "feature") return parsed({ kind: "feature", name: node.name });
  if (node.kind === "counted")
    return bad("a number of nodes belongs to a part of the whole, or of a pair of brackets", node.at);
  if (node.kind === "brackets") return bad("brackets stand in another expression", node.at);
  const terms: FeatureExpr[] = [];
  for (const term of node.terms) {
    const expr = featuresOf(term);
    if (!expr.ok) return expr;
    terms.push(expr.value);
  }
  return parsed(joinFeatures(node.kind, terms));
};

const bad = (problem: string, at: number): Unparsed =>
  unparsed("INVALID_FEATURE", problem, at, CONSTRAINT_FORMS);
