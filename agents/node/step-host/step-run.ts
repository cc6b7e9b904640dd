/**
 * The life of one node's part of a step: calls srun, starts the tasks that srun tells of, passes their output and its
 * input, signals and ends them, and says how they ended, to srun and to the agent. Owns its timers. Without its srun a
 * step is ended: nobody would read what it writes.
 */
import { chownSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expandPattern } from "../../../core/model/filename-pattern.ts";
import { printTimestamp, UNLIMITED_S } from "../../../core/model/time.ts";
import type { EndCause, StepEndedReport } from "../../protocol/frames.ts";
import { SrunLink } from "../../protocol/srun-link.ts";
import {
  ALL_TASKS,
  NO_TASK,
  STEP_FRAME,
  type StepFrame,
  type StepLaunch,
} from "../../protocol/step-frames.ts";
import { readField } from "../cgroup-files.ts";
import { SIGCONT, SIGKILL, SIGTERM } from "../job-processes.ts";
import { quoteWord } from "../launch-file.ts";
import type { HostPrograms } from "../shepherd.ts";
import { type HostStep, stepName } from "./control.ts";
import { ExitBatch } from "./exit-batch.ts";
import { stepLaunchText } from "./launch-text.ts";
import { NodePmi } from "./node-pmi.ts";
import type { PipePool } from "./pipe-pool.ts";
import { nodeEnvironment } from "./step-environment.ts";
import { StepLeftovers } from "./step-leftovers.ts";
import { Task } from "./task.ts";

export interface StepRunOptions {
  readonly step: HostStep;
  readonly pool: PipePool;
  readonly programs: HostPrograms & { readonly script: string };
  /** Has a file of its own for each step. */
  readonly folder: string;
  readonly onEnded: (report: StepEndedReport) => void;
}

/** Tasks started before the host looks at anything else. */
const TASKS_A_TURN = 16;
/** How long output is waited for after the last task, where something still holds it open. */
const CLOSE_WAIT_MS = 1_000;
const KILL_AGAIN_MS = 2_000;
const MAX_TIMER_MS = 1_000_000_000;
const MAX_REPORT_TEXT = 1_000;

export class StepRun {
  readonly #options: StepRunOptions;
  readonly #link: SrunLink;
  readonly #tasks = new Map<number, Task>();
  readonly #exits: ExitBatch;
  readonly #left: StepLeftovers;
  #pmi: NodePmi | undefined;
  #launch: StepLaunch | undefined;
  #running = 0;
  #allStarted = false;
  #paused = false;
  #startedMs = 0;
  #worst = { exitCode: 0, signal: 0 };
  #oom = false;
  #cause: EndCause | undefined;
  #limit: NodeJS.Timeout | undefined;
  #kill: NodeJS.Timeout | undefined;
  #finishing = false;
  #closeTimer: NodeJS.Timeout | undefined;
  #ended: StepEndedReport | undefined;
  #oomBefore = 0;

