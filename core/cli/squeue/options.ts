/** The options of squeue and what they select and print. Pure. */
import { parseArray } from "../../model/array.ts";
import { done, type Failure, failure, type Outcome, plainFailure, refuseUnsupported } from "../failure.ts";
import { type GivenOption, type OptionSpec, scanOptions } from "../getopt.ts";
import { JOB_STATE_NAMES, parseStates } from "../job-states.ts";

const flag = (long: string, short?: string): OptionSpec => ({
  key: long,
  long,
  arg: "none",
  ...(short === undefined ? {} : { short }),
});
const value = (long: string, short?: string, key = long): OptionSpec => ({
  ...flag(long, short),
  key,
  arg: "required",
});
const lacks = (long: string, arg: OptionSpec["arg"] = "none", short?: string): OptionSpec => ({
  ...flag(long, short),
  arg,
  refused: true,
});

export const SQUEUE_OPTIONS: readonly OptionSpec[] = [
  value("account", "A"),
  value("accounts", undefined, "account"),
  flag("all", "a"),
  flag("array", "r"),
  { ...flag("array-unique"), key: "array" },
  { ...lacks("cluster", "required"), key: "clusters" },
  lacks("clusters", "required", "M"),
  lacks("expand-patterns"),
  lacks("federation"),
  value("Format", "O"),
  value("format", "o"),
  flag("help"),
  flag("hide"),
  lacks("iterate", "required", "i"),
  { key: "jobs", long: "job", arg: "following" },
  { key: "jobs", long: "jobs", short: "j", arg: "following" },
  lacks("json", "optional"),
  lacks("licenses", "required", "L"),
  flag("local"),
  flag("long", "l"),
  flag("me"),
  value("name", "n"),
  flag("noconvert"),
  { ...value("node", undefined, "nodelist") },
  value("nodelist", "w"),
  { ...value("nodes", undefined, "nodelist") },
  flag("noheader", "h"),
  flag("notme"),
  flag("only-job-state"),
  value("partition", "p"),
  { ...value("partitions", undefined, "partition") },
  flag("priority", "P"),
  value("qos", "q"),
  value("reservation", "R"),
  lacks("sibling"),
  value("sort", "S"),
  flag("start"),
  value("states", "t"),
  { ...value("state", undefined, "states") },
  { key: "steps", long: "step", arg: "following" },
  { key: "steps", long: "steps", short: "s", arg: "following" },
  flag("usage"),
  value("user", "u"),
  { ...value("users", undefined, "user") },
  flag("verbose", "v"),
  flag("version", "V"),
  lacks("yaml", "optional"),
];

export interface SqueueRequest {
  readonly print: "help" | "usage" | "version" | "";
  /** `12`, `12_3`, `12_[1-4]`; absent for all. */
  readonly ids?: readonly JobIdWord[];
  readonly users?: readonly string[];
  readonly me: boolean;
  readonly notMe: boolean;
  readonly partitions?: readonly string[];
  readonly accounts?: readonly string[];
  readonly qos?: readonly string[];
  /** One name. */
  readonly reservation?: string;
  readonly names?: readonly string[];
  /** Hostlist. */
  readonly nodelist?: string;
  /** Long names; absent for those in the queue. */
  readonly states?: readonly string[];
  readonly steps: boolean;
  /** Steps asked by id, `12.batch`. */
  readonly stepIds?: readonly string[];
  readonly start: boolean;
  readonly long: boolean;
  readonly header: boolean;
  /** One line for each waiting task. */
  readonly eachTask: boolean;
  /** One line for each partition that a waiting job may run in. */
  readonly eachPartition: boolean;
  readonly onlyState: boolean;
  /** `-o`, `-O` or what the environment says. */
  readonly format?: { readonly text: string; readonly long: boolean };
  readonly sort?: string;
}

export interface JobIdWord {
  readonly text: string;
  readonly jobId: number;
  /** Tasks asked; absent for the whole job. */
  readonly tasks?: ReadonlySet<number>;
  /** Component of a heterogeneous job. */
  readonly component?: number;
}

