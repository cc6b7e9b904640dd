/**
 * The options that a batch script gives itself: its `#SBATCH` lines, and its `#PBS` and `#BSUB` lines for
 * other-directives.ts to read. They end at the first line that is neither blank nor a comment. Pure.
 */
import { MAX_HET_COMPONENTS } from "../../model/het.ts";
import { done, failure, type Outcome, plainFailure } from "../failure.ts";

export const TOO_MANY_COMPONENTS = `A heterogeneous job has at most ${MAX_HET_COMPONENTS} components`;

export interface Directives {
  /** Words of all the #SBATCH lines, one after another, as Slurm reads them. */
  readonly sbatch: readonly string[];
  readonly pbs: readonly string[];
  readonly bsub: readonly string[];
  /** Of the components of a heterogeneous job after the first; absent where there are none. */
  readonly components?: readonly Directives[];
}

/** `file` is what messages call the script. */
export const readDirectives = (command: string, script: string, file: string): Outcome<Directives> => {
  let found = emptyDirectives();
  const groups = [found];
  let lineNumber = 0;
  for (let at = 0; at < script.length; ) {
    const newline = script.indexOf("\n", at);
    const end = newline < 0 ? script.length : newline;
    const line = script.slice(at, end);
    at = end + 1;
    lineNumber++;
    const marked = MARKS.find(({ mark }) => line.startsWith(mark));
    if (marked !== undefined) {
      const words = splitWords(line.slice(marked.mark.length));
      if (words.ok && marked.list === "sbatch" && isNextComponent(words.value)) {
        if (groups.length === MAX_HET_COMPONENTS) return failure(command, TOO_MANY_COMPONENTS);
        found = emptyDirectives();
        groups.push(found);
      } else if (words.ok) found[marked.list].push(...words.value);
      // What another system makes of its lines is not ours to refuse.
      else if (marked.list === "sbatch")
        return plainFailure(`${command}: fatal: ${file}: line ${lineNumber}: ${words.problem}\n`);
      continue;
    }
    const start = line.trimStart();
    if (start !== "" && !start.startsWith("#")) break;
  }
  const [first, ...components] = groups;
  return done(components.length === 0 ? first! : { ...first!, components });
};

const emptyDirectives = () => ({ sbatch: [] as string[], pbs: [] as string[], bsub: [] as string[] });

/** A line that parts the components of a heterogeneous job; `packjob` is its older name. */
const isNextComponent = ([word, ...more]: readonly string[]): boolean =>
  more.length === 0 && (word === "hetjob" || word === "packjob");

const MARKS = [
  { mark: "#SBATCH", list: "sbatch" },
  { mark: "#PBS", list: "pbs" },
  { mark: "#BSUB", list: "bsub" },
] as const;

type Words =
  | { readonly ok: true; readonly value: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/**
 * Words as Slurm splits them: blanks part them except in quotes, a `#` outside quotes ends the line, a backslash takes
 * the next backslash or quote as it is and is dropped before anything else.
 */
const splitWords = (line: string): Words => {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    const begun = at;
    while (isBlank(line[at])) at++;
    if (at >= line.length || line[at] === "#") break;
    if (line[at] === ":") return { ok: false, problem: `Unexpected \`:\` in [${line.slice(begun)}]` };
    let word = "";
    let quote = "";
    let quoted = false;
    for (; at < line.length; at++) {
      const letter = line[at]!;
      if (letter === "\\" && isEscapable(line[at + 1])) word += line[++at]!;
      else if (letter === "\\") continue;
      else if (quote !== "") {
        if (letter === quote) quote = "";
        else word += letter;
      } else if (letter === '"' || letter === "'") {
        quote = letter;
        quoted = true;
      } else if (isBlank(letter) || letter === "#") break;
      else word += letter;
    }
    if (quote !== "") {
      const rest = words.length === 0 ? line.slice(begun).trimStart() : line.slice(begun);
      return { ok: false, problem: `Unmatched \`${quote}\` in [${rest}]` };
    }
    // A backslash alone is no word, a pair of quotes is an empty one.
    if (word !== "" || quoted) words.push(word);
  }
  return { ok: true, value: words };
};

const isBlank = (letter: string | undefined): boolean => letter === " " || letter === "\t" || letter === "\r";
const isEscapable = (letter: string | undefined): boolean =>
  letter === "\\" || letter === '"' || letter === "'";