  constructor(options: StepRunOptions) {
    this.#options = options;
    const { step } = options;
    this.#left = new StepLeftovers(step);
    this.#exits = new ExitBatch((ends) => this.#link.sendJson(STEP_FRAME.EXITED, step.nodeRank, ends));
    this.#link = new SrunLink({
      srun: step.srun,
      nodeRank: step.nodeRank,
      onLaunch: (launch) => this.#start(launch),
      onFrame: (frame) => this.#take(frame),
      onDrain: () => this.#readAgain(),
      onLost: (why) => this.#srunLost(why),
    });
  }

  get step(): HostStep {
    return this.#options.step;
  }

  get ended(): StepEndedReport | undefined {
    return this.#ended;
  }

  /** SIGTERM to all, and SIGKILL after the grace, or at once where there is none. The first cause stands. */
  end(cause: EndCause, graceMs: number, byOrder = true): void {
    if (this.#ended !== undefined) return;
    if (this.#cause === undefined && byOrder && cause !== "time-limit")
      this.#link.send(STEP_FRAME.ENDING, this.step.nodeRank);
    if (this.#cause === undefined) {
      this.#cause = cause;
      if (this.#startedMs > 0) this.#notice(cause);
      if (graceMs > 0) {
        this.signal(SIGTERM);
        this.signal(SIGCONT);
      }
    }
    if (this.#startedMs === 0) {
      this.#finish("launch-failed", "The step was ended before its tasks began.");
      return;
    }
    this.#armKill(graceMs);
  }

  /** To every process of the step. */
  signal(signal: number): void {
    for (const task of this.#tasks.values()) task.signal(signal);
    this.#left.signal(signal, this.#pids());
  }

  #start(launch: StepLaunch): void {
    this.#launch = launch;
    this.#begin(launch).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      this.#link.sendJson(STEP_FRAME.FAILED, this.step.nodeRank, { text, code: 1 });
      this.signal(SIGKILL);
      this.#finish("launch-failed", text);
    });
  }

  async #begin(launch: StepLaunch): Promise<void> {
    const { step, pool, programs } = this.#options;
    const file = this.#file();
    const environment = nodeEnvironment(step, launch);
    writeFileSync(file, stepLaunchText(step, launch, environment, programs), { mode: 0o400 });
    const isOther = step.asUser.length > 0;
    if (isOther) chownSync(file, step.uid, step.gid);
    if (launch.pmi) this.#pmi = this.#makePmi(launch);
    this.#oomBefore = this.#oomKills();
    this.#startedMs = Date.now();
    this.#armLimit();
    const streams = step.tasks.map((rank) => this.#streamsOf(launch, rank));
    const spare = await pool.take(streams.reduce((sum, { pipes }) => sum + pipes, 0));
    for (const [local, rank] of step.tasks.entries()) {
      if (this.#ended !== undefined || this.#cause !== undefined) break;
      if (local > 0 && local % TASKS_A_TURN === 0) await new Promise((next) => setImmediate(next));
      const { stdin, stdout, stderr, takesInput, writesOutput } = streams[local]!;
      const task = new Task(
        {
          rank,
          command: [...this.#outer(), programs.shell, file, `${rank}`, `${local}`, stdin, stdout, stderr],
          stdin: takesInput ? spare.pop() : undefined,
          stdout: writesOutput ? spare.pop() : undefined,
          stderr: spare.pop(),
          owner: isOther ? step : undefined,
          pmi: launch.pmi,
        },
        pool,
        {
          onOutput: (from, stream, bytes) => this.#output(from, stream, bytes),
          onExit: (from, code, signal) => this.#taskEnded(from, code, signal),
          onClosed: () => this.#finishIfOver(),
        },
      );
      this.#running++;
      this.#tasks.set(rank, task);
      if (task.socket !== undefined) this.#pmi?.add(rank, task.socket);
    }
    for (const pipe of spare) pool.giveBack(pipe);
    this.#allStarted = true;
    this.#link.sendJson(STEP_FRAME.STARTED, step.nodeRank, { pids: this.#pids() });
    this.#finishIfOver();
  }

  /** Words in front of a task's shell: limits and cgroups as the agent's user, then the job's user. */
  #outer(): readonly string[] {
    const { step, programs } = this.#options;
    if (step.joins.length === 0 && step.dataKib === 0) return step.asUser;
    const lines = [
      ...step.joins.map((join) => `echo 0 >${quoteWord(join)} || exit 1`),
      ...(step.dataKib > 0 ? [`ulimit -d ${step.dataKib}`] : []),
      'exec "$@"',
    ];
    return [programs.shell, "-c", lines.join("\n"), "rota", ...step.asUser];
  }

  #streamsOf(launch: StepLaunch, rank: number) {
    const path = (pattern: string): string =>
      pattern === ""
        ? ""
        : expandPattern(pattern, {
            jobId: this.step.jobId,
            stepId: this.step.stepId,
            restarts: this.step.restarts,
            jobName: launch.jobName,
            user: this.step.user,
            node: this.step.nodeName,
            nodeIndex: this.step.nodeRank,
            taskId: rank,
          });
    const [stdin, stdout, stderr] = [path(launch.stdin), path(launch.stdout), path(launch.stderr)];
    const takesInput = stdin === "" && (launch.stdinTo === "all" || launch.stdinTo === rank);
    const writesOutput = stdout === "";
    return {
      stdin,
      stdout,
      stderr,
      takesInput,
      writesOutput,
      pipes: 1 + Number(takesInput) + Number(writesOutput),
    };
  }

  #take(frame: StepFrame): void {
    if (frame.kind === STEP_FRAME.STDIN || frame.kind === STEP_FRAME.STDIN_END) {
      this.#input(frame);
    } else if (frame.kind === STEP_FRAME.SIGNAL) this.signal(frame.number);
    else if (frame.kind === STEP_FRAME.TERMINATE)
      this.end("cancelled", frame.number === 1 ? 0 : this.step.graceMs, false);
    else if (frame.kind === STEP_FRAME.PMI_KVS) this.#pmi?.fenced(frame);
  }

  /** Says how much was taken once every task that it is for has taken it: srun sends no more than a window ahead. */
  #input(frame: StepFrame): void {
    const to = [...this.#tasks.values()].filter(
      ({ rank }) => frame.number === ALL_TASKS || frame.number === rank,
    );
    if (frame.kind === STEP_FRAME.STDIN_END) {
      for (const task of to) task.endInput();
      return;
    }
    let open = to.length + 1;
    const taken = (): void => {
      if (--open === 0) this.#link.send(STEP_FRAME.STDIN, this.step.nodeRank, takenBytes(frame.bytes.length));
    };
    for (const task of to) task.write(frame.bytes, taken);
    taken();
  }

  #output(rank: number, stream: "stdout" | "stderr", bytes: Buffer): void {
    this.#link.send(stream === "stdout" ? STEP_FRAME.STDOUT : STEP_FRAME.STDERR, rank, bytes);
    if (this.#paused || !this.#link.isFull) return;
    this.#paused = true;
    for (const task of this.#tasks.values()) task.pause();
  }

  #readAgain(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const task of this.#tasks.values()) task.resume();
  }

  #taskEnded(rank: number, code: number, signal: number): void {
    this.#running--;
    const oom = signal === SIGKILL && this.#oomKills() > this.#oomBefore;
    if (oom) this.#oom = true;
    if (code > this.#worst.exitCode) this.#worst = { ...this.#worst, exitCode: code };
    if (signal > this.#worst.signal) this.#worst = { ...this.#worst, signal };
    this.#pmi?.left(rank);
    this.#exits.add(rank, code, signal, oom);
    if (this.#running > 0 || !this.#allStarted) return;
    // What the tasks left behind goes with them, and with it whoever holds their output open.
    for (const task of this.#tasks.values()) task.killGroup();
    this.#left.kill(this.#pids());
    this.#finishIfOver();
  }

  #finishIfOver(): void {
    if (!this.#allStarted || this.#running > 0 || this.#finishing) return;
    if ([...this.#tasks.values()].every((task) => task.isClosed)) {
      this.#finish(this.#oom && this.#cause === undefined ? "oom" : (this.#cause ?? "exit"), "");
      return;
    }
    this.#closeTimer ??= setTimeout(() => {
      for (const task of this.#tasks.values()) task.closeStreams();
    }, CLOSE_WAIT_MS);
  }

  #finish(cause: StepEndedReport["cause"], text: string): void {
    if (this.#finishing) return;
    this.#finishing = true;
    for (const timer of [this.#limit, this.#kill, this.#closeTimer]) clearTimeout(timer);
    for (const task of this.#tasks.values()) task.closeStreams();
    this.#exits.flush();
    this.#link.send(STEP_FRAME.DONE, this.step.nodeRank);
    this.#link.end();
    rmSync(this.#file(), { force: true });
    const { jobId, restarts, stepId } = this.step;
    const endedMs = Date.now();
    const failed = cause === "launch-failed" && this.#worst.exitCode === 0 && this.#worst.signal === 0;
    this.#ended = {
      jobId,
      restarts,
      stepId,
      exitCode: failed ? 1 : this.#worst.exitCode,
      signal: this.#worst.signal,
      cause,
      text: text.slice(0, MAX_REPORT_TEXT),
      startedMs: this.#startedMs === 0 ? endedMs : this.#startedMs,
      endedMs,
      cpuTimeMs: -1,
      maxRssMib: -1,
    };
    this.#options.onEnded(this.#ended);
  }

  #srunLost(why: string): void {
    if (this.#launch === undefined) this.#finish("launch-failed", why);
    else this.end("cancelled", this.step.graceMs);
  }

  #armLimit(): void {
    const { timeLimitS, graceMs } = this.step;
    if (timeLimitS >= UNLIMITED_S) return;
    const leftMs = this.#startedMs + timeLimitS * 1000 - Date.now();
    if (leftMs <= 0) this.end("time-limit", graceMs);
    else this.#limit = setTimeout(() => this.#armLimit(), Math.min(leftMs, MAX_TIMER_MS));
  }

  #armKill(waitMs: number): void {
    clearTimeout(this.#kill);
    if (this.#finishing) return;
    if (waitMs > 0) {
      this.#kill = setTimeout(() => this.#armKill(0), Math.min(waitMs, MAX_TIMER_MS));
      return;
    }
    this.signal(SIGKILL);
    this.#kill = setTimeout(() => this.#armKill(0), KILL_AGAIN_MS);
  }

  /** Slurm's line, from the step's first node alone. */
  #notice(cause: EndCause): void {
    const { nodeRank, nodeName, jobId, stepId } = this.step;
    if (nodeRank !== 0) return;
    const at = printTimestamp(Math.floor(Date.now() / 1000));
    const text = `slurmstepd: error: *** STEP ${jobId}.${stepId} ON ${nodeName} CANCELLED AT ${at}${CAUSE_WORDS[cause]} ***\n`;
    this.#link.send(STEP_FRAME.STDERR, NO_TASK, Buffer.from(text));
  }

  #makePmi(launch: StepLaunch): NodePmi {
    const { step } = this;
    return new NodePmi({
      jobId: `${step.jobId}.${step.stepId}`,
      ranks: step.tasks,
      layout: launch.ranks,
      fence: (number, pairs) => this.#link.sendJson(STEP_FRAME.PMI_FENCE, number, pairs),
      abort: (rank, code, text) => this.#link.sendJson(STEP_FRAME.PMI_ABORT, rank, { rank, code, text }),
    });
  }

  #oomKills(): number {
    const { oomFile } = this.step;
    return oomFile === "" ? 0 : Math.max(0, readField(oomFile, "oom_kill"));
  }

  #file(): string {
    return join(this.#options.folder, `${stepName(this.step)}.launch`);
  }

  #pids(): number[] {
    return [...this.#tasks.values()].map(({ pid }) => pid);
  }
}

const CAUSE_WORDS: Readonly<Record<EndCause, string>> = {
  cancelled: "",
  "time-limit": " DUE TO TIME LIMIT",
  "node-failure": " DUE TO NODE FAILURE",
  requeue: " DUE TO JOB REQUEUE",
  preemption: " DUE TO PREEMPTION",
};

const takenBytes = (bytes: number): Buffer => {
  const told = Buffer.alloc(4);
  told.writeUInt32BE(bytes, 0);
  return told;
};
