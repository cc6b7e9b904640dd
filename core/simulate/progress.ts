/** One line on a terminal that says how far a replay is and how long it will go on; nothing where there is none. */

export interface ProgressOut {
  /** Writes to stderr at once. */
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
  readonly isTerminal: boolean;
}

/** Between two changes of the line. */
const EVERY_MS = 200;
/** Before an estimate is worth printing. */
const SETTLE_MS = 1000;

export class Progress {
  readonly #out: ProgressOut;
  readonly #title: string;
  readonly #total: number;
  readonly #what: string;
  readonly #beganMs: number;
  #lastMs: number;
  #isShown = false;

  /** `what` says what `total` counts: `jobs ended`. */
  constructor(out: ProgressOut, title: string, total: number, what: string) {
    this.#out = out;
    this.#title = title;
    this.#total = total;
    this.#what = what;
    this.#beganMs = out.nowMs();
    this.#lastMs = this.#beganMs;
  }

  to(done: number): void {
    if (!this.#out.isTerminal) return;
    const nowMs = this.#out.nowMs();
    if (nowMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = nowMs;
    this.#isShown = true;
    this.#out.write(
      `\r${this.#title}  ${done} of ${this.#total} ${this.#what}${this.#left(done, nowMs)}\x1b[K`,
    );
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) this.#out.write("\r\x1b[K");
  }

  #left(done: number, nowMs: number): string {
    const goneMs = nowMs - this.#beganMs;
    if (done === 0 || goneMs < SETTLE_MS) return "";
    const leftS = Math.ceil((goneMs * (this.#total - done)) / done / 1000);
    const words = leftS < 90 ? `${leftS} s` : `${Math.ceil(leftS / 60)} min`;
    return `, ${Math.floor((100 * done) / this.#total)} %, about ${words} left`;
  }
}
