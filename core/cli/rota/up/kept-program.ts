/**
 * A program that is kept running: started as a child process of its own process group, started again when it ends,
 * ended when told. It ends by itself when this process is gone, however that went, since the channel between both
 * closes.
 * Never touches jobs, which are processes of their own sessions.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import { afterDeath, type Backoff, NO_BACKOFF } from "./backoff.ts";
import { openLog } from "./log-file.ts";

export interface KeptProgramOptions {
  /** For messages: `controller`, `agent n1`. */
  readonly name: string;
  /** Asked at each start. */
  readonly command: () => readonly string[];
  readonly logPath: string;
  /** Copies what it writes to this process's stderr too. */
  readonly verbose: boolean;
  /** What the program says of itself over the channel, as `{ready: true}`. */
  readonly onMessage?: (message: unknown) => void;
  /** After each end that nobody asked for; `waitMs` is undefined when it is given up. */
  readonly onDeath: (death: Death) => void;
}

export interface Death {
  readonly name: string;
  /** `exit code 1`, `signal SIGKILL`. */
  readonly how: string;
  readonly waitMs: number | undefined;
  readonly logPath: string;
}

/** Between SIGTERM and SIGKILL for a program that does not end. */
const GRACE_MS = 10_000;

export class KeptProgram {
  readonly name: string;
  readonly #options: KeptProgramOptions;
  #child: ChildProcess | undefined;
  #startedMs = 0;
  #backoff: Backoff = NO_BACKOFF;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #gone: Promise<void> = Promise.resolve();

  constructor(options: KeptProgramOptions) {
    this.#options = options;
    this.name = options.name;
  }

  /** Of the process that runs now; undefined between two lives. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const [program, ...args] = this.#options.command();
    const log = openLog(this.#options.logPath);
    const output = this.#options.verbose ? "pipe" : log;
    const child = spawn(program!, args, { stdio: ["ignore", output, output, "ipc"], detached: true });
    this.#child = child;
    this.#startedMs = performance.now();
    if (this.#options.verbose) this.#copyOutput(child, log);
    else closeSync(log);
    child.on("message", (message) => this.#options.onMessage?.(message));
    this.#gone = new Promise((resolve) => {
      let isDone = false;
      const done = (how: string): void => {
        if (isDone) return;
        isDone = true;
        this.#child = undefined;
        resolve();
        this.#died(how);
      };
      child.once("error", (error) => done(error.message));
      child.once("exit", (code: number | null, signal: string | null) =>
        done(signal === null ? `exit code ${code}` : `signal ${signal}`),
      );
    });
  }

  /** SIGTERM, after a grace SIGKILL; resolves when it is gone. Safe to call again. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined) return;
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    await this.#gone;
    clearTimeout(killer);
  }

  #died(how: string): void {
    if (this.#isStopping) return;
    const { backoff, waitMs } = afterDeath(this.#backoff, performance.now() - this.#startedMs);
    this.#backoff = backoff;
    if (waitMs !== undefined) this.#timer = setTimeout(() => this.start(), waitMs);
    this.#options.onDeath({ name: this.name, how, waitMs, logPath: this.#options.logPath });
  }

  #copyOutput(child: ChildProcess, log: number): void {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        writeSync(log, chunk);
        process.stderr.write(chunk);
      });
    }
    // After the last output, which may come after the program's end.
    child.once("close", () => closeSync(log));
  }
}
