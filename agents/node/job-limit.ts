/**
 * The time limit of one job run: when it is over, and when the signal before it is due. Time that the run stands still does
 * not count. Owns one timer; what happens then is the run's to do.
 */
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { JobDir, KeptOrder } from "./job-dir.ts";

export interface JobLimitParts {
  readonly dir: JobDir;
  readonly order: KeptOrder;
  /** When its time began to count, with what it has stood still added; undefined while it does not count. */
  readonly beganMs: () => number | undefined;
  readonly onSignal: (signal: NonNullable<KeptOrder["signal"]>) => void;
  readonly onEnd: () => void;
}

/** A timer's longest wait; longer limits are waited for in turns. */
const MAX_TIMER_MS = 1_000_000_000;

export class JobLimit {
  readonly #parts: JobLimitParts;
  #timeLimitS: number;
  #signalled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: JobLimitParts) {
    this.#parts = parts;
    this.#timeLimitS = parts.order.timeLimitS;
  }

  /** Takes up what an earlier agent process wrote. */
  adopt(): void {
    const { dir, order } = this.#parts;
    this.#timeLimitS = dir.limitS() ?? order.timeLimitS;
    this.#signalled = dir.signalled();
  }

  set(timeLimitS: number): void {
    this.#timeLimitS = timeLimitS;
    this.#parts.dir.saveLimitS(timeLimitS);
    this.arm();
  }

  /** Reckons anew when what is due next. */
  arm(): void {
    clearTimeout(this.#timer);
    const { order, beganMs, onSignal, onEnd, dir } = this.#parts;
    const { signal } = order;
    const startMs = beganMs();
    if (startMs === undefined || this.#timeLimitS >= UNLIMITED_S) return;
    const endMs = startMs + this.#timeLimitS * 1000;
    const nextMs = signal === undefined || this.#signalled ? endMs : endMs - signal.beforeS * 1000;
    const waitMs = nextMs - Date.now();
    if (waitMs > 0) {
      this.#timer = setTimeout(() => this.arm(), Math.min(waitMs, MAX_TIMER_MS));
    } else if (nextMs === endMs || signal === undefined) onEnd();
    else {
      this.#signalled = true;
      dir.markSignalled();
      onSignal(signal);
      this.arm();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
