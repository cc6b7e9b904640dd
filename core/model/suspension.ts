/**
 * The standing still of a started job: its processes are stopped, its CPUs and devices are given to others, its memory
 * stays its own. Plain records; no I/O.
 */
import type { JobId } from "./ids.ts";

export interface Suspension {
  /** When it was asked for, epoch seconds. */
  readonly askedS: number;
  /** Since when the agent has it standing still; absent until it has said so: what it holds is still in use. */
  readonly sinceS?: number;
  readonly byUid: number;
  /** The waiting job that it makes room for; absent where somebody asked for it. */
  readonly forJob?: JobId;
  /** It goes on when somebody says so, not when there is room. */
  readonly byHand?: true;
}

/** Seconds between SIGTSTP, which programs may take as a warning, and SIGSTOP, where no grace time says otherwise. */
export const SUSPEND_NOTICE_S = 2;
