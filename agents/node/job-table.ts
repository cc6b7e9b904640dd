/**
 * All job runs of an agent, by job id and restarts: takes the controller's orders, each of them idempotent, and finds
 * the runs of an earlier agent process again. Lives as long as the agent.
 */
import { join } from "node:path";
import type { ControllerBody, JobPresence, JobRunKey, StartOrder, StepKey } from "../protocol/frames.ts";
import { MAX_JOBS_PER_AGENT } from "../protocol/schema.ts";
import { JobDir } from "./job-dir.ts";
import { SIGKILL, tryKill } from "./job-processes.ts";
import { type JobHost, JobRun } from "./job-run.ts";
import { Nursery } from "./nursery.ts";
import { parseStat, sessionMembers } from "./proc.ts";
import { SpareShepherd } from "./spare.ts";
import { jobFolders, type StateDir } from "./state-dir.ts";
import { StepTable } from "./step-table.ts";

/** How often the files of an adopted run are looked at. */
export const POLL_MS = 100;
/** Runs whose shepherds can be heard and that are looked at each time, in turns: a killed shepherd says nothing. */
const HEARD_LOOKS = 16;
/** Ends of jobs within this time are swept for left-over processes together. */
const SWEEP_MS = 100;

export class JobTable {
  readonly #host: JobHost;
  readonly #state: StateDir;
  readonly #runs = new Map<string, JobRun>();
  readonly #adopted = new Set<JobRun>();
  readonly #nursery: Nursery;
  readonly #spare: SpareShepherd;
  readonly #steps: StepTable;
  readonly #sessions = new Set<number>();
  readonly #poll: NodeJS.Timeout;
  #turn: Iterator<JobRun> | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(host: Omit<JobHost, "sweep" | "launch" | "spare">, state: StateDir) {
    this.#host = {
      ...host,
      sweep: (session) => this.#sweepLater(session),
      launch: (name) => this.#nursery.start(name),
      spare: (memMib) => this.#spare.take(memMib),
    };
    this.#state = state;
    this.#nursery = new Nursery({
      programs: host.programs,
      stateDir: state.path,
      jobsDir: state.jobs,
      sparesDir: state.spares,
      onReady: (name, shell, child) => this.#spare.ready(name, parseStat(shell), parseStat(child)),
      onGone: (name) => this.#spare.gone(name),
      onWord: (name, word, rest) => {
        if (word === "started") this.#spare.began(name);
        this.#runs.get(name)?.hear(word, rest);
      },
      onRestart: (why) => {
        host.log.warn({ why }, "the process that starts shepherds was replaced");
        this.#spare.lost();
        for (const run of this.#runs.values()) run.launchAgain();
      },
    });
    this.#spare = new SpareShepherd({
      limiter: host.limiter,
      jobsDir: state.jobs,
      sparesDir: state.spares,
      start: (name) => this.#nursery.start(name),
      tell: (name) => this.#nursery.tellSpare(name),
      onUnheard: (name) => this.#runs.get(name)?.launchAgain(),
    });
    this.#steps = new StepTable(host, state.path, (job) => {
      const run = this.#runs.get(keyOf(job));
      return run !== undefined && !run.ended;
    });
    this.#poll = setInterval(() => this.#look(), POLL_MS);
  }

  /** Finds the runs and the steps that an earlier process left. Resolves with how many runs still run. */
  async adopt(): Promise<number> {
    await this.#steps.adopt();
    for (const name of jobFolders(this.#state)) {
      const dir = new JobDir(join(this.#state.jobs, name));
      const saved = dir.order();
      if (saved === undefined) {
        dir.remove();
        continue;
      }
      const run = new JobRun(this.#host, dir, saved.order);
      if (!run.adopt(saved.bootId)) {
        dir.remove();
        continue;
      }
      this.#runs.set(run.key, run);
      if (!run.ended) this.#adopted.add(run);
    }
    return this.#adopted.size;
  }

  /** Every run that is not forgotten, for a hello. */
  presences(): JobPresence[] {
    return [...this.#runs.values()].map((run) => run.presence);
  }

  /** Every step that is not forgotten, for a hello. */
  stepPresences(): StepKey[] {
    return this.#steps.presences();
  }

  /** Runs of jobs that have a script or a step here, by name. */
  names(): ReadonlySet<string> {
    return new Set([...this.#runs.keys(), ...this.#steps.jobNames()]);
  }

  reportAgain(): void {
    for (const run of this.#runs.values()) run.reportAgain();
    this.#steps.reportAgain();
  }

  /** Carries out an order; one for a run that is not there, or has ended, changes nothing. */
  take(order: ControllerBody): void {
    if (this.#steps.take(order)) return;
    if (order.kind === "start") {
      this.#start(order);
      return;
    }
    const run = this.#runs.get(keyOf(order));
    if (order.kind === "end") this.#steps.endJob(order, order.cause, order.graceMs);
    if (run === undefined) return;
    if (order.kind === "end") run.end(order.cause, order.graceMs);
    else if (order.kind === "signal") run.signal(order.signal, order.batchOnly);
    else if (order.kind === "limit") run.setTimeLimit(order.timeLimitS);
    else if (order.kind === "suspend") run.suspend(order.graceMs);
    else if (order.kind === "resume") run.resume();
    else if (run.ended) {
      this.#runs.delete(run.key);
      run.forget();
    }
  }

  /** Stops watching; the jobs go on. Resolves once the spare shepherd is gone. */
  async detach(): Promise<void> {
    clearInterval(this.#poll);
    clearTimeout(this.#sweep);
    this.#nursery.close();
    for (const run of this.#runs.values()) run.detach();
    this.#steps.detach();
    await this.#spare.close();
  }

  #start(start: StartOrder & { readonly kind: "start" }): void {
    const key = keyOf(start);
    const known = this.#runs.get(key);
    if (known !== undefined) {
      known.reportAgain();
      return;
    }
    const { kind: _kind, script: _script, environment: _environment, args: _args, ...order } = start;
    const run = new JobRun(this.#host, new JobDir(join(this.#state.jobs, key)), order);
    if (this.#runs.size >= MAX_JOBS_PER_AGENT) {
      run.refuse(`This agent keeps at most ${MAX_JOBS_PER_AGENT} jobs.`);
      return;
    }
    this.#runs.set(key, run);
    run.start(start);
  }

  #look(): void {
    for (const run of this.#adopted) {
      run.poll();
      if (run.ended) this.#adopted.delete(run);
    }
    for (let looks = 0; looks < HEARD_LOOKS; looks++) {
      this.#turn ??= this.#runs.values();
      const next = this.#turn.next();
      if (next.done === true) {
        this.#turn = undefined;
        return;
      }
      next.value.poll();
    }
  }

  #sweepLater(session: number): void {
    this.#sessions.add(session);
    this.#sweep ??= setTimeout(() => {
      this.#sweep = undefined;
      for (const session of this.#sessions) {
        for (const { pid } of sessionMembers(session)) tryKill(pid, SIGKILL);
      }
      this.#sessions.clear();
    }, SWEEP_MS);
  }
}

const keyOf = ({ jobId, restarts }: JobRunKey): string => `${jobId}.${restarts}`;
