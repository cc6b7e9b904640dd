/**
 * The job steps of one fake agent: it calls srun as a node does, says that the tasks have started and after a while that
 * all ended well. Runs nothing and passes no stream.
 */
import type { ControllerBody, StepEndedReport, StepKey, StepOrder } from "../protocol/frames.ts";
import { SrunLink } from "../protocol/srun-link.ts";
import { STEP_FRAME } from "../protocol/step-frames.ts";

export interface FakeStepsOptions {
  /** How long a step runs, ms. */
  readonly runMs: (order: StepOrder) => number;
  readonly report: (body: { readonly kind: "step-ended" } & StepEndedReport) => void;
}

interface FakeStep {
  readonly order: StepOrder;
  readonly link: SrunLink;
  startedMs: number;
  timer?: NodeJS.Timeout;
  ended?: StepEndedReport;
}

const FAKE_PID = 1;
const SIGTERM = 15;
const SIGKILL = 9;

export class FakeSteps {
  readonly #options: FakeStepsOptions;
  readonly #steps = new Map<string, FakeStep>();

  constructor(options: FakeStepsOptions) {
    this.#options = options;
  }

  presences(): StepKey[] {
    return [...this.#steps.values()].map(({ order: { jobId, restarts, stepId } }) => ({
      jobId,
      restarts,
      stepId,
    }));
  }

  reportAgain(): void {
    for (const { ended } of this.#steps.values())
      if (ended !== undefined) this.#options.report({ kind: "step-ended", ...ended });
  }

  /** Whether it was an order for a step. */
  take(order: ControllerBody): boolean {
    if (order.kind === "step") {
      if (!this.#steps.has(nameOf(order))) this.#start(order);
      return true;
    }
    if (order.kind === "step-forget") return this.#steps.delete(nameOf(order)) || true;
    if (order.kind !== "step-end" && order.kind !== "step-signal") return false;
    const step = this.#steps.get(nameOf(order));
    if (order.kind === "step-end") this.#end(step, SIGTERM, order.cause);
    else if (order.signal === SIGKILL || order.signal === SIGTERM) this.#end(step, order.signal, "exit");
    return true;
  }

  close(): void {
    for (const { timer, link } of this.#steps.values()) {
      clearTimeout(timer);
      link.end();
    }
    this.#steps.clear();
  }

  #start(order: StepOrder): void {
    const link = new SrunLink({
      srun: order.srun,
      nodeRank: order.nodeRank,
      onLaunch: () => {
        step.startedMs = Date.now();
        link.sendJson(STEP_FRAME.STARTED, order.nodeRank, { pids: order.tasks.map(() => FAKE_PID) });
        const end = () => this.#end(step, 0, "exit");
        const runMs = this.#options.runMs(order);
        if (runMs <= 0) end();
        else step.timer = setTimeout(end, runMs);
      },
      onFrame: (frame) => {
        if (frame.kind === STEP_FRAME.TERMINATE) this.#end(step, SIGTERM, "cancelled");
      },
      onDrain: () => undefined,
      onLost: () => this.#end(step, 0, "launch-failed"),
    });
    const step: FakeStep = { order, link, startedMs: Date.now() };
    this.#steps.set(nameOf(order), step);
  }

  #end(step: FakeStep | undefined, signal: number, cause: StepEndedReport["cause"]): void {
    if (step === undefined || step.ended !== undefined) return;
    clearTimeout(step.timer);
    const { order, link, startedMs } = step;
    const { jobId, restarts, stepId, tasks, nodeRank } = order;
    const exitCode = cause === "launch-failed" ? 1 : 0;
    link.sendJson(STEP_FRAME.EXITED, nodeRank, { tasks, code: exitCode, signal, oom: false });
    link.send(STEP_FRAME.DONE, nodeRank);
    link.end();
    const end = { startedMs, endedMs: Date.now(), cpuTimeMs: -1, maxRssMib: -1 };
    step.ended = { jobId, restarts, stepId, exitCode, signal, cause, text: "", ...end };
    this.#options.report({ kind: "step-ended", ...step.ended });
  }
}

const nameOf = ({ jobId, restarts, stepId }: StepKey): string => `${jobId}.${restarts}.${stepId}`;
