/**
 * How sbatch understands the values of its options. Each reader checks what Slurm checks before it submits, with
 * Slurm's message and exit status (255 for a value that is no such thing, 1 for a number that is none); the rest is
 * the controller's to judge. Pure.
 */
import { parseBeginTime } from "../../model/begin-time.ts";
import { parseGpuCount, parseGres } from "../../model/gres.ts";
import type { JobSpec } from "../../model/job-spec.ts";
import { parseMailType } from "../../model/mail-type.ts";
import { parseMemoryMib } from "../../model/memory.ts";
import { parseNodeCount } from "../../model/node-count.ts";
import { parseSignalSpec } from "../../model/signal-spec.ts";
import { parseTimeLimit, roundUpToMinuteS, UNLIMITED_S } from "../../model/time.ts";
import { type Failure, failure, notSupported, plainFailure } from "../failure.ts";
import type { Draft, OptionReader } from "./draft.ts";

const MAX_COUNT = 2_147_483_647;
const MAX_NICE = 2_147_483_645;
const DEFAULT_NICE = 100;
/** Of a value that is no such thing. */
export const USAGE_STATUS = 255;

type TextField = { [K in keyof JobSpec]-?: string extends JobSpec[K] ? K : never }[keyof JobSpec];
type CountField = { [K in keyof JobSpec]-?: number extends JobSpec[K] ? K : never }[keyof JobSpec];

/** A text that the controller judges; an empty one takes back what was said before. */
export const text =
  (field: TextField): OptionReader =>
  (value, draft) => {
    draft.spec[field] = value;
    return undefined;
  };

/** A file name pattern; `none` is Slurm's word for /dev/null. */
export const path =
  (field: "output" | "error" | "input"): OptionReader =>
  (value, draft) => {
    draft.spec[field] = value === "none" ? "/dev/null" : value;
    return undefined;
  };

/** A whole number from `least`. */
export const count =
  (field: CountField, option: string, least = 1): OptionReader =>
  (value, draft, { command }) => {
    const number = readWhole(value);
    if (number === undefined || number < least || number > MAX_COUNT)
      return failure(command, `Invalid numeric value "${value}" for --${option}.`);
    draft.spec[field] = number;
    return undefined;
  };

export const flag =
  (set: (draft: Draft) => void): OptionReader =>
  (_value, draft) => {
    set(draft);
    return undefined;
  };

export const time: OptionReader = (value, draft, { command }) => {
  const limit = parseTimeLimit(value);
  if (!limit.ok) return badValue(command, "time");
  draft.spec.timeLimitS = limit.value === 0 ? UNLIMITED_S : roundUpToMinuteS(limit.value);
  return undefined;
};

export const memory =
  (per: "node" | "cpu" | "gpu", option: string): OptionReader =>
  (value, draft, { command, source }) => {
    const amount = parseMemoryMib(value);
    if (!amount.ok) return badValue(command, option);
    draft.memory[per] = { mib: amount.value, source };
    return undefined;
  };

export const nodes: OptionReader = (value, draft, { command }) => {
  const counts = parseNodeCount(value);
  if (counts.ok) {
    if (counts.value.list !== undefined) return notSupported(command, "--nodes with a list of node counts");
    draft.spec.minNodes = counts.value.min;
    // A single count is a maximum as well, as Slurm shows it: NumNodes=2-2.
    draft.spec.maxNodes = counts.value.max;
    return undefined;
  }
  return badNodes(value, command);
};

export const begin: OptionReader = (value, draft, { command, nowS }) => {
  const at = parseBeginTime(value, nowS);
  if (!at.ok) {
    const first = `Invalid time specification (pos=${at.at}): ${value}\n`;
    return plainFailure(`${first}${badValue(command, "begin").text}`, USAGE_STATUS);
  }
  draft.spec.beginS = at.value;
  return undefined;
};

export const gres: OptionReader = (value, draft, { command }) => {
  const items = parseGres(value);
  if (!items.ok) return badGres(command);
  draft.spec.gres = items.value.length === 0 ? "" : value;
  return undefined;
};

