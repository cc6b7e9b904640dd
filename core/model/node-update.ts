/** What an operator may ask of a node. Plain JSON values. */

/** At least one of state and weight. */
export interface NodeUpdate {
  readonly state?: (typeof NODE_UPDATE_STATES)[number];
  readonly reason?: string;
  readonly weight?: number;
  /** Of REBOOT: it takes no more jobs until it is back. */
  readonly asap?: boolean;
  /** Of REBOOT: what it is set to when it is back; absent for what it was. */
  readonly nextState?: "RESUME" | "DOWN";
}

export const NODE_UPDATE_STATES = [
  "DRAIN",
  "RESUME",
  "DOWN",
  "UNDRAIN",
  "POWER_UP",
  "POWER_DOWN",
  "POWER_DOWN_ASAP",
  "POWER_DOWN_FORCE",
  "REBOOT",
  "CANCEL_REBOOT",
] as const;
