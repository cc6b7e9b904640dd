/**
 * The spare shepherd: one that is started while the agent is quiet, has joined its cgroups and waits for a run. Joining
 * a cgroup on an idle host waits 5 to 20 ms for the kernel, most of a job's launch; this way that time has passed
 * before the job comes. At most one at a time: in a burst the kernel is fast, and the nursery starts a shepherd a job.
 *
 * It holds nothing of a run until `begin`, which is the last thing of a launch. Killed before that, the agent leaves a
 * run that never started; the spare shepherd, whose line from the agent ends then, goes by itself.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JobDir } from "./job-dir.ts";
import { SIGKILL, tryKill } from "./job-processes.ts";
import { placeText } from "./launch-file.ts";
import type { Limiter, Placement } from "./limits.ts";
import { SPARE_PREFIX } from "./nursery.ts";
import { isAlive, type ProcessStat } from "./proc.ts";

/** A waiting shepherd that one run has for itself. */
export interface Spare {
  /** Its folder, which becomes the run's. */
  readonly path: string;
  /** Makes its place the run's; undefined, and it is dismissed, where the kernel refuses that. */
  place(key: string, cpus: number, memMib: number): Placement | undefined;
  /** Has it start the run whose folder and place it has become. */
  begin(key: string): void;
  /** Ends it: the run does not start, or not with it. */
  dismiss(): void;
}

export interface SpareOptions {
  readonly limiter: Limiter;
  readonly jobsDir: string;
  /** Has a folder for each spare shepherd. */
  readonly sparesDir: string;
  /** Has a spare shepherd begin in its folder. */
  readonly start: (name: string) => void;
  /** Tells the spare shepherd the name of its run. */
  readonly tell: (name: string) => void;
  /** It was told of a run and has not started it; it may be gone. */
  readonly onUnheard: (key: string) => void;
}

/** Without a launch for this long the agent is quiet. */
const QUIET_MS = 50;
/** Until a run that was told to a spare shepherd has to have started; a second start of it would do no harm. */
const BEGIN_MS = 1_000;
/** Its own memory has to fit below the limit of a job that takes it. */
const MIN_MEMORY_MIB = 8;
/** Spare shepherds that went one after the other; the next waits for a launch. */
const MAX_IN_VAIN = 3;
/** How often its end is looked for when the agent stops, and for how long. */
const GONE_LOOK_MS = 2;
const MAX_GONE_LOOKS = 250;

interface Waiting {
  readonly name: string;
  /** Its shell and the child that is in the cgroups; undefined until it is ready. */
  shell: ProcessStat | undefined;
  child: ProcessStat | undefined;
}

export class SpareShepherd {
  readonly #options: SpareOptions;
  readonly #quiet: NodeJS.Timeout;
  readonly #begun = new Map<string, NodeJS.Timeout>();
  #waiting: Waiting | undefined;
  #made = 0;
  #inVain = 0;
  /** There is none where the limiter has no places for them. */
  #possible = true;

  constructor(options: SpareOptions) {
    this.#options = options;
    this.#quiet = setTimeout(() => this.#prepare(), QUIET_MS);
  }

  /** Says that a run is launched now, and gives it the spare shepherd if there is one. */
  take(memMib: number): Spare | undefined {
    if (this.#possible) this.#quiet.refresh();
    this.#inVain = 0;
    const waiting = this.#waiting;
    if (waiting?.child === undefined || (memMib > 0 && memMib < MIN_MEMORY_MIB)) return undefined;
    this.#waiting = undefined;
    if (waiting.shell === undefined || !isAlive(waiting.shell) || !isAlive(waiting.child)) {
      this.#discard(waiting);
      return undefined;
    }
    return this.#spare(waiting);
  }

  /** The spare shepherd of this folder is in its cgroups. */
  ready(name: string, shell: ProcessStat | undefined, child: ProcessStat | undefined): void {
    if (this.#waiting?.name !== name) return;
    this.#waiting.shell = shell;
    this.#waiting.child = child;
  }

  /** A run has started. */
  began(key: string): void {
    clearTimeout(this.#begun.get(key));
    this.#begun.delete(key);
  }

  /** It went without a run: something ended it, or it heard what was said to one before it. */
  gone(name: string): void {
    const waiting = this.#waiting;
    if (waiting?.name !== name) return;
    this.#waiting = undefined;
    this.#discard(waiting);
    // Where it does not even become ready, it never will.
    if (waiting.child === undefined) this.#possible = false;
    else if (++this.#inVain < MAX_IN_VAIN) this.#quiet.refresh();
  }

  /** The nursery was replaced, and the line to the spare shepherd with it. */
  lost(): void {
    if (this.#waiting !== undefined) this.#discard(this.#waiting);
    this.#waiting = undefined;
    if (this.#possible) this.#quiet.refresh();
  }

  /** After the nursery has closed the line. Resolves once the spare shepherd is gone. */
  async close(): Promise<void> {
    clearTimeout(this.#quiet);
    this.#possible = false;
    for (const timer of this.#begun.values()) clearTimeout(timer);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    const { limiter } = this.#options;
    // A place that it has not joined yet, it cannot join any more.
    limiter.release(waiting.name);
    const isThere = () =>
      (limiter.processes(waiting.name) ?? []).length > 0 ||
      [waiting.shell, waiting.child].some((process) => process !== undefined && isAlive(process));
    for (let looks = 0; looks < MAX_GONE_LOOKS && isThere(); looks++) await sleep(GONE_LOOK_MS);
    this.#discard(waiting);
  }

  #prepare(): void {
    if (this.#waiting !== undefined) return;
    const { limiter, sparesDir, start } = this.#options;
    const name = `${SPARE_PREFIX}${Date.now()}.${++this.#made}`;
    const place = limiter.reserve(name);
    this.#possible = place !== undefined;
    if (place === undefined) return;
    const dir = new JobDir(join(sparesDir, name));
    try {
      dir.make();
      dir.savePlace(placeText(place, []));
    } catch {
      // A full disk, which the next launch will say.
      limiter.release(name);
      return;
    }
    this.#waiting = { name, shell: undefined, child: undefined };
    start(name);
  }

  #spare(waiting: Waiting): Spare {
    const { limiter, jobsDir, sparesDir, tell, onUnheard } = this.#options;
    const { name } = waiting;
    return {
      path: join(sparesDir, name),
      place: (key, cpus, memMib) => {
        try {
          return limiter.take(name, key, cpus, memMib);
        } catch {
          this.#discard(waiting);
          // What its shell says of that is not about the run.
          new JobDir(join(jobsDir, key)).dropNote();
          return undefined;
        }
      },
      begin: (key) => {
        tell(key);
        const unheard = () => {
          this.#begun.delete(key);
          onUnheard(key);
        };
        this.#begun.set(key, setTimeout(unheard, BEGIN_MS));
      },
      dismiss: () => this.#discard(waiting),
    };
  }

  #discard({ name, child }: Waiting): void {
    const { limiter, sparesDir } = this.#options;
    if (child !== undefined && isAlive(child)) tryKill(child.pid, SIGKILL);
    new JobDir(join(sparesDir, name)).remove();
    limiter.release(name);
  }
}
