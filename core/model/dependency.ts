/** What a job waits for, `afterok:12:13,afterany:14`: conditions on other jobs, all of them or any. Pure. */
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

export const DEPENDENCY_KINDS = [
  "after",
  "afterany",
  "afterok",
  "afternotok",
  "aftercorr",
  "afterburstbuffer",
  "singleton",
  "expand",
] as const;
export type DependencyKind = (typeof DEPENDENCY_KINDS)[number];

export interface DependencyTerm {
  readonly kind: DependencyKind;
  /** 1 .. MAX_DEPENDENCY_JOB_ID; 0 for singleton, which names no job. */
  readonly jobId: number;
  /** One task of an array, or all (`5_*`); absent when the job was named alone. */
  readonly arrayTask?: number | "all";
  /** Minutes after the other job's start, `after` only. */
  readonly delayMin?: number;
}

export interface DependencyExpr {
  /** Whether all terms must hold (`,`) or one is enough (`?`). */
  readonly mode: "all" | "any";
  readonly terms: readonly DependencyTerm[];
}

export type DependencyState = "unfulfilled" | "fulfilled" | "failed";

export const MAX_DEPENDENCY_TERMS = 1024;
const MAX_DEPENDENCY_JOB_ID = 2_147_483_645;
const MAX_ARRAY_TASK = 4_194_303;
/** Ten years. */
const MAX_DELAY_MIN = 5_256_000;
export const DEPENDENCY_FORMS =
  "kind:jobid[:jobid...], like afterok:12:13,afterany:14 (all) or afterok:12?afterok:13 (any), or singleton";

/** One term for each job named. `,` and `?` are not mixed. */
export const parseDependency = (text: string): Parsed<DependencyExpr> => {
  const long = tooLong(text);
  if (long !== undefined) return long;
  const terms: DependencyTerm[] = [];
  let separator = "";
  for (let at = 0; ; ) {
    const end = readGroup(text, at, terms);
    if (!end.ok) return end;
    if (end.value === text.length) break;
    const next = text.charAt(end.value);
    if (next !== "," && next !== "?")
      return bad(`${found(text, end.value)} does not belong in a dependency`, end.value);
    if (separator !== "" && next !== separator) return bad("commas and question marks are mixed", end.value);
    separator = next;
    at = end.value + 1;
  }
  return parsed({ mode: separator === "?" ? "any" : "all", terms });
};

/**
 * As scontrol prints it, each term on its own; with a state function `afterok:4(unfulfilled)`, without one a text that
 * reads back as the same expression.
 */
export const printDependency = (
  expr: DependencyExpr,
  stateOf?: (term: DependencyTerm) => DependencyState,
): string =>
  expr.terms
    .map((term) => printTerm(term) + (stateOf === undefined ? "" : `(${stateOf(term)})`))
    .join(expr.mode === "any" ? "?" : ",");

const printTerm = (term: DependencyTerm): string => {
  if (term.kind === "singleton") return "singleton";
  const task = term.arrayTask === undefined ? "" : `_${term.arrayTask === "all" ? "*" : term.arrayTask}`;
  const delay = term.delayMin === undefined ? "" : `+${term.delayMin}`;
  return `${term.kind}:${term.jobId}${task}${delay}`;
};

/** Reads `kind:job:job...` or `singleton`, appends its terms and answers the index after it. */
const readGroup = (text: string, at: number, terms: DependencyTerm[]): Parsed<number> => {
  let end = kindEnd(text, at);
  const word = text.slice(at, end).toLowerCase();
  const kind = DEPENDENCY_KINDS.find((known) => known === word);
  if (kind === undefined)
    return bad(`${end === at ? `a kind is missing before ${found(text, at)}` : "a kind is unknown"}`, at);
  if (kind === "singleton") {
    if (terms.length === MAX_DEPENDENCY_TERMS) return tooMany(at);
    terms.push({ kind, jobId: 0 });
    return parsed(end);
  }
  if (text[end] !== ":") return bad(`a job id is missing after ${kind}`, end);
  while (text[end] === ":") {
    if (terms.length === MAX_DEPENDENCY_TERMS) return tooMany(end);
    const term = readJob(text, end + 1, kind);
    if (!term.ok) return term;
    terms.push(term.value.term);
    end = term.value.end;
  }
  return parsed(end);
};

const kindEnd = (text: string, at: number): number => {
  const MAX_KIND_LENGTH = 32;
  let end = at;
  while (end - at < MAX_KIND_LENGTH && isLetter(text.charCodeAt(end))) end++;
  return end;
};

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90);

const readJob = (
  text: string,
  at: number,
  kind: DependencyKind,
): Parsed<{ term: DependencyTerm; end: number }> => {
  const id = readBounded(text, at, MAX_DEPENDENCY_JOB_ID, "job id");
  if (!id.ok) return id;
  if (id.value.number === 0) return bad("a job id is 0", at);
  let end = id.value.end;
  let task: number | "all" | undefined;
  if (text.startsWith("_*", end)) {
    task = "all";
    end += 2;
  } else if (text[end] === "_") {
    const read = readBounded(text, end + 1, MAX_ARRAY_TASK, "task id");
    if (!read.ok) return read;
    ({ number: task, end } = read.value);
  }
  let delay: number | undefined;
  if (text[end] === "+") {
    if (kind !== "after") return bad("only after takes a delay", end);
    const read = readBounded(text, end + 1, MAX_DELAY_MIN, "delay in minutes");
    if (!read.ok) return read;
    ({ number: delay, end } = read.value);
  }
  const term = {
    kind,
    jobId: id.value.number,
    ...(task === undefined ? {} : { arrayTask: task }),
    ...(delay === undefined ? {} : { delayMin: delay }),
  };
  return parsed({ term, end });
};

const readBounded = (
  text: string,
  at: number,
  max: number,
  noun: string,
): Parsed<{ number: number; end: number }> => {
  const end = digitsEnd(text, at);
  if (end === at) return bad(`a ${noun} is missing before ${found(text, at)}`, at);
  const number = readNumber(text, at, end);
  return number > max ? bad(`a ${noun} is above ${max}`, at) : parsed({ number, end });
};

const tooMany = (at: number): Unparsed => bad(`more than ${MAX_DEPENDENCY_TERMS} jobs are named`, at);

const bad = (problem: string, at: number): Unparsed =>
  unparsed("INVALID_DEPENDENCY", problem, at, DEPENDENCY_FORMS);
