/**
 * Readers of the options that say where and when a job may run beside how much it asks: each checks what Slurm checks
 * before it submits. What the planner does not have is refused by the controller, by name. Pure.
 */
import { parseBeginTime } from "../../model/begin-time.ts";
import { parseDistribution } from "../../model/distribution.ts";
import { parseNodeShape } from "../../model/node-shape.ts";
import { parseSwitches } from "../../model/switches.ts";
import { parseTimeLimit, roundUpToMinuteS } from "../../model/time.ts";
import { failure, plainFailure } from "../failure.ts";
import type { Draft, OptionReader } from "./draft.ts";
import { badValue, flag, USAGE_STATUS } from "./readers.ts";

type Flag = {
  [K in keyof Draft["spec"]]-?: boolean extends NonNullable<Draft["spec"][K]> ? K : never;
}[keyof Draft["spec"]];

/** One that is set by being there. */
export const setsFlag = (field: Flag): OptionReader =>
  flag((draft) => {
    draft.spec[field] = true;
  });

/** Takes back --exclusive, as the later of the two. */
export const oversubscribe: OptionReader = flag((draft) => {
  draft.spec.oversubscribe = true;
  delete draft.spec.exclusive;
  delete draft.spec.exclusiveUser;
});

export const timeMin: OptionReader = (value, draft, { command }) => {
  const limit = parseTimeLimit(value);
  if (!limit.ok) return badValue(command, "time-min");
  if (limit.value === 0) delete draft.spec.timeMinS;
  else draft.spec.timeMinS = roundUpToMinuteS(limit.value);
  return undefined;
};

export const deadline: OptionReader = (value, draft, { command, nowS }) => {
  const at = parseBeginTime(value, nowS);
  if (!at.ok) {
    const first = `Invalid time specification (pos=${at.at}): ${value}\n`;
    return plainFailure(`${first}${badValue(command, "deadline").text}`, USAGE_STATUS);
  }
  draft.spec.deadlineS = at.value;
  return undefined;
};

export const switches: OptionReader = (value, draft, { command }) => {
  const [count = ""] = value.split("@");
  if (!parseSwitches(count).ok) return failure(command, `Invalid numeric value "${count}" for --switches.`);
  if (!parseSwitches(value).ok) return badValue(command, "switches");
  draft.spec.switches = value;
  return undefined;
};

export const distribution: OptionReader = (value, draft, { command }) => {
  if (!parseDistribution(value).ok) return badValue(command, "distribution");
  draft.spec.distribution = value;
  return undefined;
};

/** Of several words each must be known. */
const GRES_FLAGS = [
  "allow-task-sharing",
  "disable-binding",
  "enforce-binding",
  "multiple-tasks-per-sharing",
  "one-task-per-sharing",
];

export const gresFlags: OptionReader = (value, draft, { command }) => {
  const words = value.toLowerCase().split(",");
  if (!words.every((word) => GRES_FLAGS.includes(word))) return badValue(command, "gres-flags");
  draft.spec.gresFlags = words.join(",");
  return undefined;
};

/** -B: what it leaves open stays as it was said before. */
export const nodeShape: OptionReader = (value, draft, { command }) => {
  const shape = parseNodeShape(value);
  if (!shape.ok) return badValue(command, "extra-node-info");
  Object.assign(draft.spec, shape.value);
  return undefined;
};

export const waitAllNodes: OptionReader = (value, draft, { command }) => {
  if (value !== "0" && value !== "1") return badValue(command, "wait-all-nodes");
  draft.spec.waitAllNodes = value === "1";
  return undefined;
};
