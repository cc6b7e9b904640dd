/** The options of scancel and which jobs they mean. Pure. */
import { MAX_JOB_ID } from "../../model/ids.ts";
import { parseSignal } from "../../model/signal-spec.ts";
import { done, failure, type Outcome, plainFailure, refuseUnsupported } from "../failure.ts";
import { type OptionSpec, scanOptions } from "../getopt.ts";

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

export const SCANCEL_OPTIONS: readonly OptionSpec[] = [
  value("account", "A"),
  { ...lacks("admin-comment", "required") },
  flag("batch", "b"),
  { ...lacks("cluster", "required"), key: "clusters" },
  lacks("clusters", "required", "M"),
  lacks("cron", "none", "c"),
  flag("ctld"),
  flag("full", "f"),
  flag("help"),
  lacks("hurry", "none", "H"),
  flag("interactive", "i"),
  { ...value("jobname"), key: "name" },
  flag("me"),
  value("name", "n"),
  value("nodelist", "w"),
  value("partition", "p"),
  value("qos", "q"),
  flag("quiet", "Q"),
  value("reservation", "R"),
  lacks("sibling", "required"),
  value("signal", "s"),
  value("state", "t"),
  flag("usage"),
  value("user", "u"),
  flag("verbose", "v"),
  flag("version", "V"),
  value("wckey"),
];

/** What a job must be to be meant, each by a name that messages use. */
export interface CancelFilters {
  readonly account?: string;
  readonly job_name?: string;
  readonly partition?: string;
  readonly qos?: string;
  readonly reservation?: string;
  /** Long names. */
  readonly state?: readonly string[];
  readonly user_name?: string;
  /** Hostlist. */
  readonly nodelist?: string;
  readonly wckey?: string;
}

export interface CancelJobId {
  readonly text: string;
  readonly jobId: number;
  /** `3` of `12_3`, `1-4` of `12_[1-4]`; absent for the whole. */
  readonly tasks?: string;
  /** `1` of `12+1`. */
  readonly component?: number;
  /** Step after the point: a number, or `batch`, which cannot be cancelled by itself. */
  readonly step?: string;
}

export interface ScancelRequest {
  readonly print: "help" | "usage" | "version" | "";
  readonly ids: readonly CancelJobId[];
  readonly filters: CancelFilters;
  readonly me: boolean;
  /** Absent: end the jobs. */
  readonly signal?: number;
  readonly batch: boolean;
  readonly full: boolean;
  readonly interactive: boolean;
  readonly verbose: boolean;
}

const FILTER_OPTIONS = [
  ["account", "account", "SCANCEL_ACCOUNT"],
  ["name", "job_name", "SCANCEL_NAME"],
  ["partition", "partition", "SCANCEL_PARTITION"],
  ["qos", "qos", "SCANCEL_QOS"],
  ["reservation", "reservation", "SCANCEL_RESERVATION"],
  ["user", "user_name", "SCANCEL_USER"],
  ["nodelist", "nodelist", "SCANCEL_NODELIST"],
  ["wckey", "wckey", "SCANCEL_WCKEY"],
] as const;

export const readScancelOptions = (
  command: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Outcome<ScancelRequest> => {
  const scan = scanOptions(command, words, SCANCEL_OPTIONS, false);
  if (!scan.ok) return plainFailure(scan.text);
  const unsupported = refuseUnsupported(command, scan.options);
  if (unsupported !== undefined) return unsupported;
  const get = (key: string): string | undefined =>
    scan.options.findLast(({ spec }) => spec.key === key)?.value;
  const has = (key: string): boolean => scan.options.some(({ spec }) => spec.key === key);
  const print = ["help", "usage", "version"].find(has) ?? "";
  const signal = readSignal(get("signal"));
  if (!signal.ok) return signal;
  const state = readState(get("state") ?? env["SCANCEL_STATE"]);
  if (!state.ok) return state;
  const filters: Record<string, unknown> = {};
  for (const [key, name, variable] of FILTER_OPTIONS) {
    const said = get(key) ?? env[variable];
    if (said !== undefined) filters[name] = said;
  }
  if (state.value !== undefined) filters["state"] = state.value;
  const ids = readIds(command, scan.rest);
  if (!ids.ok) return ids;
  const me = has("me");
  const anything = ids.value.length > 0 || me || Object.keys(filters).length > 0;
  if (print === "" && !anything) return failure(command, "No job identification provided");
  return done({
    print: print as ScancelRequest["print"],
    ids: ids.value,
    filters: filters as CancelFilters,
    me,
    ...(signal.value === undefined ? {} : { signal: signal.value }),
    batch: has("batch") || env["SCANCEL_BATCH"] !== undefined,
    full: has("full") || env["SCANCEL_FULL"] !== undefined,
    interactive: has("interactive") || env["SCANCEL_INTERACTIVE"] !== undefined,
    verbose: !has("quiet") && (has("verbose") || env["SCANCEL_VERBOSE"] !== undefined),
  });
};

const readSignal = (text: string | undefined): Outcome<number | undefined> => {
  if (text === undefined) return done(undefined);
  const signal = parseSignal(text);
  return signal.ok ? done(signal.value) : plainFailure(`Unknown job signal: ${text}\n`);
};

const STATES: readonly (readonly [long: string, compact: string])[] = [
  ["PENDING", "PD"],
  ["RUNNING", "R"],
  ["SUSPENDED", "S"],
];

const readState = (text: string | undefined): Outcome<readonly string[] | undefined> => {
  if (text === undefined || text === "") return done(undefined);
  const states: string[] = [];
  for (const word of text.split(",")) {
    const wanted = word.toUpperCase();
    const known = STATES.find(([long, compact]) => long === wanted || compact === wanted);
    if (known === undefined) {
      const second = "Valid job states are PENDING, RUNNING, and SUSPENDED\n";
      return plainFailure(`Invalid job state specified: ${word}\n${second}`);
    }
    states.push(known[0]);
  }
  return done(states);
};

const MAX_IDS = 100_000;

/** `12`, `12_3`, `12_[1-4]`, `12+1`, with `.step` behind, also several between commas. */
const readIds = (command: string, words: readonly string[]): Outcome<readonly CancelJobId[]> => {
  const ids: CancelJobId[] = [];
  for (const word of words.flatMap((one) => one.split(/,(?![^[]*\])/))) {
    const match = /^(\d{1,15})(?:_(?:(\d{1,9})|\[([\d,:%-]{1,4096})\]|\*)|\+(\d{1,3}))?(?:\.(\d+))?$/.exec(
      word,
    );
    if (match === null || Number(match[1]) === 0) return failure(command, `Invalid job id ${word}`);
    if (ids.length === MAX_IDS) return failure(command, `more than ${MAX_IDS} job ids`);
    const tasks = match[2] ?? (match[3] === undefined ? undefined : `[${match[3]}]`);
    ids.push({
      text: word,
      jobId: Math.min(Number(match[1]), MAX_JOB_ID),
      ...(tasks === undefined ? {} : { tasks }),
      ...(match[4] === undefined ? {} : { component: Number(match[4]) }),
      ...(match[5] === undefined ? {} : { step: match[5] }),
    });
  }
  return done(ids);
};
