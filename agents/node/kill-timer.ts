/** The SIGKILL of one job run after its grace, again and again for processes that the kernel holds back. Owns one timer. */

/** A timer's longest wait; longer graces are waited for in turns. */
const MAX_TIMER_MS = 1_000_000_000;
/** Between one SIGKILL and the next. */
const KILL_AGAIN_MS = 2_000;

export class KillTimer {
  readonly #kill: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(kill: () => void) {
    this.#kill = kill;
  }

  /** Kills in so long; 0 for at once. A wait that goes on is forgotten. */
  arm(waitMs: number): void {
    this.stop();
    if (waitMs > 0) {
      this.#timer = setTimeout(() => this.arm(waitMs - MAX_TIMER_MS), Math.min(waitMs, MAX_TIMER_MS));
      return;
    }
    this.#kill();
    this.#timer = setTimeout(() => this.arm(0), KILL_AGAIN_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
