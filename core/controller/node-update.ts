/**
 * What an operator's change of a node comes to: the fields of the event, or why the node cannot be set to that state. Looks
 * at the record alone; appends nothing and starts no program.
 */
import type { NodeRecord } from "../model/node.ts";
import { isAsleep } from "../model/node-power.ts";
import type { NodeUpdate } from "../model/node-update.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { EventOf } from "../state/event-of.ts";
import { hasPowerSaving, type PowerConfig } from "./config-power.ts";
import { POWER_DOWN_ASAP } from "./power-moves.ts";

type Fields = Pick<EventOf<"node.changed">, "drain" | "down" | "responding" | "reason" | "weight" | "power">;

export interface NodeChange {
  /** Empty where there is nothing to do. */
  readonly fields: Fields;
  /** Its jobs have lost it. */
  readonly isLost: boolean;
}

/** Refused with INVALID_SPEC, NODE_STATE or NOT_SUPPORTED. */
export function nodeChange(record: NodeRecord, update: NodeUpdate, config: PowerConfig): Result<NodeChange> {
  const { state, weight, reason = "" } = update;
  if (state === undefined && weight === undefined)
    return refuse("INVALID_SPEC", "nothing to change: give a state or a weight");
  if ((state === "DRAIN" || state === "DOWN") && reason === "")
    return refuse("INVALID_SPEC", "a reason is needed to drain a node or set it down");
  const fields = stateChange(record, update, config);
  if (!fields.ok) return fields;
  return ok({
    fields: { ...fields.value, ...(weight === undefined ? {} : { weight }) },
    isLost: state === "DOWN" || state === "POWER_DOWN_FORCE",
  });
}

function stateChange(record: NodeRecord, update: NodeUpdate, config: PowerConfig): Result<Fields> {
  const { state, reason = "" } = update;
  switch (state) {
    case "DRAIN":
      return ok({ drain: true, reason });
    case "DOWN":
      return ok({ down: true, reason });
    case "UNDRAIN":
      return ok({ drain: false, reason });
    case "RESUME":
      return resumed(record, reason);
    case "REBOOT":
      return rebootOf(record, update, config);
    case "CANCEL_REBOOT":
      if (record.power?.state !== "reboot-requested") return notNow(record, "no reboot of it is asked for");
      return ok({ power: null, reason: "", ...(record.power.drained === true ? { drain: false } : {}) });
    case "POWER_UP":
    case "POWER_DOWN":
    case "POWER_DOWN_ASAP":
    case "POWER_DOWN_FORCE":
      if (!hasPowerSaving(config))
        return refuse("NODE_STATE", "rota.yaml gives no programs that switch nodes off and on");
      return state === "POWER_UP" ? wokenUp(record) : switchedOff(record, state, reason);
    default:
      return ok({});
  }
}

/** Takes jobs again; what was only asked for is not done, and what powers down counts as down from now on. */
function resumed({ power, down, drain, spec }: NodeRecord, reason: string): Result<Fields> {
  const fields: Fields = { drain: false, down: false, reason };
  switch (power?.state) {
    case undefined:
      return ok(fields);
    case "powering-down":
      return ok({ ...fields, power: { state: "down" } });
    case "down":
    case "powering-up":
      return down || drain
        ? ok(fields)
        : refuse("NODE_STATE", `node ${spec.name} is asleep and takes jobs; nothing is to be resumed`);
    default:
      return ok({ ...fields, power: null });
  }
}

function wokenUp({ power }: NodeRecord): Result<Fields> {
  switch (power?.state) {
    case "power-down":
      return ok({ power: null, ...(power.drained === true ? { drain: false, reason: "" } : {}) });
    case "powering-down":
    case "down":
      // The program runs as soon as it may; of one that powers down, when it is down.
      return ok({ power: { ...withoutTime(power), wake: true } });
    default:
      return ok({});
  }
}

function switchedOff(
  record: NodeRecord,
  state: "POWER_DOWN" | "POWER_DOWN_ASAP" | "POWER_DOWN_FORCE",
  reason: string,
): Result<Fields> {
  const { power, drain } = record;
  if (power?.state === "powering-down" || power?.state === "down")
    return ok(power.wake === true ? { power: { state: power.state } } : {});
  if (power?.state === "rebooting") return notNow(record, "it reboots");
  if (isAsleep(power) && state !== "POWER_DOWN_FORCE") return notNow(record, "it is being woken");
  const said = reason === "" ? {} : { reason };
  if (state !== "POWER_DOWN_ASAP") return ok({ power: { state: "power-down" }, ...said });
  return ok({
    drain: true,
    power: { state: "power-down", ...(drain ? {} : { drained: true }) },
    reason: reason === "" ? POWER_DOWN_ASAP : reason,
  });
}

/** Nodes that are off, or reboot already, are left alone, as Slurm does. */
function rebootOf(record: NodeRecord, update: NodeUpdate, config: PowerConfig): Result<Fields> {
  if (config.rebootProgram === "")
    return refuse("NOT_SUPPORTED", "rota.yaml gives no reboot_program under power");
  if (record.power !== undefined) return ok({});
  const { asap = false, nextState, reason = "" } = update;
  return ok({
    power: {
      state: "reboot-requested",
      ...(nextState === undefined ? {} : { next: nextState }),
      ...(asap && !record.drain ? { drained: true } : {}),
    },
    ...(asap ? { drain: true } : {}),
    reason: reason === "" ? "reboot requested" : reason,
  });
}

const notNow = ({ spec }: NodeRecord, why: string): Result<never> =>
  refuse("NODE_STATE", `node ${spec.name} cannot be set to that state: ${why}`);

const withoutTime = ({ sinceS: _, ...power }: NonNullable<NodeRecord["power"]>) => power;