export const gpus =
  (field: "gpus" | "gpusPerNode" | "gpusPerSocket" | "gpusPerTask"): OptionReader =>
  (value, draft, { command }) => {
    const items = parseGpuCount(value);
    if (!items.ok) return badGres(command);
    draft.spec[field] = items.value.every(({ count: units }) => units === 0) ? "" : value;
    return undefined;
  };

/** Takes back --oversubscribe and the other form of itself, as the later one. */
export const exclusive: OptionReader = (value, draft, { command }) => {
  if (value === "mcs" || value === "topo") return notSupported(command, `--exclusive=${value}`);
  if (value !== "" && value !== "user") return badValue(command, "exclusive");
  delete draft.spec.oversubscribe;
  delete draft.spec.exclusive;
  delete draft.spec.exclusiveUser;
  draft.spec[value === "user" ? "exclusiveUser" : "exclusive"] = true;
  return undefined;
};

const HINTS = ["compute_bound", "memory_bound", "multithread", "nomultithread"];

export const hint: OptionReader = (value, draft, { command }) => {
  if (!HINTS.includes(value))
    return failure(command, `unrecognized --hint argument "${value}", see --hint=help`);
  draft.spec.hint = value;
  return undefined;
};

export const nice: OptionReader = (value, draft, { command }) => {
  const number = value === "" ? DEFAULT_NICE : readWhole(value);
  if (number === undefined || Math.abs(number) > MAX_NICE)
    return failure(command, `Invalid --nice value, out of range (+/- ${MAX_NICE})`, USAGE_STATUS);
  draft.spec.nice = number;
  return undefined;
};

export const openMode: OptionReader = (value, draft, { command }) => {
  const word = value.toLowerCase();
  if (word !== "" && "append".startsWith(word)) draft.spec.openMode = "append";
  else if (word !== "" && "truncate".startsWith(word)) draft.spec.openMode = "truncate";
  else return badValue(command, "open-mode");
  return undefined;
};

/** As Slurm does, words that are no event are passed over where another one is. */
export const mailType: OptionReader = (value, draft, { command, user }) => {
  const words = value.split(",").filter((word) => parseMailType(word).ok);
  const types = parseMailType(words.join(","));
  if (!types.ok) return badValue(command, "mail-type");
  draft.spec.mailType = types.value;
  if (types.value.length > 0) draft.spec.mailUser ??= user;
  return undefined;
};

export const signal: OptionReader = (value, draft, { command }) => {
  const said = parseSignalSpec(value);
  if (!said.ok) return badValue(command, "signal");
  if (said.value.reservation) return notSupported(command, "--signal=R:");
  const { signal: number, beforeS, batchOnly } = said.value;
  draft.spec.signal = { signal: number, beforeS, batchOnly };
  return undefined;
};

/** The whole number that the text is, signed; undefined for anything else. */
export const readWhole = (value: string): number | undefined =>
  /^[+-]?\d{1,15}$/.test(value) ? Number(value) : undefined;

export const badValue = (command: string, option: string): Failure =>
  failure(command, `Invalid --${option} specification`, USAGE_STATUS);

const badGres = (command: string): Failure =>
  failure(command, "Invalid generic resource (gres) specification");

/** Which part of `min-max` is no count, as Slurm says it. */
const badNodes = (value: string, command: string): Failure => {
  const dash = value.indexOf("-");
  const low = dash < 0 ? value : value.slice(0, dash);
  const high = dash < 0 ? "" : value.slice(dash + 1);
  const isCount = (part: string): boolean => /^\d{1,10}[kKmM]?$/.test(part);
  if (isCount(low) && isCount(high)) {
    const problem = `Maximum node count ${high} is less than minimum node count ${low}`;
    return failure(command, problem, USAGE_STATUS);
  }
  if (/^0+$/.test(value))
    return failure(command, "Batch job submission failed: Node count specification invalid");
  const bad = isCount(low) || low === "" ? high : low;
  return failure(command, `"${bad}" is not a valid node count`, USAGE_STATUS);
};
