/**
 * Runs the site's programs that switch nodes off and on and reboot them: each gets a hostlist as its one argument. A
 * bounded number at a time, each with a time limit, after which it and its children are killed. What fails is told to
 * the caller and logged; nothing waits for it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Logger } from "pino";

export const MAX_POWER_PROGRAMS = 16;
/** What is kept of what a program says on standard error. */
const MAX_ERROR_CHARS = 400;

export interface ProgramRun {
  /** `suspend`, for messages. */
  readonly what: string;
  readonly program: string;
  readonly hostlist: string;
  readonly limitS: number;
  /** What went wrong, in words; called at most once. */
  readonly onFailure: (problem: string) => void;
}

export class PowerPrograms {
  readonly #log: Logger;
  readonly #running = new Set<ChildProcess>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Whether another one may be started. */
  get hasRoom(): boolean {
    return this.#running.size < MAX_POWER_PROGRAMS;
  }

  start({ what, program, hostlist, limitS, onFailure }: ProgramRun): void {
    this.#log.info({ program, nodes: hostlist }, `${what} program starts`);
    const child = spawn(program, [hostlist], { stdio: ["ignore", "ignore", "pipe"], detached: true });
    this.#running.add(child);
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(0, MAX_ERROR_CHARS);
    });
    let isOver = false;
    const over = (problem: string): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.#running.delete(child);
      // What it has left running in the background may hold the pipe.
      child.stderr.destroy();
      if (problem === "") return;
      this.#log.error({ program, nodes: hostlist, problem, said }, `${what} program failed`);
      onFailure(problem);
    };
    const timer = setTimeout(() => {
      killGroup(child);
      over(`killed after ${limitS} s`);
    }, limitS * 1000);
    child.on("error", (error) => over(error.message));
    child.on("exit", (code, signal) => over(code === 0 ? "" : exitWords(code, signal)));
  }

  /** Lets go of what still runs: a node that is being switched on is to go on with that. */
  close(): void {
    for (const child of this.#running) {
      child.removeAllListeners("exit");
      child.unref();
      (child.stderr as unknown as { unref?: () => void } | null)?.unref?.();
    }
    this.#running.clear();
  }
}

const exitWords = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exit code ${code}` : `ended by ${signal}`;

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}
