/** What a node is switched on and off for: the states between awake and asleep, and those of a reboot. Plain records, no I/O. */

/**
 * Where a node is that is not simply awake. `power-down` and `reboot-requested` are awake still and wait for their jobs to
 * end; `powering-down` and `rebooting` take no jobs; `down` and `powering-up` do, which wait until the node is there.
 */
export const POWER_STATES = [
  "power-down",
  "powering-down",
  "down",
  "powering-up",
  "reboot-requested",
  "rebooting",
] as const;
export type PowerState = (typeof POWER_STATES)[number];

export interface NodePower {
  readonly state: PowerState;
  /** Since when, epoch seconds. */
  readonly sinceS: number;
  /** Of a node that powers down: it is to be woken as soon as it is down. */
  readonly wake?: true;
  /** Of a reboot: what it is set to when it is back; absent for what it was. */
  readonly next?: "RESUME" | "DOWN";
  /** It was drained for this alone, and takes jobs again once it is done. */
  readonly drained?: true;
}

/** A node in this state must be woken, or is being woken, before a job can begin on it. */
export const isAsleep = (power: NodePower | undefined): boolean =>
  power?.state === "down" || power?.state === "powering-up";

/** A node in this state takes no jobs. */
export const isLeaving = (power: NodePower | undefined): boolean =>
  power?.state === "powering-down" || power?.state === "rebooting";

/** Whether its agent is expected to be silent. */
export const isSilent = (power: NodePower | undefined): boolean => isAsleep(power) || isLeaving(power);

/** What plans and running jobs need to know of a site's power saving. */
export interface PowerSpec {
  /** Seconds that a node is reckoned to need until it is there: its resume timeout. */
  readonly bootS: number;
}

export const NO_POWER: PowerSpec = { bootS: 0 };

/** Whether an agent that says hello is the one that the node is to lose: it has not been off, or through its reboot, yet. */
export const isOldAgent = (
  power: NodePower | undefined,
  { agentStartS }: { readonly agentStartS: number },
): boolean =>
  power?.state === "powering-down" || (power?.state === "rebooting" && agentStartS <= power.sinceS);
