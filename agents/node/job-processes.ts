/**
 * The processes of one job run and the signals that they get. Used by job-run.ts; keeps no timer and decides nothing.
 * A process is named by its id and start time, so that an id given to another one is never signalled.
 */
import type { Limiter } from "./limits.ts";
import { isAlive, type ProcessStat, readProcess, sessionMembers } from "./proc.ts";

export const SIGKILL = 9;
export const SIGTERM = 15;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGTSTP = 20;
/** Looks for processes that were made while the others were being stopped. */
const MAX_STOP_ROUNDS = 16;
const MAX_EARLY_SIGNALS = 16;

export class JobProcesses {
  /** The batch script's process, leader of its own group and session; undefined while it has not started. */
  first: ProcessStat | undefined;
  /** Signals that the batch script got from this agent. */
  readonly sent = new Set<number>();
  /** Signals from before the script's process was known: it may run already, its shepherd's word on the way. */
  readonly #early: (readonly [signal: number, batchOnly: boolean])[] = [];
  readonly #limiter: Limiter;
  readonly #key: string;

  constructor(limiter: Limiter, key: string) {
    this.#limiter = limiter;
    this.#key = key;
  }

  /** The script's process is there; it gets what was sent before. */
  begin(first: ProcessStat): void {
    this.first = first;
    for (const [signal, batchOnly] of this.#early.splice(0)) this.signal(signal, batchOnly);
  }

  /** To the batch script alone or to every process of the job. */
  signal(signal: number, batchOnly: boolean): void {
    if (this.first === undefined) {
      if (this.#early.length < MAX_EARLY_SIGNALS) this.#early.push([signal, batchOnly]);
    } else if (batchOnly) this.signalBatch(signal);
    else this.signalAll(signal);
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

  /**
   * Stops every process of the job, and those that they have made meanwhile; gives the states of those that do not stand
   * still yet: on a busy host one that was told may take its time.
   */
  stopAll(): readonly string[] {
    const { first } = this;
    if (first === undefined) return [];
    let states: readonly string[] = [];
    for (let round = 0; round < MAX_STOP_ROUNDS; round++) {
      if (round === 0 && isAlive(first)) tryKill(-first.pid, SIGSTOP);
      const going = this.#members(first).filter(
        ({ state }) => state !== "T" && state !== "t" && state !== "Z",
      );
      for (const { pid } of going) tryKill(pid, SIGSTOP);
      if (going.length === 0) return [];
      states = going.map(({ state }) => state);
    }
    return states;
  }

  /** Lets them all go on. */
  goOn(): void {
    const { first } = this;
    if (first === undefined) return;
    if (isAlive(first)) tryKill(-first.pid, SIGCONT);
    for (const { pid } of this.#members(first)) tryKill(pid, SIGCONT);
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
