/** What srun has been asked so far: what it shares with sbatch, and what is a step's alone. */
import type { Failure } from "../failure.ts";
import type { OptionSpec } from "../getopt.ts";
import { type Draft, emptyDraft, type ReadContext } from "../sbatch/draft.ts";

/** Options of a step, as they were written; "" for one that is set by being there. */
export type StepWord =
  | "bcast"
  | "disable-status"
  | "exact"
  | "immediate"
  | "jobid"
  | "kill-on-bad-exit"
  | "label"
  | "mpi"
  | "multi-prog"
  | "overlap"
  | "preserve-env"
  | "pty"
  | "quit-on-interrupt"
  | "relative"
  | "unbuffered"
  | "wait"
  | "input"
  | "output"
  | "error"
  | "open-mode"
  | "no-shell";

export interface SrunDraft extends Draft {
  readonly step: Map<StepWord, string>;
  /** Keys of options that were given on the command line, not by a variable. */
  readonly typed: Set<string>;
}

export type SrunReader = (value: string, draft: SrunDraft, context: ReadContext) => Failure | undefined;

export interface SrunOption extends OptionSpec {
  readonly read?: SrunReader;
  /** Variables that stand for it. */
  readonly env?: readonly string[];
}

export const emptySrunDraft = (): SrunDraft => ({ ...emptyDraft(), step: new Map(), typed: new Set() });
