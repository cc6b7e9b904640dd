/**
 * Signals to srun and what they mean for its step: one Ctrl-C asks and shows how the tasks stand, two within a second
 * pass it on and end the step; SIGTERM and SIGHUP end it; the others go to the tasks.
 */

export interface StepSignalsOptions {
  /** One Ctrl-C is enough. */
  readonly isQuick: boolean;
  /** Ctrl-C goes to the tasks and nothing else. */
  readonly isPlain: boolean;
  readonly say: (text: string) => void;
  readonly id: () => string;
  readonly status: () => readonly string[];
  readonly send: (signal: number) => void;
  readonly abort: () => void;
  /** Whether there is a step. */
  readonly isStarted: () => boolean;
  /** There is none, and none is wanted any more. */
  readonly cancel: (signal: number) => void;
}

const SIGINT = 2;
const SIGTERM = 15;
const AGAIN_MS = 1_000;
const PASSED = { SIGQUIT: 3, SIGUSR1: 10, SIGUSR2: 12, SIGALRM: 14, SIGCONT: 18 } as const;

export class StepSignals {
  readonly #options: StepSignalsOptions;
  readonly #handlers: [NodeJS.Signals, () => void][];
  #lastMs = Number.NEGATIVE_INFINITY;
  /** Whether Ctrl-C has been passed on. */
  interrupted = false;

  constructor(options: StepSignalsOptions) {
    this.#options = options;
    this.#handlers = [
      ["SIGINT", () => this.#interrupt()],
      ["SIGTERM", () => this.#end()],
      ["SIGHUP", () => this.#end()],
      ...Object.entries(PASSED).map(([name, signal]): [NodeJS.Signals, () => void] => [
        name as NodeJS.Signals,
        () => options.send(signal),
      ]),
    ];
  }

  open(): void {
    for (const [name, handler] of this.#handlers) process.on(name, handler);
  }

  close(): void {
    for (const [name, handler] of this.#handlers) process.off(name, handler);
  }

  #interrupt(): void {
    const { isPlain, isQuick, say, id, status, send, abort, isStarted, cancel } = this.#options;
    if (!isStarted()) {
      cancel(SIGINT);
      return;
    }
    if (isPlain) {
      say(`sending Ctrl-C to StepId=${id()}`);
      send(SIGINT);
      return;
    }
    const nowMs = performance.now();
    if (!isQuick && nowMs - this.#lastMs > AGAIN_MS) {
      this.#lastMs = nowMs;
      say("interrupt (one more within 1 sec to abort)");
      for (const line of status()) say(`StepId=${id()} ${line}`);
      return;
    }
    this.interrupted = true;
    say(`sending Ctrl-C to StepId=${id()}`);
    send(SIGINT);
    say("forcing job termination");
    abort();
  }

  #end(): void {
    const { isStarted, cancel, say, abort } = this.#options;
    if (!isStarted()) {
      cancel(SIGTERM);
      return;
    }
    say("forcing job termination");
    abort();
  }
}
