/** Ends of tasks that come close together, said as one where they are alike: `tasks 0-2: Killed` is one line of srun. */
import type { TaskEnds } from "../../protocol/step-frames.ts";

/** Ends that are not 0 are waited for so long: they come together, and srun has a line for each. */
const GATHER_MS = 50;

export class ExitBatch {
  readonly #tell: (ends: TaskEnds) => void;
  readonly #gathered = new Map<string, TaskEnds & { readonly tasks: number[] }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (ends: TaskEnds) => void) {
    this.#tell = tell;
  }

  add(rank: number, code: number, signal: number, oom: boolean): void {
    const key = `${code} ${signal} ${oom}`;
    const alike = this.#gathered.get(key);
    if (alike === undefined) this.#gathered.set(key, { tasks: [rank], code, signal, oom });
    else alike.tasks.push(rank);
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Says what has been gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const ends of this.#gathered.values()) {
      ends.tasks.sort((a, b) => a - b);
      this.#tell(ends);
    }
    this.#gathered.clear();
  }
}
