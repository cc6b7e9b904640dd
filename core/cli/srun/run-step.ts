/**
 * One step from the request to its status: asks the controller, tells the nodes, passes streams and signals, and says
 * what Slurm's srun says. Used inside an allocation and by an srun that has just made one.
 */
import { randomBytes } from "node:crypto";
import { STEP_FRAME, type StepLaunch } from "../../../agents/protocol/step-frames.ts";
import type { Refusal } from "../../model/refusal.ts";
import type { StepAnswer } from "../../model/step.ts";
import type { ControllerClient } from "../controller-client.ts";
import type { Outcome } from "../failure.ts";
import type { Invocation } from "../invocation.ts";
import { slurmSentence } from "../slurm-sentence.ts";
import type { SrunDraft } from "./draft.ts";
import { type InputNode, inputPlace, StepInput } from "./input.ts";
import { nodePattern, outputPlace, StepOutput } from "./output.ts";
import { PmiHub } from "./pmi-hub.ts";
import type { Programs } from "./programs.ts";
import type { StepWish } from "./step-ask.ts";
import { stepEnvironment } from "./step-environment.ts";
import { StepSession } from "./step-session.ts";
import { StepSignals } from "./step-signals.ts";
import { TaskEndings } from "./task-ends.ts";

export interface StepPlan {
  /** `12`, `12_3`. */
  readonly job: string;
  readonly draft: SrunDraft;
  readonly wish: StepWish;
  readonly workDir: string;
  /** The programs for so many tasks. */
  readonly programs: (ntasks: number) => Outcome<Programs>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user: string;
  readonly pty: StepLaunch["pty"];
}

/** First try of a step that finds its nodes busy: a step that has just ended may not be told yet. */
const FIRST_WAIT_MS = 300;
const WAIT_MS = 50_000;
/** Nodes call within this; while one has not, the step is looked after so often. */
const CALL_TIMEOUT_MS = 60_000;
const CALL_LOOK_MS = 3_000;
/** What Slurm says that a step has to end: KillWait and two. */
const ABORT_WAIT_S = 32;
const SECOND_MS = 1000;
const SIGKILL_AT_ONCE = 1;
const SIGTERM_FIRST = 0;

/** Resolves with srun's exit status. */
export const runStep = async (
  invocation: Invocation,
  client: ControllerClient,
  plan: StepPlan,
): Promise<number> => new RunningStep(invocation, client, plan).run();

class RunningStep {
  readonly #invocation: Invocation;
  readonly #client: ControllerClient;
  readonly #plan: StepPlan;
  readonly #key = randomBytes(32).toString("hex");
  readonly #session: StepSession;
  readonly #signals: StepSignals;
  readonly #output: StepOutput;
  readonly #input: StepInput;
  #answer: StepAnswer | undefined;
  #endings = new TaskEndings(0);
  #pmi = new PmiHub(0);
  #inputNodes: readonly (InputNode & { readonly node: number })[] = [];
  readonly #started = new Set<number>();
  #over = 0;
  #aborted = false;
  #failStatus = 0;
  #waitTimer: NodeJS.Timeout | undefined;
  #callTimer: NodeJS.Timeout | undefined;
  #finish: () => void = () => undefined;
  #cancelled = false;
  #killedOnBad = false;

