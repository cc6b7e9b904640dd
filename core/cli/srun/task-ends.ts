/** How a step's tasks have ended: srun's lines about them and the status that srun ends with, as Slurm has them. Pure. */
import type { TaskEnds } from "../../../agents/protocol/step-frames.ts";
import { printRanges } from "../../model/ranges.ts";
import { signalWords } from "../../model/signal-words.ts";

/** What srun ends with for a task that the kernel ended for memory. */
const OOM_STATUS = 253;
const SIGNAL_STATUS = 128;
const SIGKILL = 9;
const SIGTERM = 15;

export class TaskEndings {
  readonly #ntasks: number;
  readonly #good = new Set<number>();
  readonly #bad = new Set<number>();
  /** Highest status of a task so far. */
  status = 0;
  /** Whether SIGKILL or SIGTERM has ended one. */
  anyForced = false;

  constructor(ntasks: number) {
    this.#ntasks = ntasks;
  }

  /** Notes ends of a node's tasks; srun's line about them, or "" where they ended well. */
  add(node: string, { tasks, code, signal, oom }: TaskEnds): string {
    const isBad = code !== 0 || signal !== 0;
    for (const rank of tasks) (isBad ? this.#bad : this.#good).add(rank);
    const status = oom ? OOM_STATUS : signal > 0 ? SIGNAL_STATUS + signal : code;
    if (status > this.status) this.status = status;
    if (signal === SIGKILL || signal === SIGTERM) this.anyForced = true;
    if (!isBad) return "";
    const what = oom ? "Out Of Memory" : signal > 0 ? signalWords(signal) : `Exited with exit code ${code}`;
    return `error: ${node}: ${tasksText(tasks)}: ${what}`;
  }

  get ended(): number {
    return this.#good.size + this.#bad.size;
  }

  get anyBad(): boolean {
    return this.#bad.size > 0;
  }

  /** `tasks 1-3: running`, then those that have exited. */
  statusLines(): readonly string[] {
    const running: number[] = [];
    for (let rank = 0; rank < this.#ntasks; rank++)
      if (!this.#good.has(rank) && !this.#bad.has(rank)) running.push(rank);
    return [
      [running, "running"] as const,
      [[...this.#good], "exited"] as const,
      [[...this.#bad], "exited abnormally"] as const,
    ]
      .filter(([tasks]) => tasks.length > 0)
      .map(([tasks, word]) => `${tasksText(tasks)}: ${word}`);
  }
}

/** `task 0`, `tasks 0-2,5` */
export const tasksText = (tasks: readonly number[]): string =>
  `task${tasks.length === 1 ? "" : "s"} ${printRanges([...tasks].sort((a, b) => a - b))}`;
