/**
 * The life of one job run on this node: prepared, started through its shepherd, watched, signalled, ended at its time
 * limit or on order, and reported. One object a run, made by an order or found again after the agent's restart. Owns
 * its timers; never decides which jobs run.
 */
import type { Logger } from "pino";
import type { AgentBody, EndCause, EndedReport, JobPresence, StartOrder } from "../protocol/frames.ts";
import type { DeviceSet } from "./devices.ts";
import { jobEnvironment } from "./environment.ts";
import type { JobDir, KeptOrder, SavedEnding } from "./job-dir.ts";
import { causeOf, exitOf, FILE_FAILED, failedStep, OOM_SIGNAL } from "./job-end.ts";
import { JobLimit } from "./job-limit.ts";
import { JobPause } from "./job-pause.ts";
import { JobProcesses, SIGCONT, SIGKILL, SIGTERM } from "./job-processes.ts";
import { KillTimer } from "./kill-timer.ts";
import { launchText, placeText } from "./launch-file.ts";
import type { Limiter } from "./limits.ts";
import { appendLine, endingLine, oomLine } from "./notice.ts";
import { openFailure } from "./open-failure.ts";
import type { PasswdLookup } from "./passwd.ts";
import { isAlive, type ProcessStat, parseStat } from "./proc.ts";
import type { HostPrograms } from "./shepherd.ts";
import type { Spare } from "./spare.ts";
import { userWords } from "./user-words.ts";

/** What all runs of an agent share. */
export interface JobHost {
  readonly nodeName: string;
  readonly programs: HostPrograms;
  readonly limiter: Limiter;
  readonly devices: DeviceSet;
  readonly passwd: PasswdLookup;
  readonly bootId: string;
  /** The agent's own uid. */
  readonly uid: number;
  readonly log: Logger;
  readonly report: (body: AgentBody) => void;
  /** Has the shepherd of a prepared job folder started. */
  readonly launch: (name: string) => void;
  /** A shepherd that waits for a run, when there is one and a run with this memory can have it. */
  readonly spare: (memMib: number) => Spare | undefined;
  /** Ends what a run left behind outside its group, where no cgroup names it. */
  readonly sweep: (session: number) => void;
}

/** Looks at a shepherd's file that is there and empty, as one is for a moment. */
const MAX_UNCLEAR_LOOKS = 10;
const MAX_REPORT_TEXT = 1_000;

export class JobRun {
  readonly key: string;
  readonly order: KeptOrder;
  readonly #host: JobHost;
  readonly #dir: JobDir;
  readonly #processes: JobProcesses;
  readonly #pause: JobPause;
  readonly #limit: JobLimit;
  readonly #killing: KillTimer;
  #startedMs = 0;
  #ending: SavedEnding | undefined;
  #ended: EndedReport | undefined;
  #heard = true;
  #unclear = 0;
  #detached = false;

