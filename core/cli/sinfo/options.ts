/** The options of sinfo and what they select and print. Pure. */
import type { NodeView } from "../../model/views.ts";
import { done, failure, type Outcome, plainFailure, refuseUnsupported } from "../failure.ts";
import { type OptionSpec, scanOptions } from "../getopt.ts";
import { parseNodeStates, VALID_NODE_STATES } from "../node-states.ts";

const flag = (long: string, short?: string): OptionSpec => ({
  key: long,
  long,
  arg: "none",
  ...(short === undefined ? {} : { short }),
});
const value = (long: string, short?: string): OptionSpec => ({ ...flag(long, short), arg: "required" });
const lacks = (long: string, arg: OptionSpec["arg"] = "none", short?: string): OptionSpec => ({
  ...flag(long, short),
  arg,
  refused: true,
});

export const SINFO_OPTIONS: readonly OptionSpec[] = [
  flag("all", "a"),
  { ...lacks("cluster", "required"), key: "clusters" },
  lacks("clusters", "required", "M"),
  flag("dead", "d"),
  flag("exact", "e"),
  lacks("federation"),
  value("Format", "O"),
  value("format", "o"),
  lacks("future", "none", "F"),
  flag("help"),
  flag("hide"),
  lacks("iterate", "required", "i"),
  lacks("json", "optional"),
  flag("list-reasons", "R"),
  flag("local"),
  flag("long", "l"),
  flag("Node", "N"),
  flag("noconvert"),
  flag("noheader", "h"),
  value("nodes", "n"),
  value("partition", "p"),
  flag("reservation", "T"),
  flag("responding", "r"),
  value("sort", "S"),
  value("states", "t"),
  flag("summarize", "s"),
  flag("usage"),
  flag("verbose", "v"),
  flag("version", "V"),
  lacks("yaml", "optional"),
];

export interface SinfoRequest {
  readonly print: "help" | "usage" | "version" | "reservation" | "";
  readonly partitions?: readonly string[];
  /** Hostlist. */
  readonly nodes?: string;
  readonly hasState?: (node: NodeView) => boolean;
  readonly dead: boolean;
  readonly responding: boolean;
  readonly exact: boolean;
  readonly reasons: boolean;
  readonly long: boolean;
  /** One line for each node and partition. */
  readonly byNode: boolean;
  readonly summarize: boolean;
  readonly header: boolean;
  readonly format?: { readonly text: string; readonly long: boolean };
  readonly sort?: string;
}

const PRINTS = ["help", "usage", "version", "reservation"];

export const readSinfoOptions = (
  command: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Outcome<SinfoRequest> => {
  const scan = scanOptions(command, words, SINFO_OPTIONS, false);
  if (!scan.ok) return plainFailure(scan.text);
  const unsupported = refuseUnsupported(command, scan.options);
  if (unsupported !== undefined) return unsupported;
  const get = (key: string): string | undefined =>
    scan.options.findLast(({ spec }) => spec.key === key)?.value;
  const has = (key: string): boolean => scan.options.some(({ spec }) => spec.key === key);
  const said = get("states");
  const states = said === undefined ? undefined : parseNodeStates(said);
  if (states?.ok === false) {
    const known = `${command}: error: valid states: ${VALID_NODE_STATES}`;
    return failure(command, `Bad state string: "${states.word}"\n${known}`);
  }
  const partitions = get("partition") ?? env["SINFO_PARTITION"];
  const format = scan.options.findLast(({ spec }) => spec.key === "format" || spec.key === "Format");
  const long = has("long");
  const byNode = has("Node");
  const print = scan.options.find(({ spec }) => PRINTS.includes(spec.key))?.spec.key ?? "";
  const sort = get("sort") ?? env["SINFO_SORT"];
  const nodes = get("nodes");
  const fromEnvironment =
    long || byNode || has("summarize") || has("list-reasons") ? undefined : env["SINFO_FORMAT"];
  return done({
    print: print as SinfoRequest["print"],
    dead: has("dead"),
    responding: has("responding"),
    exact: has("exact"),
    reasons: has("list-reasons"),
    long,
    byNode,
    summarize: has("summarize"),
    header: !has("noheader"),
    ...(partitions === undefined ? {} : { partitions: partitions.split(",") }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(states?.ok === true ? { hasState: states.test } : {}),
    ...(format?.value !== undefined
      ? { format: { text: format.value, long: format.spec.key === "Format" } }
      : fromEnvironment !== undefined && fromEnvironment !== ""
        ? { format: { text: fromEnvironment, long: false } }
        : {}),
    ...(sort === undefined ? {} : { sort }),
  });
};
