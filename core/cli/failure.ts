/** How a command ends that cannot do what it was asked: an exit status and what it says on standard error. */
import type { Refusal } from "../model/refusal.ts";
import type { GivenOption } from "./getopt.ts";
import { slurmSentence } from "./slurm-sentence.ts";

export interface Failure {
  readonly ok: false;
  /** 1 .. 255 */
  readonly status: number;
  /** Whole lines. */
  readonly text: string;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | Failure;

export const done = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** `command: error: message` and exit status 1 unless told. */
export const failure = (command: string, message: string, status = 1): Failure => ({
  ok: false,
  status,
  text: `${command}: error: ${message}\n`,
});

/** A failure whose text is given whole. */
export const plainFailure = (text: string, status = 1): Failure => ({ ok: false, status, text });

/** What `slurm_load_jobs` and its like say of a refusal. */
export const loadFailure = (what: string, refusal: Refusal): Failure =>
  plainFailure(`${what}: ${slurmSentence(refusal)}\n`);

/** Refuses the first option that this version does not have: to ignore one would change what the command does. */
export const refuseUnsupported = (command: string, options: readonly GivenOption[]): Failure | undefined => {
  const option = options.find(({ spec }) => spec.refused === true);
  return option === undefined ? undefined : notSupported(command, spelling(option));
};

/** `--reservation is not supported by this version of Rota` */
export const notSupported = (command: string, what: string): Failure =>
  failure(command, `${what} is not supported by this version of Rota`);

const spelling = ({ spec }: GivenOption): string =>
  spec.long !== undefined ? `--${spec.long}` : `-${spec.short}`;
