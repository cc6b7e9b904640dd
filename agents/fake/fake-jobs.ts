/** The jobs of one fake agent: they start at once, end after a time or on order, and are kept until forgotten. */
import type {
  AgentBody,
  ControllerBody,
  EndedReport,
  JobPresence,
  JobRunKey,
  StartedReport,
  StartOrder,
} from "../protocol/frames.ts";
import { MAX_JOBS_PER_AGENT } from "../protocol/schema.ts";

export interface FakeJobsOptions {
  readonly runMs: (order: StartOrder) => number;
  readonly exitCode: (order: StartOrder) => number;
  readonly report: (body: AgentBody) => void;
}

interface FakeJob {
  readonly started: StartedReport;
  ended?: EndedReport;
  timer?: NodeJS.Timeout;
  /** What is left of its time, and since when it goes; of one that stands still since is undefined. */
  run?: { leftMs: number; sinceMs: number | undefined; readonly end: () => void };
}

const FAKE_PID = 1;
const SIGKILL = 9;
const SIGTERM = 15;

export class FakeJobs {
  readonly #options: FakeJobsOptions;
  readonly #jobs = new Map<string, FakeJob>();
  #ended = 0;

  constructor(options: FakeJobsOptions) {
    this.#options = options;
  }

  get running(): number {
    return [...this.#jobs.values()].filter((job) => job.ended === undefined).length;
  }

  /** Jobs that have ended since the start, forgotten ones included. */
  get ended(): number {
    return this.#ended;
  }

  presences(): JobPresence[] {
    return [...this.#jobs.values()].map(({ started: { jobId, restarts }, ended, run }) => ({
      jobId,
      restarts,
      state: ended === undefined ? "running" : "ended",
      ...(ended === undefined && run !== undefined && run.sinceMs === undefined ? { suspended: true } : {}),
    }));
  }

  reportAgain(): void {
    for (const { started, ended } of this.#jobs.values()) {
      this.#options.report(
        ended === undefined ? { kind: "started", ...started } : { kind: "ended", ...ended },
      );
    }
  }

  take(order: ControllerBody): void {
    const key = keyOf(order);
    const job = this.#jobs.get(key);
    if (order.kind === "start") {
      if (job === undefined) this.#start(key, order);
    } else if (job === undefined) {
      return;
    } else if (order.kind === "forget") {
      if (job.ended !== undefined) this.#jobs.delete(key);
    } else if (order.kind === "suspend") this.#suspend(job);
    else if (order.kind === "resume") this.#resume(job);
    else if (order.kind === "end") this.#end(job, { exitCode: 0, signal: SIGTERM, cause: order.cause });
    else if (order.kind === "signal" && (order.signal === SIGKILL || order.signal === SIGTERM)) {
      this.#end(job, { exitCode: 0, signal: order.signal, cause: "exit" });
    }
  }

  close(): void {
    for (const { timer } of this.#jobs.values()) clearTimeout(timer);
    this.#jobs.clear();
  }

  #start(key: string, order: StartOrder): void {
    const { jobId, restarts } = order;
    const job: FakeJob = { started: { jobId, restarts, pid: FAKE_PID, startedMs: Date.now() } };
    if (this.#jobs.size >= MAX_JOBS_PER_AGENT) {
      this.#end(job, { exitCode: 1, signal: 0, cause: "launch-failed" });
      return;
    }
    this.#jobs.set(key, job);
    this.#options.report({ kind: "started", ...job.started });
    const end = () => this.#end(job, { exitCode: this.#options.exitCode(order), signal: 0, cause: "exit" });
    const runMs = this.#options.runMs(order);
    if (runMs <= 0) end();
    else {
      job.run = { leftMs: runMs, sinceMs: Date.now(), end };
      job.timer = setTimeout(end, runMs);
    }
  }

  /** It stands still at once; said again each time. */
  #suspend(job: FakeJob): void {
    const { run } = job;
    if (job.ended !== undefined || run === undefined) return;
    clearTimeout(job.timer);
    if (run.sinceMs !== undefined) run.leftMs -= Date.now() - run.sinceMs;
    run.sinceMs = undefined;
    const { jobId, restarts } = job.started;
    this.#options.report({ kind: "suspended", jobId, restarts, atMs: Date.now() });
  }

  #resume(job: FakeJob): void {
    const { run } = job;
    if (job.ended !== undefined || run === undefined || run.sinceMs !== undefined) return;
    run.sinceMs = Date.now();
    job.timer = setTimeout(run.end, Math.max(1, run.leftMs));
  }

  #end(job: FakeJob, how: Pick<EndedReport, "exitCode" | "signal" | "cause">): void {
    if (job.ended !== undefined) return;
    clearTimeout(job.timer);
    const { jobId, restarts, startedMs } = job.started;
    job.ended = {
      jobId,
      restarts,
      ...how,
      text: "",
      startedMs,
      endedMs: Date.now(),
      cpuTimeMs: -1,
      maxRssMib: -1,
    };
    this.#ended++;
    this.#options.report({ kind: "ended", ...job.ended });
  }
}

const keyOf = ({ jobId, restarts }: JobRunKey): string => `${jobId}.${restarts}`;
