/**
 * How a job ended, from what its shepherd wrote down. Used once at each end of a job, by the agent that saw it or by
 * the one that came after. Pure.
 */
import type { EndCause } from "../protocol/frames.ts";
import { FAILED_MARK } from "./shepherd.ts";

/** Slurm's exit code and signal of a job that the kernel ended for memory: 0:125. */
export const OOM_SIGNAL = 125;
/** Slurm's 0:53 of a job whose stdin, stdout or stderr could not be opened. */
export const FILE_FAILED = { exitCode: 0, signal: 53 } as const;
const MAX_SIGNAL = 64;

export interface Exit {
  readonly exitCode: number;
  readonly signal: number;
}

/**
 * Exit code and signal from `$?`. Above 128 the shell's note tells a death by signal; for the signals of which shells
 * write nothing (SIGINT and SIGPIPE; bash: SIGTERM too) it counts as one only when this agent sent that signal.
 */
export const exitOf = (status: number, note: string, sent: ReadonlySet<number>): Exit => {
  const signal = status - 128;
  if (signal < 1 || signal > MAX_SIGNAL) return { exitCode: status, signal: 0 };
  return note.trim() !== "" || sent.has(signal) ? { exitCode: 0, signal } : { exitCode: status, signal: 0 };
};

/**
 * What could not be done before the script, or undefined when it started: `stdout`, `stderr`, `stdin`, `cgroup FILE`
 * from the launch file and the shepherd, or `user` and what setpriv, runuser or the user's shell said of it.
 */
export const failedStep = (note: string): string | undefined => {
  const lines = note.split("\n");
  const marked = lines.find((line) => line.startsWith(FAILED_MARK));
  if (marked !== undefined) return marked.slice(FAILED_MARK.length);
  const unchanged = lines.find((line) => /^(setpriv|runuser): |\/launch: /.test(line));
  return unchanged === undefined ? undefined : `user ${unchanged}`;
};

/** The cause to report: an ordered end stands whatever the script did about it. */
export const causeOf = (ordered: EndCause | undefined, oomKills: number): EndCause | "oom" | "exit" =>
  ordered ?? (oomKills > 0 ? "oom" : "exit");
