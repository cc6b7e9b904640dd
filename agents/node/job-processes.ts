/**
 * The processes of one job run and the signals that they get. Used by job-run.ts; keeps no timer and decides nothing.
 * A process is named by its id and start time, so that an id given to another one is never signalled.
 */
import type { Limiter } from "./limits.ts";
import { isAlive, type ProcessStat, readProcess, sessionMembers } from "./proc.ts";

export const SIGKILL = 9;
export const SIGTERM = 15;
export const SIGCONT = 18;

export class JobProcesses {
  /** The batch script's process, leader of its own group and session; undefined while it has not started. */
  first: ProcessStat | undefined;
  /** Signals that the batch script got from this agent. */
  readonly sent = new Set<number>();
  readonly #limiter: Limiter;
  readonly #key: string;

  constructor(limiter: Limiter, key: string) {
    this.#limiter = limiter;
    this.#key = key;
  }

  /** The batch script alone. */
  signalBatch(signal: number): void {
    if (this.first === undefined || !isAlive(this.first)) return;
    this.sent.add(signal);
    tryKill(this.first.pid, signal);
  }

  /** Every process of the job. */
  signalAll(signal: number): void {
    const { first } = this;
    if (first === undefined) return;
    this.sent.add(signal);
    // Between the fork and setsid the script has no group yet.
    if (isAlive(first) && !tryKill(-first.pid, signal)) tryKill(first.pid, signal);
    for (const { pid, group } of this.#members(first)) if (group !== first.pid) tryKill(pid, signal);
  }

  /** Everything but the batch script, as Slurm's default for --signal. */
  signalSteps(signal: number): void {
    const { first } = this;
    if (first === undefined) return;
    for (const { pid } of this.#members(first)) if (pid !== first.pid) tryKill(pid, signal);
  }

  #members(first: ProcessStat): ProcessStat[] {
    const tracked = this.#limiter.processes(this.#key);
    if (tracked === undefined) return sessionMembers(first.pid);
    return tracked.map(readProcess).filter((found): found is ProcessStat => found !== undefined);
  }
}

/** Whether the signal could be sent. */
export const tryKill = (pid: number, signal: number): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
};