  constructor(invocation: Invocation, client: ControllerClient, plan: StepPlan) {
    this.#invocation = invocation;
    this.#client = client;
    this.#plan = plan;
    const { draft, workDir } = plan;
    const { step } = draft;
    const stdout = outputPlace(step.get("output"));
    // One file for both, where only the output's is named.
    const isSame = step.get("error") === undefined && stdout.kind !== "own" && stdout.kind !== "task";
    this.#output = new StepOutput({
      stdout,
      stderr: isSame ? stdout : outputPlace(step.get("error")),
      label: step.has("label") && plan.pty === null,
      unbuffered: step.has("unbuffered") || plan.pty !== null,
      append: step.get("open-mode") === "append",
      workDir,
    });
    this.#input = new StepInput(inputPlace(step.get("input"), workDir));
    this.#session = new StepSession(this.#key, {
      onStarted: (node) => this.#nodeStarted(node),
      onOutput: (stream, rank, bytes) => {
        if (!this.#output.write(stream, rank, bytes)) this.#terminate(SIGKILL_AT_ONCE);
      },
      onExited: (node, ends) => this.#tasksEnded(node, ends),
      onFailed: (node, text, code) => {
        this.#failStatus = Math.max(this.#failStatus, code);
        this.#say(
          `error: Task launch for StepId=${this.#id()} failed on node ${this.#nameOf(node)}: ${text}`,
        );
      },
      onEnding: () => this.#sayAborted(),
      onTaken: (node, bytes) => {
        const to = this.#inputNodes[node];
        if (to !== undefined) this.#input.taken(to, bytes);
      },
      onFence: (node, frame) => {
        const answer = this.#pmi.fence(node, frame);
        if (answer === "too large") this.#terminate(SIGKILL_AT_ONCE);
        else if (answer !== undefined) this.#session.sendAll(STEP_FRAME.PMI_KVS, answer.number, answer.bytes);
      },
      onAbort: (_rank, code, text) => {
        this.#failStatus = Math.max(this.#failStatus, code);
        if (text !== "") this.#invocation.err(`${text}\n`);
        this.#terminate(SIGKILL_AT_ONCE);
      },
      onDone: (node, whole) => this.#nodeDone(node, whole),
    });
    this.#signals = new StepSignals({
      isQuick: step.has("quit-on-interrupt"),
      isPlain: step.has("disable-status"),
      say: (text) => this.#say(text),
      id: () => this.#id(),
      status: () => this.#endings.statusLines(),
      send: (signal) => this.#session.sendAll(STEP_FRAME.SIGNAL, signal),
      abort: () => {
        this.#sayAborted();
        this.#terminate(SIGKILL_AT_ONCE);
      },
      isStarted: () => this.#answer !== undefined,
      cancel: (signal) => {
        this.#cancelled = true;
        this.#say(`Cancelled pending job step with signal ${signal}`);
      },
    });
  }

  async run(): Promise<number> {
    const port = await this.#session.listen();
    this.#signals.open();
    try {
      const answer = await this.#ask(port);
      if (typeof answer === "number") return answer;
      return await this.#carryOut(answer, port);
    } finally {
      this.#signals.close();
      this.#input.stop();
      this.#session.close();
      clearTimeout(this.#waitTimer);
      clearInterval(this.#callTimer);
    }
  }

  /** Asks until the step is given or refused; says so once while it has to wait. */
  async #ask(port: number): Promise<StepAnswer | number> {
    const { job, wish, draft } = this.#plan;
    const { step } = draft;
    const immediate = step.has("immediate") ? Number(step.get("immediate")) * SECOND_MS : undefined;
    let waitMs = immediate ?? FIRST_WAIT_MS;
    for (let asked = 0; ; asked++) {
      const answer = await this.#client.startStep(job, { ...wish, port, key: this.#key, waitMs });
      if (this.#cancelled) return 1;
      if (answer.ok) {
        if (asked > 0 && !draft.quiet) this.#say(`Step created for job ${job}`);
        return answer.value;
      }
      if (answer.refusal.code !== "STEP_BUSY" || immediate !== undefined)
        return this.#refused(answer.refusal);
      if (asked === 0 && !draft.quiet)
        this.#say(
          `Job ${job} step creation temporarily disabled, retrying (${slurmSentence(answer.refusal)})`,
        );
      waitMs = WAIT_MS;
    }
  }

  #refused(refusal: Refusal): number {
    this.#say(`error: Unable to create step for job ${this.#plan.job}: ${slurmSentence(refusal)}`);
    return 1;
  }

  async #carryOut(answer: StepAnswer, port: number): Promise<number> {
    const { draft, workDir, env, pty, user, wish } = this.#plan;
    const { step } = draft;
    const ntasks = answer.nodes.reduce((sum, { ranks }) => sum + ranks.length, 0);
    this.#answer = answer;
    this.#endings = new TaskEndings(ntasks);
    this.#pmi = new PmiHub(answer.nodes.length);
    this.#inputNodes = answer.nodes.map(({ ranks }, node) => ({
      node,
      hasTask: (rank) => ranks.includes(rank),
      send: (rank, bytes) => this.#session.send(node, STEP_FRAME.STDIN, rank, bytes),
      end: (rank) => this.#session.send(node, STEP_FRAME.STDIN_END, rank),
    }));
    const programs = this.#plan.programs(ntasks);
    if (!programs.ok) {
      this.#invocation.err(programs.text);
      await this.#client.cancelStep(this.#plan.job, answer.stepId, {});
      return programs.status;
    }
    const stdout = outputPlace(step.get("output"));
    const stderr = step.get("error") === undefined ? stdout : outputPlace(step.get("error"));
    const stdin = inputPlace(step.get("input"), workDir);
    try {
      this.#output.open(
        {
          jobId: answer.jobId,
          stepId: answer.stepId,
          restarts: answer.restarts,
          jobName: wish.name,
          user,
          node: wish.srunHost,
          nodeIndex: 0,
        },
        ntasks,
      );
    } catch (error) {
      this.#say(`error: Could not open stdout file: ${(error as Error).message}`);
      await this.#client.cancelStep(this.#plan.job, answer.stepId, {});
      return 1;
    }
    const umask = process.umask();
    const launch: Omit<StepLaunch, "key"> = {
      programs: programs.value,
      environment: stepEnvironment({
        draft,
        env,
        answer,
        name: wish.name,
        port,
        umask,
        cwd: this.#invocation.cwd,
      }),
      workDir,
      umask,
      stdin: stdin.kind === "files" ? stdin.pattern : "",
      stdout: nodePattern(stdout, workDir),
      stderr: nodePattern(stderr, workDir),
      openMode: step.get("open-mode") === "append" ? "append" : "truncate",
      stdinTo: stdin.kind === "own" ? stdin.to : stdin.kind === "file" ? "all" : "none",
      ranks: isPmi(draft) ? answer.nodes.map(({ ranks }) => ranks) : [],
      jobName: wish.name,
      pmi: isPmi(draft),
      pty,
    };
    if (draft.verbose > 0) this.#sayLaunch(answer);
    const over = new Promise<void>((done) => {
      this.#finish = done;
    });
    this.#session.begin(launch, answer.nodes.length);
    const untilMs = performance.now() + CALL_TIMEOUT_MS;
    this.#callTimer = setInterval(() => void this.#lookForNodes(untilMs), CALL_LOOK_MS);
    await over;
    this.#output.flush();
    if (this.#endings.anyForced && !this.#aborted) this.#say(`Force Terminated StepId=${this.#id()}`);
    return Math.max(this.#endings.status, this.#failStatus);
  }

  #nodeStarted(node: number): void {
    this.#started.add(node);
    if (this.#plan.draft.verbose > 0)
      this.#say(
        `launch/slurm: _task_start: Node ${this.#nameOf(node)}, ${this.#answer!.nodes[node]!.ranks.length} tasks started`,
      );
    if (this.#started.size < this.#answer!.nodes.length) return;
    clearInterval(this.#callTimer);
    this.#input.start(this.#inputNodes, (why) => this.#say(`error: ${why}`));
  }

  #tasksEnded(node: number, ends: Parameters<TaskEndings["add"]>[1]): void {
    const line = this.#endings.add(this.#nameOf(node), ends);
    // Ctrl-C was asked for: that it ended the tasks needs no word.
    if (line !== "" && !(this.#signals.interrupted && ends.signal === SIGINT)) this.#say(line);
    const { step } = this.#plan.draft;
    const isBad = ends.code !== 0 || ends.signal !== 0;
    const isOver =
      this.#endings.ended === this.#answer!.nodes.reduce((sum, { ranks }) => sum + ranks.length, 0);
    if (isOver) {
      clearTimeout(this.#waitTimer);
      return;
    }
    const killOnBad = step.get("kill-on-bad-exit");
    if (isBad && killOnBad !== undefined && killOnBad !== "0" && !this.#aborted) {
      if (this.#killedOnBad) return;
      this.#killedOnBad = true;
      this.#say(`launch/slurm: _step_signal: Terminating StepId=${this.#id()}`);
      this.#terminate(SIGTERM_FIRST);
      return;
    }
    const waitS = Number(step.get("wait") ?? 0);
    if (waitS > 0) this.#waitTimer ??= setTimeout(() => this.#waitedEnough(waitS), waitS * SECOND_MS);
  }

  #waitedEnough(waitS: number): void {
    this.#say(`First task exited ${waitS}s ago`);
    for (const line of this.#endings.statusLines()) this.#say(`StepId=${this.#id()} ${line}`);
    this.#say(`launch/slurm: _step_signal: Terminating StepId=${this.#id()}`);
    this.#sayAborted();
    this.#terminate(SIGKILL_AT_ONCE);
  }

  #nodeDone(node: number, whole: boolean): void {
    const to = this.#inputNodes[node];
    if (to !== undefined) this.#input.drop(to);
    if (!whole) {
      this.#say(`error: Node failure on ${this.#nameOf(node)}`);
      this.#failStatus = Math.max(this.#failStatus, 1);
      this.#terminate(SIGTERM_FIRST);
    }
    if (++this.#over === this.#answer!.nodes.length) this.#finish();
  }

  /** A node whose agent could not start its part never calls; the controller then knows that the step has ended. */
  async #lookForNodes(untilMs: number): Promise<void> {
    if (this.#session.missing().length === 0) return;
    const steps = await this.#client.steps();
    const { jobId, stepId } = this.#answer!;
    const isOver = steps.ok && !steps.value.some((step) => step.jobId === jobId && step.stepId === stepId);
    if (isOver || performance.now() > untilMs) this.#nodesMissing();
  }

  #nodesMissing(): void {
    if (this.#session.missing().length === 0) return;
    clearInterval(this.#callTimer);
    for (const node of this.#session.missing()) {
      this.#say(
        `error: Task launch for StepId=${this.#id()} failed on node ${this.#nameOf(node)}: no word from it`,
      );
    }
    this.#failStatus = 1;
    void this.#client.cancelStep(this.#plan.job, this.#answer!.stepId, {}).then(() => this.#finish());
  }

  #terminate(how: number): void {
    this.#session.sendAll(STEP_FRAME.TERMINATE, how);
  }

  #sayAborted(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#say(`Job step aborted: Waiting up to ${ABORT_WAIT_S} seconds for job step to finish.`);
  }

  #sayLaunch(answer: StepAnswer): void {
    for (const { name, ranks } of answer.nodes)
      this.#say(`launching StepId=${this.#id()} on host ${name}, ${ranks.length} tasks: ${ranks.join(",")}`);
  }

  #say(text: string): void {
    this.#invocation.err(`${this.#invocation.command}: ${text}\n`);
  }

  #id(): string {
    return `${this.#answer?.jobId ?? this.#plan.job}.${this.#answer?.stepId ?? 0}`;
  }

  #nameOf(node: number): string {
    return this.#answer?.nodes[node]?.name ?? `node ${node}`;
  }
}

const SIGINT = 2;

/** Whether the tasks speak PMI. */
const isPmi = ({ step }: SrunDraft): boolean => ["pmi1", "pmi2"].includes(step.get("mpi") ?? "none");