export const readSqueueOptions = (
  command: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Outcome<SqueueRequest> => {
  const scan = scanOptions(command, words, SQUEUE_OPTIONS, false);
  if (!scan.ok) return plainFailure(scan.text);
  const print = printOf(scan.options);
  const [stray] = scan.rest;
  if (print === "" && stray !== undefined) return failure(command, `Unrecognized option: ${stray}`);
  const unsupported = refuseUnsupported(command, scan.options);
  if (unsupported !== undefined) return unsupported;
  const get = (key: string): string | undefined =>
    scan.options.findLast(({ spec }) => spec.key === key)?.value;
  const has = (key: string): boolean => scan.options.some(({ spec }) => spec.key === key);
  const ids = readIds(command, get("jobs"));
  if (!ids.ok) return ids;
  const states = readStates(command, get("states") ?? env["SQUEUE_STATES"]);
  if (!states.ok) return states;
  const steps = readSteps(command, get("steps"));
  if (!steps.ok) return steps;
  const format = formatOf(scan.options, env);
  const list = (text: string | undefined): readonly string[] | undefined =>
    text === undefined ? undefined : text.split(",").filter((word) => word !== "");
  return done({
    print,
    me: has("me"),
    notMe: has("notme"),
    steps: has("steps"),
    start: has("start"),
    long: has("long"),
    header: !has("noheader"),
    eachTask: has("array") || env["SQUEUE_ARRAY"] !== undefined || env["SQUEUE_ARRAY_UNIQUE"] !== undefined,
    eachPartition: has("priority") || env["SQUEUE_PRIORITY"] !== undefined,
    onlyState: has("only-job-state"),
    ...present("ids", ids.value),
    ...present("users", list(get("user") ?? env["SQUEUE_USERS"])),
    ...present("partitions", list(get("partition") ?? env["SQUEUE_PARTITION"])),
    ...present("accounts", list(get("account") ?? env["SQUEUE_ACCOUNT"])),
    ...present("qos", list(get("qos") ?? env["SQUEUE_QOS"])),
    ...present("names", list(get("name") ?? env["SQUEUE_NAMES"])),
    ...present("nodelist", get("nodelist")),
    ...present("reservation", get("reservation")),
    ...present("states", states.value),
    ...present("stepIds", steps.value),
    ...present("format", format),
    ...present("sort", get("sort") ?? env["SQUEUE_SORT"]),
  });
};

const present = <Key extends string, Value>(
  key: Key,
  said: Value | undefined,
): { readonly [K in Key]?: Value } =>
  said === undefined ? {} : ({ [key]: said } as { readonly [K in Key]: Value });

const printOf = (options: readonly GivenOption[]): SqueueRequest["print"] => {
  const key = options.find(({ spec }) => ["help", "usage", "version"].includes(spec.key))?.spec.key;
  return (key ?? "") as SqueueRequest["print"];
};

/** The last of -o and -O; then SQUEUE_FORMAT2 and SQUEUE_FORMAT, which are as -O and -o. */
const formatOf = (
  options: readonly GivenOption[],
  env: Readonly<Record<string, string | undefined>>,
): SqueueRequest["format"] => {
  const said = options.findLast(({ spec }) => spec.key === "format" || spec.key === "Format");
  if (said?.value !== undefined) return { text: said.value, long: said.spec.key === "Format" };
  // --long and --start have formats of their own, which the environment does not change.
  if (options.some(({ spec }) => spec.key === "long" || spec.key === "start")) return undefined;
  const long = env["SQUEUE_FORMAT2"];
  if (long !== undefined && long !== "") return { text: long, long: true };
  const short = env["SQUEUE_FORMAT"];
  return short === undefined || short === "" ? undefined : { text: short, long: false };
};

const MAX_IDS = 100_000;

/** Reads `12,12_3,12_[1-4]`; undefined for nothing said. */
export const readIds = (
  command: string,
  text: string | undefined,
): Outcome<readonly JobIdWord[] | undefined> => {
  if (text === undefined) return done(undefined);
  const ids: JobIdWord[] = [];
  for (const word of splitOutsideBrackets(text)) {
    const id = readJobId(word);
    if (id === undefined) return failure(command, `Invalid job id: ${word}`);
    if (ids.length === MAX_IDS) return failure(command, `more than ${MAX_IDS} job ids`);
    ids.push(id);
  }
  return done(ids.length === 0 ? undefined : ids);
};

/** A job, a task or tasks of an array, a component of a heterogeneous job; undefined for what is none. */
export const readJobId = (word: string): JobIdWord | undefined => {
  const match = /^(\d{1,15})(?:_(?:(\d{1,9})|\[([\d,:%-]{1,4096})\]|\*)|\+(\d{1,3}))?$/.exec(word);
  if (match === null) return undefined;
  const jobId = Number(match[1]);
  if (jobId === 0) return undefined;
  if (match[2] !== undefined) return { text: word, jobId, tasks: new Set([Number(match[2])]) };
  if (match[4] !== undefined) return { text: word, jobId, component: Number(match[4]) };
  if (match[3] === undefined) return { text: word, jobId };
  const tasks = parseArray(match[3]);
  return tasks.ok ? { text: word, jobId, tasks: new Set(tasks.value.tasks) } : undefined;
};

const splitOutsideBrackets = (text: string): string[] =>
  text.split(/,(?![^[]*\])/).filter((word) => word !== "");

const readStates = (command: string, text: string | undefined): Outcome<readonly string[] | undefined> => {
  if (text === undefined || text === "") return done(undefined);
  const states = parseStates(text);
  if (states.ok) return done(states.states);
  const known = JOB_STATE_NAMES.map(([long]) => long).join(",");
  const second = `${command}: error: Valid job states include: ${known}\n\n`;
  return plainFailure(`${command}: error: Invalid job state specified: ${states.word}\n${second}`);
};

const readSteps = (command: string, text: string | undefined): Outcome<readonly string[] | undefined> => {
  if (text === undefined) return done(undefined);
  const ids = text.split(",").filter((word) => word !== "");
  const bad = ids.find((word) => !/^\d+(_\d+)?\.\w+$/.test(word));
  return bad === undefined ? done(ids) : badStep(command, bad);
};

const badStep = (command: string, word: string): Failure =>
  failure(command, `Invalid job_step id: ${word.includes(".") ? word : `${word}.??`}`);
