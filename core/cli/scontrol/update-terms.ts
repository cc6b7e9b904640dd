/** The `Key=value` words of `scontrol update`, as changes of jobs and nodes. Pure; now is passed in. */
import { parseBeginTime } from "../../model/begin-time.ts";
import { MAX_NODE_WEIGHT } from "../../model/node.ts";
import type { NodeUpdate } from "../../model/node-update.ts";
import { parseTimeLimit, roundUpToMinuteS, UNLIMITED_S } from "../../model/time.ts";
import type { JobUpdate } from "../../model/views.ts";
import { done, failure, type Outcome, plainFailure } from "../failure.ts";

export interface JobTerms {
  /** As scontrol takes them: `12`, `12_3`. */
  readonly ids: readonly string[];
  readonly change: JobUpdate;
  /** `+10` and `-5` of TimeLimit: seconds to add to what each job has. */
  readonly addTimeS?: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface JobDraft {
  readonly change: Mutable<JobUpdate>;
  addTimeS?: number;
}

type JobReader = (value: string, draft: JobDraft, nowS: number) => Outcome<undefined> | undefined;

const NONE = { ok: true, value: undefined } as const;
const MAX_NUMBER = 4_294_967_295;

const textOf =
  (field: "partition" | "qos" | "account" | "comment" | "name" | "dependency" | "reservation"): JobReader =>
  (value, { change }) => {
    change[field] = value;
    return NONE;
  };

const numberOf =
  (field: "priority" | "nice" | "siteFactor" | "arrayThrottle", key: string, least: number): JobReader =>
  (value, { change }) => {
    const number = /^[+-]?\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= least && number <= MAX_NUMBER))
      return failure("scontrol", `Invalid ${key} value: ${value}`);
    change[field] = number;
    return NONE;
  };

const timeLimit: JobReader = (value, draft) => {
  const sign = value[0] === "+" ? 1 : value[0] === "-" && value !== "-1" ? -1 : 0;
  const limit = parseTimeLimit(sign === 0 ? value : value.slice(1));
  if (!limit.ok) return failure("scontrol", "Invalid TimeLimit value");
  const seconds = limit.value === UNLIMITED_S ? UNLIMITED_S : roundUpToMinuteS(limit.value);
  if (sign === 0) draft.change.timeLimitS = seconds === 0 ? UNLIMITED_S : seconds;
  else draft.addTimeS = sign * seconds;
  return NONE;
};

const timeMin: JobReader = (value, { change }) => {
  const limit = parseTimeLimit(value);
  if (!limit.ok || limit.value === UNLIMITED_S) return failure("scontrol", "Invalid TimeMin value");
  change.timeMinS = roundUpToMinuteS(limit.value);
  return NONE;
};

const deadline: JobReader = (value, { change }, nowS) => {
  const at = parseBeginTime(value, nowS);
  if (!at.ok) return failure("scontrol", "Invalid Deadline value");
  change.deadlineS = at.value;
  return NONE;
};

const startTime: JobReader = (value, { change }, nowS) => {
  const at = parseBeginTime(value, nowS);
  if (!at.ok) return failure("scontrol", "Invalid StartTime value");
  change.beginS = at.value;
  return NONE;
};

const nice: JobReader = (value, draft, nowS) =>
  numberOf("nice", "Nice", -2_147_483_645)(value === "" ? "100" : value, draft, nowS);

/** Keys in small letters. Slurm takes a key that is cut short; these are the forms that are written. */
const JOB_KEYS: Readonly<Record<string, JobReader>> = {
  account: textOf("account"),
  arraytaskthrottle: numberOf("arrayThrottle", "ArrayTaskThrottle", 0),
  comment: textOf("comment"),
  deadline,
  dependency: textOf("dependency"),
  eligibletime: startTime,
  jobname: textOf("name"),
  name: textOf("name"),
  nice,
  partition: textOf("partition"),
  priority: numberOf("priority", "Priority", 0),
  qos: textOf("qos"),
  reservation: textOf("reservation"),
  reservationname: textOf("reservation"),
  sitefactor: numberOf("siteFactor", "SiteFactor", -2_147_483_645),
  starttime: startTime,
  timelimit: timeLimit,
  timemin: timeMin,
};

