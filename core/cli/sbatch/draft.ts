/** What sbatch has been asked so far, while options of the script, the environment and the command line are read. */
import type { JobSpec } from "../../model/job-spec.ts";
import type { Failure } from "../failure.ts";
import type { OptionSpec } from "../getopt.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Where an option was given. A later one of this list goes before an earlier one. */
export type OptionSource = "script" | "environment" | "command line";

export interface MemoryAsk {
  readonly mib: number;
  readonly source: OptionSource;
}

export interface Draft {
  /** Fields of the submission that options set; "" for a text that an option took back. */
  readonly spec: Mutable<Partial<JobSpec>>;
  readonly memory: { node?: MemoryAsk; cpu?: MemoryAsk; gpu?: MemoryAsk };
  /** What --export said. */
  exportList?: string;
  wrap?: string;
  chdir?: string;
  parsable: boolean;
  wait: boolean;
  testOnly: boolean;
  quiet: boolean;
  ignorePbs: boolean;
  /** Times that -v was given. */
  verbose: number;
  /** Names of the options that were set and their values, for -v. */
  readonly shown: Map<string, string>;
}

/** What an option's reader knows beside the draft. */
export interface ReadContext {
  readonly command: string;
  readonly nowS: number;
  readonly user: string;
  readonly source: OptionSource;
}

/** Takes an option's value into the draft; the failure when it cannot. A flag's value is "". */
export type OptionReader = (value: string, draft: Draft, context: ReadContext) => Failure | undefined;

export interface SbatchOption extends OptionSpec {
  readonly read?: OptionReader;
  /** Variables that stand for it. */
  readonly env?: readonly string[];
  /** In a script it says nothing: --wrap, --help and their like. */
  readonly notInScript?: true;
}

export const emptyDraft = (): Draft => ({
  spec: {},
  memory: {},
  parsable: false,
  wait: false,
  testOnly: false,
  quiet: false,
  ignorePbs: false,
  verbose: 0,
  shown: new Map(),
});