  constructor(host: JobHost, dir: JobDir, order: KeptOrder) {
    this.#host = host;
    this.#dir = dir;
    this.order = order;
    this.key = `${order.jobId}.${order.restarts}`;
    this.#processes = new JobProcesses(host.limiter, this.key);
    this.#pause = new JobPause(dir, this.#processes, (atMs) => this.#still(atMs));
    this.#killing = new KillTimer(() => this.#processes.signalAll(SIGKILL));
    this.#limit = new JobLimit({
      dir,
      order,
      beganMs: () => (this.#isTimed() ? this.#startedMs + this.#pause.pastMs : undefined),
      onSignal: ({ signal, batchOnly }) => {
        if (batchOnly) this.#processes.signalBatch(signal);
        else this.#processes.signalSteps(signal);
      },
      onEnd: () => this.end("time-limit", order.graceMs),
    });
  }

  get presence(): JobPresence {
    return {
      jobId: this.order.jobId,
      restarts: this.order.restarts,
      state: this.#ended === undefined ? "running" : "ended",
      ...(this.#ended === undefined && this.#pause.isStill ? { suspended: true } : {}),
    };
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Prepares and starts the script. Whatever goes wrong is reported as launch-failed, never thrown. */
  start(start: StartOrder): void {
    const spare = this.#host.spare(start.memMib);
    let problem: string | undefined;
    try {
      problem = this.#prepare(start, spare);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (problem === undefined) return;
    spare?.dismiss();
    this.#launchFailed(problem);
  }

  /** Reports that the run cannot be taken at all. */
  refuse(text: string): void {
    this.#launchFailed(text);
  }

  /**
   * Takes up a run that an earlier agent process started. False for one that it only prepared and that now cannot
   * begin any more: to the controller it is as if the order had never come, and it says it again.
   */
  adopt(bootId: string): boolean {
    this.#heard = false;
    this.#ended = this.#dir.ended();
    if (this.#ended !== undefined) return true;
    this.#ending = this.#dir.ending();
    if (this.#ending === undefined && this.#dir.shepherd() === undefined && this.#dir.claim()) return false;
    this.#limit.adopt();
    this.#pause.adopt();
    if (this.#ending !== undefined) this.#processes.sent.add(SIGTERM);
    this.#startedMs = this.#dir.startedMs() ?? 0;
    // Process ids of before the host's restart mean nothing now.
    if (bootId !== this.#host.bootId && this.#dir.status() === undefined) this.#finishWithoutShepherd();
    else {
      this.#host.limiter.adopt(this.key, this.#dir.process()?.pid ?? 0);
      this.poll();
    }
    return true;
  }

  /** A word of the run's shepherd, which writes down everything before it speaks. */
  hear(word: "started" | "ended", rest: string): void {
    if (word === "started") this.#announce(parseStat(rest), Date.now());
    else {
      this.#announceFromFile();
      if (this.#dir.status() !== undefined) this.#finish(Date.now());
    }
  }

  /** Has a shepherd started that may have been lost on its way; a second one for a run goes away by itself. */
  launchAgain(): void {
    if (this.#processes.first === undefined && this.#ended === undefined) this.#host.launch(this.key);
  }

  /** Looks at the run's files, for a shepherd that cannot be heard, or that was killed. */
  poll(): void {
    if (this.#ended !== undefined) return;
    const shepherd = this.#dir.shepherd();
    // A shepherd writes the status and only then goes, so whether it lives is looked at first.
    const alive = shepherd !== undefined && isAlive(shepherd);
    this.#announceFromFile();
    if (this.#dir.status() !== undefined) this.#finish();
    else if (alive) this.#unclear = 0;
    else if (shepherd === undefined && this.#heard) return;
    else if (shepherd === undefined && this.#dir.claim()) {
      this.#launchFailed("The agent was stopped before the script started.");
    } else if (shepherd !== undefined || ++this.#unclear > MAX_UNCLEAR_LOOKS) this.#finishWithoutShepherd();
  }

  /** Says again what a new controller session has to be told. */
  reportAgain(): void {
    if (this.#ended !== undefined) this.#host.report({ kind: "ended", ...this.#ended });
    else if (this.#processes.first !== undefined) this.#reportStarted(this.#processes.first.pid);
  }

  /** Ends the run: Slurm's line into its stderr, SIGTERM, and SIGKILL after the grace. The first cause stands. */
  end(cause: EndCause, graceMs: number): void {
    if (this.#ended !== undefined) return;
    const atMs = Date.now();
    if (this.#ending === undefined) {
      this.#ending = { cause, atMs, graceMs };
      this.#pause.close();
      this.#dir.saveEnding(this.#ending);
      if (this.#processes.first !== undefined) void this.#terminate(this.#ending);
    } else if (atMs + graceMs < this.#ending.atMs + this.#ending.graceMs) {
      this.#ending = { ...this.#ending, graceMs: atMs + graceMs - this.#ending.atMs };
      this.#dir.saveEnding(this.#ending);
      if (this.#processes.first !== undefined) this.#armKill(graceMs);
    }
  }

  /** Sends a signal to the batch script alone or to every process of the job. */
  signal(signal: number, batchOnly: boolean): void {
    if (this.#ended === undefined) this.#processes.signal(signal, batchOnly);
  }

  setTimeLimit(timeLimitS: number): void {
    if (this.#ended === undefined) this.#limit.set(timeLimitS);
  }

  /** Has every process stand still after so long, and reports it; a run that is being ended goes on to its end. */
  suspend(graceMs: number): void {
    if (this.#ended === undefined && this.#ending === undefined) this.#pause.begin(graceMs);
  }

  /** Lets a run go on that stands still, or was to. */
  resume(): void {
    if (this.#ended !== undefined || this.#ending !== undefined) return;
    this.#pause.end();
    this.#limit.arm();
  }

  /** Deletes what is kept of an ended run. */
  forget(): void {
    this.#dir.remove();
  }

  /** The agent goes and the job stays: lets go of timers and of the shepherd. */
  detach(): void {
    this.#detached = true;
    this.#limit.stop();
    this.#killing.stop();
    this.#pause.close();
  }

  /** Words that run a program as the job's user; none when that is this agent's, undefined when there is no way. */
  #asUser(): string[] | undefined {
    const { uid, programs, passwd } = this.#host;
    if (uid !== 0 || this.order.uid === 0) return [];
    return userWords(programs, this.order, passwd.byUid(this.order.uid).known);
  }

  /**
   * Writes the folder, makes the place, has the shepherd begin; or says why not. Until a spare one is told the run's
   * name it writes nothing, and goes when this agent does.
   */
  #prepare(start: StartOrder, spare: Spare | undefined): string | undefined {
    const { limiter, programs, passwd, devices, nodeName } = this.#host;
    const saved = { bootId: this.#host.bootId, receivedMs: Date.now(), order: this.order };
    this.#dir.create(saved, spare?.path);
    const bound = devices.bind(start.devices, { jobId: start.jobId, uid: start.uid });
    if (!bound.ok) return bound.refusal.message;
    const asUser = this.#asUser();
    if (asUser === undefined) return "This host has no setpriv and no runuser to become the user.";
    const other = asUser.length > 0;
    const taken = spare?.place(this.key, start.cpus, start.memMib);
    const place = taken ?? limiter.place(this.key, start.cpus, start.memMib);
    const setsid = programs.setsid === "" ? [] : [programs.setsid];
    const account = passwd.byUid(start.uid);
    const launch = launchText({
      ...start,
      script: this.#dir.script,
      environment: jobEnvironment(
        start,
        nodeName,
        account,
        bound.value.devices,
        bound.value.environment,
        bound.value.cleared,
      ),
      words: other ? place.words : [...setsid, ...place.words],
      env: programs.env,
    });
    const files = {
      script: start.script,
      launch,
      place: placeText(place, other ? [...setsid, ...asUser, "/bin/sh"] : []),
    };
    this.#dir.fill(files, other ? start : undefined);
    if (taken === undefined) this.#host.launch(this.key);
    else spare?.begin(this.key);
    return undefined;
  }

  #announceFromFile(): void {
    if (this.#processes.first === undefined)
      this.#announce(this.#dir.process(), this.#dir.startedMs() ?? Date.now());
  }

  /** The script's process is there, in its cgroup. */
  #announce(process: ProcessStat | undefined, startedMs: number): void {
    if (
      process === undefined ||
      this.#processes.first !== undefined ||
      this.#ended !== undefined ||
      this.#detached
    )
      return;
    this.#processes.begin(process);
    this.#startedMs = startedMs;
    this.#reportStarted(process.pid);
    if (this.#ending !== undefined) void this.#terminate(this.#ending);
    else this.#pause.started();
    this.#limit.arm();
  }

  #still(atMs: number): void {
    this.#limit.stop();
    const { jobId, restarts } = this.order;
    this.#host.report({ kind: "suspended", jobId, restarts, atMs });
  }

  #reportStarted(pid: number): void {
    const { jobId, restarts } = this.order;
    this.#host.report({ kind: "started", jobId, restarts, pid, startedMs: this.#startedMs });
  }

  #isTimed(): boolean {
    return this.#processes.first !== undefined && this.#ending === undefined && !this.#pause.isStill;
  }

  async #terminate(ending: SavedEnding): Promise<void> {
    const { order } = this;
    this.#armKill(Math.max(0, ending.atMs + ending.graceMs - Date.now()));
    const line = endingLine(order.jobId, this.#host.nodeName, ending.cause, Math.floor(ending.atMs / 1000));
    await appendLine(order.stderr, line, this.#asUser() ?? []);
    if (this.#ended !== undefined) return;
    // A stopped process takes its SIGTERM once it goes on; the other way round it could run to its end first.
    this.#processes.signalAll(SIGTERM);
    this.#processes.signalAll(SIGCONT);
  }

  #armKill(waitMs: number): void {
    if (this.#ended === undefined && !this.#detached) this.#killing.arm(waitMs);
  }

  /** The status is written: works out how the run ended. */
  #finish(endedMs?: number): void {
    const { limiter } = this.#host;
    const note = this.#dir.note();
    const failed = failedStep(note);
    if (failed !== undefined) {
      const isFile = failed === "stdin" || failed === "stdout" || failed === "stderr";
      this.#launchFailed(openFailure(failed, this.order), isFile ? FILE_FAILED : undefined);
      return;
    }
    const usage = limiter.usage(this.key);
    const cause = causeOf(this.#ending?.cause, usage.oomKills);
    const exit = exitOf(this.#dir.status() ?? 0, note, this.#processes.sent);
    if (usage.oomKills > 0) {
      void appendLine(this.order.stderr, oomLine(this.order.jobId, usage.oomKills), this.#asUser() ?? []);
    }
    this.#conclude({
      ...(cause === "oom" ? { exitCode: 0, signal: OOM_SIGNAL } : exit),
      cause,
      text: "",
      cpuTimeMs: usage.cpuTimeMs >= 0 ? usage.cpuTimeMs : this.#dir.cpuTimeMs(),
      maxRssMib: usage.maxRssMib,
      ...(endedMs === undefined ? {} : { endedMs }),
    });
  }

  /** The shepherd is gone without a word: killed, or the host was restarted. */
  #finishWithoutShepherd(): void {
    this.#processes.signalAll(SIGKILL);
    this.#conclude({
      exitCode: 0,
      signal: 0,
      cause: this.#ending?.cause ?? "lost",
      text: "The process that watched the script is gone and left no word of how it ended.",
      cpuTimeMs: -1,
      maxRssMib: -1,
    });
  }

  #launchFailed(text: string, exit = { exitCode: 1, signal: 0 }): void {
    this.#host.log.warn({ job: this.key, text }, "a job could not be started");
    const cause = this.#ending?.cause ?? "launch-failed";
    this.#conclude({ ...exit, cause, text, cpuTimeMs: -1, maxRssMib: -1 });
  }

  /** Without an end of its own the status file's time counts, which is coarser. */
  #conclude(
    end: Omit<EndedReport, "jobId" | "restarts" | "startedMs" | "endedMs"> & { readonly endedMs?: number },
  ): void {
    if (this.#ended !== undefined) return;
    this.#pause.close();
    this.#limit.stop();
    this.#killing.stop();
    const { jobId, restarts } = this.order;
    const endedMs = end.endedMs ?? this.#dir.endedMs() ?? Date.now();
    const startedMs = this.#startedMs === 0 ? endedMs : Math.min(this.#startedMs, endedMs);
    this.#ended = { jobId, restarts, ...end, text: end.text.slice(0, MAX_REPORT_TEXT), startedMs, endedMs };
    this.#save(this.#ended);
    this.#host.report({ kind: "ended", ...this.#ended });
    this.#host.limiter.release(this.key);
    if (this.#processes.first !== undefined && this.#host.limiter.processes(this.key) === undefined) {
      this.#host.sweep(this.#processes.first.pid);
    }
    this.#host.log.info(
      { job: this.key, exitCode: end.exitCode, signal: end.signal, cause: end.cause },
      "job ended",
    );
  }

  #save(ended: EndedReport): void {
    try {
      this.#dir.saveEnded(ended);
    } catch (error) {
      // The report goes out all the same; only a restart before it is acknowledged would work it out anew.
      this.#host.log.error({ job: this.key, error }, "the ending could not be written down");
    }
  }
}