/** Reads the words behind `update`, of which one names the jobs. */
export const readJobTerms = (words: readonly string[], nowS: number): Outcome<JobTerms> => {
  const draft: JobDraft = { change: {} };
  let ids: readonly string[] = [];
  for (const [key, value, word] of termsOf(words)) {
    if (key === "jobid" || key === "job") {
      ids = value.split(/,(?![^[]*\])/).filter((id) => id !== "");
      continue;
    }
    const read = JOB_KEYS[key]?.(value, draft, nowS) ?? unknownTerm(word);
    if (!read.ok) return read;
  }
  if (Object.keys(draft.change).length === 0 && draft.addTimeS === undefined) return noChanges();
  const { change, addTimeS } = draft;
  return done({ ids, change, ...(addTimeS === undefined ? {} : { addTimeS }) });
};

export interface NodeTerms {
  /** Hostlist, or ALL. */
  readonly nodes: string;
  readonly change: NodeUpdate;
}

const NODE_STATES = [
  ...(["DRAIN", "RESUME", "DOWN", "UNDRAIN", "POWER_DOWN", "POWER_UP"] as const),
  ...(["POWER_DOWN_ASAP", "POWER_DOWN_FORCE"] as const),
];

export const readNodeTerms = (words: readonly string[]): Outcome<NodeTerms> => {
  let nodes = "";
  let state: NodeUpdate["state"] | undefined;
  let reason: string | undefined;
  let weight: number | undefined;
  for (const [key, value, word] of termsOf(words)) {
    if (key === "nodename" || key === "nodenames") nodes = value;
    else if (key === "reason") reason = value;
    else if (key === "weight") {
      weight = /^\d{1,10}$/.test(value) ? Number(value) : 0;
      if (weight < 1 || weight > MAX_NODE_WEIGHT) return badWeight(value);
    } else if (key === "state") {
      const wanted = value.toUpperCase();
      state = NODE_STATES.find((known) => wanted !== "" && known.startsWith(wanted));
      if (state === undefined) return badNodeState(word);
    } else return unknownTerm(word);
  }
  const weighed = weight === undefined ? {} : { weight };
  if (state === undefined && reason === undefined)
    return weight === undefined ? noChanges() : done({ nodes, change: weighed });
  if (state === undefined)
    return failure("scontrol", "Reason without State is not supported by this version of Rota");
  if ((state === "DOWN" || state === "DRAIN") && (reason === undefined || reason === ""))
    return plainFailure("You must specify a reason when DOWNING or DRAINING a node. Request denied\n");
  return done({ nodes, change: { state, ...weighed, ...(reason === undefined ? {} : { reason }) } });
};

/** Key in small letters, value and the word itself. `job 12` is `job=12`, as Slurm takes it. */
function* termsOf(words: readonly string[]): Generator<readonly [key: string, value: string, word: string]> {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const equals = word.indexOf("=");
    if (equals >= 0) {
      yield [word.slice(0, equals).toLowerCase(), word.slice(equals + 1), word];
      continue;
    }
    const next = words[at + 1];
    if (ENTITIES.includes(word.toLowerCase()) && next !== undefined) {
      at++;
      yield [word.toLowerCase(), next, word];
    } else yield [word.toLowerCase(), "", word];
  }
}

const ENTITIES = ["job", "jobid", "nodename"];

const unknownTerm = (word: string) =>
  plainFailure(`Update of this parameter is not supported: ${word}\nRequest aborted\n`);

const noChanges = () => plainFailure("No changes specified\n");

const badWeight = (value: string) =>
  plainFailure(`scontrol: error: Weight value (${value}) is not a valid number\nNo changes specified\n`);

const badNodeState = (word: string) =>
  plainFailure(
    `Invalid input: ${word}\nRequest aborted\n` +
      "Valid states are: DRAIN DOWN RESUME POWER_DOWN POWER_UP UNDRAIN\nNot all states are valid given a node's prior state\n",
  );
