/**
 * What is to be done with a node's power at this moment: whether it is switched off for being idle, has powered down, is
 * woken for a job, has not come back in time, reboots. Decides from the record and the time that it is given; changes
 * nothing.
 */
import type { NodeRecord } from "../model/node.ts";
import type { EventOf } from "../state/event-of.ts";
import type { PowerConfig } from "./config-power.ts";

export type PowerProgram = "suspend" | "resume" | "reboot";

export interface PowerMove {
  readonly change: Pick<EventOf<"node.changed">, "power" | "down" | "drain" | "responding" | "reason">;
  /** Started for the node once the change is on disk. */
  readonly program?: PowerProgram;
  /** Its jobs have lost it. */
  readonly isLost?: true;
}

export interface PowerFacts {
  readonly nowS: number;
  readonly isConnected: boolean;
  readonly hasJobs: boolean;
  /** Whether it may be switched off for being idle: it is idle for long enough, takes jobs, and nobody excepted it. */
  readonly mayIdleOff: boolean;
}

export const POWER_DOWN_ASAP = "POWER_DOWN_ASAP";
/** What a reason begins with that is taken back when the node answers. */
export const OWN_REASON = "rota: ";

/** undefined where the node stays as it is. */
export function powerMove(
  record: NodeRecord,
  { nowS, isConnected, hasJobs, mayIdleOff }: PowerFacts,
  config: PowerConfig,
): PowerMove | undefined {
  const { power } = record;
  if (power === undefined) return mayIdleOff ? SWITCH_OFF : undefined;
  const isLate = (timeoutS: number): boolean => nowS - power.sinceS >= timeoutS;
  switch (power.state) {
    case "power-down":
      if (hasJobs) return undefined;
      return power.drained === true
        ? { ...SWITCH_OFF, change: { ...SWITCH_OFF.change, drain: false } }
        : SWITCH_OFF;
    case "powering-down":
      return isLate(config.suspendTimeoutS)
        ? afterPowerDown(record, isConnected, power.wake === true)
        : undefined;
    case "down":
      return hasJobs || power.wake === true ? WAKE : undefined;
    case "powering-up":
      return isLate(config.resumeTimeoutS) ? lost("ResumeTimeout reached") : undefined;
    case "reboot-requested":
      if (hasJobs) return undefined;
      return {
        change: {
          power: { ...kept(power), state: "rebooting" },
          reason: `${record.reason || "reboot requested"} : reboot issued`,
        },
        program: "reboot",
      };
    case "rebooting":
      return isLate(config.resumeTimeoutS) ? lost("reboot timed out") : undefined;
    default:
      return undefined;
  }
}

const SWITCH_OFF: PowerMove = { change: { power: { state: "powering-down" } }, program: "suspend" };
const WAKE: PowerMove = { change: { power: { state: "powering-up" } }, program: "resume" };

/** A node that still answers has not been switched off, whatever the program said: it goes on as if nothing had been. */
function afterPowerDown(record: NodeRecord, isConnected: boolean, wake: boolean): PowerMove {
  if (isConnected) {
    const reason = record.reason.startsWith(OWN_REASON)
      ? record.reason
      : `${OWN_REASON}SuspendTimeout reached`;
    return { change: { power: null, reason } };
  }
  if (wake) return WAKE;
  const isOurs = record.reason === POWER_DOWN_ASAP || record.reason.startsWith(OWN_REASON);
  return { change: { power: { state: "down" }, ...(isOurs ? { reason: "" } : {}) } };
}

const lost = (why: string): PowerMove => ({
  change: { power: null, responding: false, down: true, reason: `${OWN_REASON}${why}` },
  isLost: true,
});

const kept = ({ next, drained }: NonNullable<NodeRecord["power"]>) => ({
  ...(next === undefined ? {} : { next }),
  ...(drained === undefined ? {} : { drained }),
});
