/**
 * Command lines as getopt_long reads them, since scripts rely on all of it: `-N4`, `-N 4`, `-HJname`, `--nodes=4`,
 * `--nodes 4`, unambiguous abbreviations of long names, `--` to end the options, and its messages. Pure.
 */

/** One spelling of an option. Several spellings with one `key` are the same option. */
export interface OptionSpec {
  /** What the command knows the option by. */
  readonly key: string;
  /** Without dashes; absent for an option that has only a letter. */
  readonly long?: string;
  readonly short?: string;
  /**
   * `optional` takes a value only when it is attached (`--nice=5`); `following` also takes the next word where that
   * does not begin with a dash, as squeue's --jobs and --steps do.
   */
  readonly arg: "none" | "required" | "optional" | "following";
  /** Known to Slurm and not to this version: the command refuses it by name. */
  readonly refused?: true;
}

/** An option as it was given. */
export interface GivenOption {
  readonly spec: OptionSpec;
  readonly value: string | undefined;
}

export interface Scan {
  readonly ok: true;
  readonly options: readonly GivenOption[];
  /** Words that are no options, in order. */
  readonly rest: readonly string[];
}

/** Text for standard error, whole lines. */
export interface BadScan {
  readonly ok: false;
  readonly text: string;
}

/** Most words of a command line; the kernel's own bound on their length is far above any that is meant. */
export const MAX_WORDS = 200_000;

/**
 * Reads the words of a command line. `stopAtFirst` ends the options at the first word that is none (sbatch, whose
 * script has its own); else options may stand between and after other words.
 */
export const scanOptions = (
  command: string,
  words: readonly string[],
  specs: readonly OptionSpec[],
  stopAtFirst: boolean,
): Scan | BadScan => {
  if (words.length > MAX_WORDS) return badScan(command, `the command line has more than ${MAX_WORDS} words`);
  const options: GivenOption[] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; ) {
    const word = words[at]!;
    if (word === "--") {
      for (let i = at + 1; i < words.length; i++) rest.push(words[i]!);
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      if (stopAtFirst) {
        for (let i = at; i < words.length; i++) rest.push(words[i]!);
        break;
      }
      rest.push(word);
      at++;
      continue;
    }
    const read = word.startsWith("--")
      ? readLong(command, words, at, specs)
      : readShorts(command, words, at, specs);
    if ("text" in read) return read;
    for (const option of read.options) options.push(option);
    at = read.next;
  }
  return { ok: true, options, rest };
};

interface Read {
  readonly options: readonly GivenOption[];
  /** Index of the word behind. */
  readonly next: number;
}

const readLong = (
  command: string,
  words: readonly string[],
  at: number,
  specs: readonly OptionSpec[],
): Read | BadScan => {
  const word = words[at]!;
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const spec = findLong(name, specs);
  if (spec === undefined) return badScan(command, `unrecognized option '${word}'`);
  if (Array.isArray(spec)) {
    const names = spec.map((one: OptionSpec) => `'--${one.long}'`).join(" ");
    return badScan(command, `option '${word}' is ambiguous; possibilities: ${names}`);
  }
  if (equals >= 0) {
    if (spec.arg === "none") return badScan(command, `option '--${spec.long}' doesn't allow an argument`);
    return { options: [{ spec, value: word.slice(equals + 1) }], next: at + 1 };
  }
  if (takesNext(spec, words[at + 1])) return { options: [{ spec, value: words[at + 1] }], next: at + 2 };
  if (spec.arg === "required") return badScan(command, `option '--${spec.long}' requires an argument`);
  return { options: [{ spec, value: undefined }], next: at + 1 };
};

/** The option with that long name, or the only one that it abbreviates; several where it is ambiguous. */
const findLong = (name: string, specs: readonly OptionSpec[]): OptionSpec | OptionSpec[] | undefined => {
  const begun = specs.filter((spec) => spec.long?.startsWith(name) === true);
  const exact = begun.find((spec) => spec.long === name);
  if (exact !== undefined) return exact;
  const [first] = begun;
  return begun.every((spec) => spec.key === first!.key && spec.arg === first!.arg) ? first : begun;
};

const readShorts = (
  command: string,
  words: readonly string[],
  at: number,
  specs: readonly OptionSpec[],
): Read | BadScan => {
  const word = words[at]!;
  const options: GivenOption[] = [];
  for (let i = 1; i < word.length; i++) {
    const letter = word[i]!;
    const spec = specs.find((one) => one.short === letter);
    if (spec === undefined) return badScan(command, `invalid option -- '${letter}'`);
    if (spec.arg === "none") {
      options.push({ spec, value: undefined });
      continue;
    }
    if (i + 1 < word.length) {
      options.push({ spec, value: word.slice(i + 1) });
      return { options, next: at + 1 };
    }
    if (takesNext(spec, words[at + 1])) {
      options.push({ spec, value: words[at + 1] });
      return { options, next: at + 2 };
    }
    if (spec.arg === "required") return badScan(command, `option requires an argument -- '${letter}'`);
    options.push({ spec, value: undefined });
  }
  return { options, next: at + 1 };
};

const takesNext = (spec: OptionSpec, next: string | undefined): boolean =>
  next !== undefined && (spec.arg === "required" || (spec.arg === "following" && !next.startsWith("-")));

const badScan = (command: string, problem: string): BadScan => ({
  ok: false,
  text: `${command}: ${problem}\nTry "${command} --help" for more information\n`,
});
