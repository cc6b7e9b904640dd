/**
 * The standing still of one job run: warned by SIGTSTP, stopped by SIGSTOP after a while, and let go on by SIGCONT. Keeps
 * how long it stood still, which its time limit leaves out, where a restarted agent finds it. Owns one timer; never
 * decides that a job is to stand still.
 */
import type { JobDir } from "./job-dir.ts";
import { type JobProcesses, SIGTSTP } from "./job-processes.ts";

/** Looks again at processes that were told to stop and have not. */
const LOOK_MS = 10;
const MAX_LOOKS = 200;
/** One that the kernel holds counts as still sooner: a shell waits so for a child that was stopped before its exec. */
const MAX_LOOKS_ASLEEP = 10;

export class JobPause {
  readonly #dir: JobDir;
  readonly #processes: JobProcesses;
  /** Called each time that it has come to stand still. */
  readonly #onStill: (atMs: number) => void;
  /** It is to stand still, and does not yet. */
  #isDue = false;
  #sinceMs = 0;
  #pastMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(dir: JobDir, processes: JobProcesses, onStill: (atMs: number) => void) {
    this.#dir = dir;
    this.#processes = processes;
    this.#onStill = onStill;
  }

  get isStill(): boolean {
    return this.#sinceMs > 0;
  }

  /** How long it stood still before, all times together. */
  get pastMs(): number {
    return this.#pastMs;
  }

  /** Takes up what an earlier agent process wrote. */
  adopt(): void {
    const saved = this.#dir.pause();
    this.#sinceMs = saved?.sinceMs ?? 0;
    this.#pastMs = saved?.pastMs ?? 0;
  }

  /** Has it stand still after so long; says so again where it does already. */
  begin(graceMs: number): void {
    if (this.#isDue) return;
    if (this.isStill) {
      // Somebody else may have let it go on.
      this.#stop();
      return;
    }
    this.#isDue = true;
    if (this.#processes.first === undefined) return;
    if (graceMs > 0) {
      this.#processes.signalAll(SIGTSTP);
      this.#timer = setTimeout(() => this.#stop(), graceMs);
    } else this.#stop();
  }

  /** The script's process is there: one that is to stand still does not begin. */
  started(): void {
    if (this.#isDue) this.#stop();
  }

  end(): void {
    clearTimeout(this.#timer);
    const wasDue = this.#isDue;
    this.#isDue = false;
    if (this.isStill) {
      this.#pastMs += Math.max(0, Date.now() - this.#sinceMs);
      this.#sinceMs = 0;
      this.#dir.savePause({ sinceMs: 0, pastMs: this.#pastMs });
    } else if (!wasDue) return;
    this.#processes.goOn();
  }

  /** The run is over, or this agent. */
  close(): void {
    clearTimeout(this.#timer);
    this.#isDue = false;
  }

  #stop(looks = 0): void {
    const going = this.#processes.stopAll();
    const most = going.every((state) => state === "D") ? MAX_LOOKS_ASLEEP : MAX_LOOKS;
    if (going.length > 0 && looks < most) {
      this.#isDue = true;
      this.#timer = setTimeout(() => this.#stop(looks + 1), LOOK_MS);
      return;
    }
    this.#isDue = false;
    if (!this.isStill) {
      this.#sinceMs = Date.now();
      this.#dir.savePause({ sinceMs: this.#sinceMs, pastMs: this.#pastMs });
    }
    this.#onStill(this.#sinceMs);
  }
}
