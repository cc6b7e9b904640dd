/** The command line of sacctmgr: its options, a verb, what is meant, and the terms behind. Pure. */
import { done, failure, type Outcome, plainFailure, refuseUnsupported } from "../failure.ts";
import { type OptionSpec, scanOptions } from "../getopt.ts";
import type { ReportStyle } from "../report-fields.ts";

const option = (long: string, short: string, arg: OptionSpec["arg"] = "none"): OptionSpec => ({
  key: long,
  long,
  short,
  arg,
});

export const SACCTMGR_OPTIONS: readonly OptionSpec[] = [
  option("associations", "s"),
  option("help", "h"),
  option("immediate", "i"),
  { key: "json", long: "json", arg: "optional", refused: true },
  option("noheader", "n"),
  option("oneliner", "o"),
  option("parsable", "p"),
  option("parsable2", "P"),
  option("quiet", "Q"),
  option("readonly", "r"),
  { key: "help", long: "usage", arg: "none" },
  option("verbose", "v"),
  option("version", "V"),
  { key: "yaml", long: "yaml", arg: "optional", refused: true },
];

/** What can be shown. */
export const ENTITIES = ["association", "account", "user", "qos"] as const;
export type Entity = (typeof ENTITIES)[number];

export interface SacctmgrRequest {
  readonly print: "help" | "version" | "";
  readonly entity: Entity;
  readonly style: ReportStyle;
  readonly header: boolean;
  /** Users and accounts with each of their associations. */
  readonly withAssociations: boolean;
  /** Accounts indented by what they are below of. */
  readonly tree: boolean;
  readonly format?: string;
  readonly where: Readonly<Partial<Record<Term, readonly string[]>>>;
}

/** What a list can be narrowed by. */
export type Term = "names" | "users" | "accounts" | "clusters" | "parents" | "partitions" | "ids" | "qos";

const SHOWING = ["list", "show"];
const CHANGING = [
  ...["add", "archive", "clear", "create", "delete", "dump", "load", "modify", "reconfigure", "remove"],
  ...["shutdown", "update"],
];
/** Of Slurm, and not of this version. */
const OTHER_ENTITIES = [
  ...["cluster", "configuration", "coordinator", "event", "federation", "instance", "job", "problem"],
  ...["reservation", "resource", "runawayjobs", "stats", "transaction", "tres", "wckey"],
];
const TERMS: Readonly<Record<string, Term>> = {
  accounts: "accounts",
  acct: "accounts",
  clusters: "clusters",
  ids: "ids",
  names: "names",
  parents: "parents",
  partitions: "partitions",
  qoslevel: "qos",
  users: "users",
};
/** All but the first two change nothing here: there are no deleted records, and limits are shown where they were set. */
const FLAGS = ["tree", "withassoc", "withdeleted", "withrawqoslevel", "woplimits"];
/** Of Slurm, and not of this version: with them it shows other rows or columns. */
const OTHER_FLAGS = ["onlydefaults", "withcoordinators", "withsubaccounts", "wolimits", "wopinfo"];
const LEAST_FLAG_LETTERS = 4;
const MAX_TERMS = 1024;

export const readRequest = (command: string, words: readonly string[]): Outcome<SacctmgrRequest> => {
  const scan = scanOptions(command, words, SACCTMGR_OPTIONS, false);
  if (!scan.ok) return plainFailure(scan.text);
  const has = (key: string): boolean => scan.options.some(({ spec }) => spec.key === key);
  const style = has("parsable2") ? "parsable2" : has("parsable") ? "parsable" : "columns";
  const base: SacctmgrRequest = {
    print: "",
    entity: "association",
    style,
    header: !has("noheader"),
    withAssociations: has("associations"),
    tree: false,
    where: {},
  };
  const [saidVerb, saidEntity, ...terms] = scan.rest;
  const verb = saidVerb?.toLowerCase();
  if (has("help") || verb === "help") return done({ ...base, print: "help" });
  if (has("version") || verb === "version") return done({ ...base, print: "version" });
  const unsupported = refuseUnsupported(command, scan.options);
  if (unsupported !== undefined) return unsupported;
  if (verb === undefined)
    return failure(command, "a dialogue is not supported by this version of Rota; say what to show");
  if (named(verb, CHANGING) !== undefined && named(verb, SHOWING) === undefined) {
    const todo = "accounts, users and QOS are in rota.yaml; change them there";
    return failure(command, `${saidVerb} is not supported by this version of Rota: ${todo}`);
  }
  if (named(verb, SHOWING) === undefined) return plainFailure(`invalid keyword: ${saidVerb}\n`);
  const entity = named(saidEntity?.toLowerCase() ?? "", [...ENTITIES, "associations", "accounts", "users"]);
  if (entity === undefined) {
    const other = named(saidEntity?.toLowerCase() ?? "", OTHER_ENTITIES);
    if (other !== undefined)
      return failure(command, `${saidVerb} ${other} is not supported by this version of Rota`);
    const valid = `Input line must include ${ENTITIES.map((one) => `"${one}"`).join(", ")}\n`;
    return plainFailure(`No valid entity in list command\n${valid}`);
  }
  if (terms.length > MAX_TERMS) return failure(command, `more than ${MAX_TERMS} terms`);
  return readTerms(command, { ...base, entity: ENTITIES.find((one) => entity.startsWith(one))! }, terms);
};

const readTerms = (
  command: string,
  base: SacctmgrRequest,
  terms: readonly string[],
): Outcome<SacctmgrRequest> => {
  let request = base;
  const where: Partial<Record<Term, string[]>> = {};
  const narrow = (term: Term, values: readonly string[]): void => {
    where[term] = [...(where[term] ?? []), ...values];
  };
  for (const word of terms) {
    const equals = word.indexOf("=");
    const key = (equals < 0 ? word : word.slice(0, equals)).toLowerCase().replace(/[+-]$/, "");
    const value = equals < 0 ? undefined : unquoted(word.slice(equals + 1));
    if (value === undefined) {
      const flag = key.length >= LEAST_FLAG_LETTERS ? named(key, [...FLAGS, ...OTHER_FLAGS]) : undefined;
      if (key === "where" || key === "") continue;
      if (key === "set") return plainFailure(" Unknown condition: set\n");
      if (flag !== undefined && OTHER_FLAGS.includes(flag))
        return failure(command, `${word} is not supported by this version of Rota`);
      if (flag === "withassoc") request = { ...request, withAssociations: true };
      else if (flag === "tree") request = { ...request, tree: true };
      // A word that is no flag names what is to be shown.
      else if (flag === undefined) narrow("names", listOf(word));
    } else if ("format".startsWith(key) && key.length >= 1) {
      request = { ...request, format: request.format === undefined ? value : `${request.format},${value}` };
    } else {
      const name = named(key, Object.keys(TERMS));
      const term = name === undefined ? undefined : TERMS[name]!;
      // A QOS belongs to nobody, so only its name selects it.
      if (term === undefined || (base.entity === "qos" && term !== "names"))
        return plainFailure(` Unknown condition: ${word}\n`);
      narrow(term, listOf(value));
    }
  }
  return done({ ...request, where });
};

/** The word that is meant by these first letters. */
const named = (word: string, words: readonly string[]): string | undefined =>
  word === "" ? undefined : (words.find((one) => one === word) ?? words.find((one) => one.startsWith(word)));

/** `user=` asks for those without one. */
const listOf = (value: string): readonly string[] => (value === "" ? [""] : value.split(",").map(unquoted));

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, "$2");
