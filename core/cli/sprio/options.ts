/** The options of sprio and what they select and print. Pure. */
import { done, failure, type Outcome, plainFailure, refuseUnsupported } from "../failure.ts";
import { type OptionSpec, scanOptions } from "../getopt.ts";
import { usageText } from "../help-text.ts";

export const SPRIO_USAGE =
  "sprio [-j jid[s]] [-u user_name[s]] [-o format] [-p partitions]\n   [--federation] [--local] [--sibling] [--usage] [-hlnvVw]";

const option = (long: string, short?: string, arg: OptionSpec["arg"] = "none"): OptionSpec => ({
  key: long,
  long,
  arg,
  ...(short === undefined ? {} : { short }),
});

export const SPRIO_OPTIONS: readonly OptionSpec[] = [
  { ...option("cluster", undefined, "required"), key: "clusters", refused: true },
  { ...option("clusters", "M", "required"), refused: true },
  { ...option("federation"), refused: true },
  option("format", "o", "required"),
  option("help"),
  option("jobs", "j", "following"),
  { ...option("json", undefined, "optional"), refused: true },
  option("local"),
  option("long", "l"),
  option("noheader", "h"),
  option("norm", "n"),
  option("partition", "p", "required"),
  { ...option("sibling"), refused: true },
  option("sort", "S", "required"),
  option("usage"),
  option("user", "u", "required"),
  { ...option("users", undefined, "required"), key: "user" },
  option("verbose", "v"),
  option("version", "V"),
  option("weights", "w"),
  { ...option("yaml", undefined, "optional"), refused: true },
];

export interface SprioRequest {
  readonly print: "help" | "usage" | "version" | "";
  /** Job ids; an empty list selects none. */
  readonly ids?: readonly string[];
  /** Names or uids. */
  readonly users?: readonly string[];
  readonly partitions?: readonly string[];
  readonly header: boolean;
  readonly long: boolean;
  /** Factors from 0 to 1 in place of points. */
  readonly norm: boolean;
  /** The weights in place of jobs. */
  readonly weights: boolean;
  readonly format?: string;
  readonly sort: string;
}

const DEFAULT_SORT = "i";
const MAX_IDS = 100_000;

export const readSprioOptions = (
  command: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Outcome<SprioRequest> => {
  const scan = scanOptions(command, words, SPRIO_OPTIONS, false);
  if (!scan.ok) return plainFailure(scan.text);
  const get = (key: string): string | undefined =>
    scan.options.findLast(({ spec }) => spec.key === key)?.value;
  const has = (key: string): boolean => scan.options.some(({ spec }) => spec.key === key);
  const print = ["help", "usage", "version"].find(has) ?? "";
  const [stray] = scan.rest;
  if (print === "" && stray !== undefined)
    return plainFailure(`${command}: error: Unrecognized option: ${stray}\n${usageText(SPRIO_USAGE)}`);
  const unsupported = refuseUnsupported(command, scan.options);
  if (unsupported !== undefined) return unsupported;
  const list = (text: string | undefined): readonly string[] | undefined =>
    text?.split(",").filter((word) => word !== "");
  const ids = list(get("jobs"));
  const bad = ids?.find((word) => !/^[1-9]\d{0,9}$/.test(word));
  if (bad !== undefined) return failure(command, `Invalid job id: ${bad}`);
  if (ids !== undefined && ids.length > MAX_IDS) return failure(command, `more than ${MAX_IDS} job ids`);
  const users = list(get("user"));
  const partitions = list(get("partition"));
  // --long and --norm have formats of their own, which the environment does not change.
  const format = get("format") ?? (has("long") || has("norm") ? undefined : env["SPRIO_FORMAT"]);
  return done({
    print: print as SprioRequest["print"],
    header: !has("noheader"),
    long: has("long"),
    norm: has("norm"),
    weights: has("weights"),
    sort: get("sort") ?? DEFAULT_SORT,
    ...(ids === undefined ? {} : { ids }),
    ...(users === undefined ? {} : { users }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(format === undefined ? {} : { format }),
  });
};
