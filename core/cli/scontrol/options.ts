/** The options and keywords of scontrol. Pure. */
import { done, type Outcome, plainFailure, refuseUnsupported } from "../failure.ts";
import { type OptionSpec, scanOptions } from "../getopt.ts";

const flag = (long: string, short?: string): OptionSpec => ({
  key: long,
  long,
  arg: "none",
  ...(short === undefined ? {} : { short }),
});
const lacks = (long: string, arg: OptionSpec["arg"] = "none", short?: string): OptionSpec => ({
  ...flag(long, short),
  arg,
  refused: true,
});

export const SCONTROL_OPTIONS: readonly OptionSpec[] = [
  flag("all", "a"),
  { ...lacks("cluster", "required"), key: "clusters" },
  lacks("clusters", "required", "M"),
  flag("details", "d"),
  lacks("federation"),
  lacks("future", "none", "F"),
  flag("help", "h"),
  flag("hide"),
  lacks("json", "optional"),
  flag("local"),
  flag("oneliner", "o"),
  flag("quiet", "Q"),
  lacks("sibling"),
  lacks("uid", "required", "u"),
  flag("usage"),
  flag("verbose", "v"),
  flag("version", "V"),
  lacks("yaml", "optional"),
];

export interface ScontrolRequest {
  readonly print: "help" | "usage" | "version" | "";
  readonly oneLine: boolean;
  readonly details: boolean;
  /** Says nothing of what failed but by the exit status. */
  readonly quiet: boolean;
  /** The keyword and what follows. */
  readonly words: readonly string[];
}

export const readScontrolOptions = (command: string, words: readonly string[]): Outcome<ScontrolRequest> => {
  const scan = scanOptions(command, words, SCONTROL_OPTIONS, false);
  if (!scan.ok) return plainFailure(scan.text);
  const unsupported = refuseUnsupported(command, scan.options);
  if (unsupported !== undefined) return unsupported;
  const has = (key: string): boolean => scan.options.some(({ spec }) => spec.key === key);
  const print = ["help", "usage", "version"].find(has) ?? "";
  return done({
    print: print as ScontrolRequest["print"],
    oneLine: has("oneliner"),
    details: has("details"),
    quiet: has("quiet"),
    words: scan.rest,
  });
};

/** Whether the word is the keyword or its beginning, of at least so many letters, in any case. */
export const isKeyword = (word: string, keyword: string, least: number): boolean =>
  word.length >= least && keyword.startsWith(word.toLowerCase());
