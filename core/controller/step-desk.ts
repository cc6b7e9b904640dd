/**
 * Job steps between srun, the journal and the agents: places what srun asks within its job, has the step's nodes start
 * their parts, and writes the end once all of them have reported. Who must wait for other steps waits here, first come
 * first served. The job's end is the end of its steps, and their agents are told.
 */
import type { EndCause, HelloFrame, StepEndedReport } from "../../agents/protocol/frames.ts";
import type { Caller, JobRef } from "../api/port.ts";
import { stepEnd } from "../launch/step-end.ts";
import { ranksOf } from "../launch/step-layout.ts";
import { stepOrder } from "../launch/step-order.ts";
import { placeStep, type StepPlace } from "../launch/step-place.ts";
import type { JobId, NodeIndex } from "../model/ids.ts";
import { isEnded, type Job } from "../model/job.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { MAX_STEPS_PER_JOB, type Step, type StepAnswer, type StepAsk } from "../model/step.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { CancelRequest } from "../model/views.ts";
import { type Clock, nowS } from "./clock.ts";
import type { ClusterConfig } from "./config.ts";
import type { Fleet } from "./fleet.ts";
import { resolveRef } from "./job-ref.ts";
import { causeOf } from "./job-run.ts";
import type { Ledger } from "./ledger.ts";

export interface StepDeskOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly config: ClusterConfig;
}

/** A step whose nodes have not all reported. */
interface OpenStep {
  readonly jobId: JobId;
  readonly restarts: number;
  readonly stepId: number;
  readonly missing: Set<NodeIndex>;
  readonly reports: StepEndedReport[];
}

interface Waiting {
  readonly ask: () => Result<StepPlace>;
  readonly settle: (place: Result<StepPlace>) => void;
}

/** Requests of one job that wait for its other steps. */
export const MAX_WAITING_STEPS = 4096;

export class StepDesk {
  private readonly options: StepDeskOptions;
  private fleetOf: (() => Fleet) | undefined;
  /** By job, then by step. */
  private readonly open = new Map<JobId, Map<number, OpenStep>>();
  private readonly waiting = new Map<JobId, Waiting[]>();

  constructor(options: StepDeskOptions) {
    this.options = options;
    const { ledger } = options;
    for (const [jobId, steps] of ledger.state.steps)
      for (const step of steps.running) this.file(ledger.state.jobs.get(jobId)!, step);
    ledger.onApplied((event) => {
      // Nothing may be appended while an event is being applied.
      if (event.type === "step.ended") queueMicrotask(() => this.wake(event.jobId as JobId));
      else if (event.type === "job.ended" || event.type === "job.requeued")
        this.refuseAll(event.jobId as JobId);
    });
    ledger.onDurable((event) => {
      if (event.type === "job.ending") this.jobEnding(event.jobId as JobId);
      else if (event.type === "job.suspending") this.signalSteps(event.jobId as JobId, SIGSTOP);
      else if (event.type === "job.resumed") this.signalSteps(event.jobId as JobId, SIGCONT);
      else if (event.type === "job.ended" || event.type === "job.requeued")
        this.jobOver(event.jobId as JobId);
    });
  }

  attach(fleet: () => Fleet): void {
    this.fleetOf = fleet;
  }

  /** Starts a step; `from` is the address that srun asked from. Resolves once the step is on disk and ordered. */
  async start(ref: JobRef, ask: StepAsk, caller: Caller, from: string): Promise<Result<StepAnswer>> {
    const found = this.jobOf(ref, caller);
    if (!found.ok) return found;
    const job = found.value;
    return this.place(job, ask, (place) => this.begin(job, ask, place, from));
  }

  /** Takes the place at once, so that nobody else is given it, and orders its tasks once that is on disk. */
  private async begin(job: Job, ask: StepAsk, place: StepPlace, from: string): Promise<Result<StepAnswer>> {
    const { ledger } = this.options;
    const { state } = ledger;
    const stepId = state.steps.get(job.id)?.nextStepId ?? 0;
    if (stepId >= MAX_STEPS_PER_JOB) return refuse("STEP_LIMIT", `job ${job.id} has had ${stepId} steps`);
    const timeLimitS = ask.timeLimitS ?? UNLIMITED_S;
    const written = ledger.append([
      {
        type: "step.started",
        atS: this.atS(),
        jobId: job.id,
        stepId,
        step: {
          name: ask.name,
          shares: place.shares,
          tasks: place.tasks,
          cpusPerTask: place.cpusPerTask,
          distribution: place.distribution,
          holdsCpus: ask.overlap !== true,
          holdsDevices: place.holdsDevices,
          timeLimitS,
          srunHost: ask.srunHost,
          srunPid: ask.srunPid,
        },
      },
    ]);
    const step = state.steps.get(job.id)!.running.at(-1)!;
    const open = this.file(job, step);
    await written;
    const ranks = ranksOf(
      place.shares.map(({ tasks }) => tasks),
      {
        distribution: place.distribution,
        planeSize: ask.planeSize ?? 1,
        ...(place.nodeOfRank === undefined ? {} : { nodeOfRank: place.nodeOfRank }),
      },
    );
    const specs = place.shares.map(({ node }) => state.nodeRecords[node]!.spec);
    // The job may have ended while the step was written.
    if (this.openStep(job.id, stepId) !== open) return refuse("JOB_ENDED", `job ${job.id} has ended`);
    const srun = { host: from, port: ask.port, key: ask.key };
    const graceMs = this.options.config.timing.killWaitS * 1000;
    place.shares.forEach((share, nodeRank) => {
      const order = stepOrder({ job, step, share, nodeRank, ranks: ranks[nodeRank]!, srun, graceMs, place });
      this.fleet.push(share.node, { kind: "step", ...order });
    });
    return ok({
      jobId: job.id,
      restarts: job.restarts,
      stepId,
      distribution: place.distribution,
      cpusPerTask: place.cpusPerTask,
      launchHost: from,
      nodes: place.shares.map(({ cpus, memMib }, at) => ({
        name: specs[at]!.name,
        ranks: ranks[at]!,
        cpus,
        memMib,
      })),
    });
  }

  /** Ends a step, or sends its processes a signal. */
  async cancel(ref: JobRef, stepId: number, request: CancelRequest, caller: Caller): Promise<Result<null>> {
    const found = this.jobOf(ref, caller);
    if (!found.ok) return found;
    const open = this.openStep(found.value.id, stepId);
    if (open === undefined)
      return refuse("INVALID_STEP_ID", `step ${ref}.${stepId} does not run`, { stepId });
    const { jobId, restarts } = open;
    const { signal } = request;
    for (const node of open.missing) {
      if (signal === undefined || signal === SIGKILL) this.orderEnd(open, node, "cancelled", false);
      else this.fleet.push(node, { kind: "step-signal", jobId, restarts, stepId, signal });
    }
    return ok(null);
  }

  /** Sends a signal to the processes of all the job's steps, wherever they run. */
  signalSteps(id: JobId, signal: number): void {
    for (const { missing, jobId, restarts, stepId } of this.openOf(id)) {
      for (const node of missing)
        this.fleet.push(node, { kind: "step-signal", jobId, restarts, stepId, signal });
    }
  }

  /** Takes a node's report; resolves once the end that it completes is on disk. */
  report(node: NodeIndex, report: StepEndedReport): void | Promise<void> {
    const { jobId, restarts, stepId } = report;
    const forget = (): void => void this.fleet.push(node, { kind: "step-forget", jobId, restarts, stepId });
    const open = this.openStep(jobId as JobId, stepId);
    if (open === undefined || open.restarts !== restarts || !open.missing.has(node)) return forget();
    return this.partEnded(open, node, report).then(forget);
  }

  /** Brings both sides together after a hello: parts that the agent does not have are lost. */
  reconcile(node: NodeIndex, hello: HelloFrame, isResumed: boolean): void {
    const there = new Set(
      (hello.steps ?? []).map(({ jobId, stepId, restarts }) => `${jobId}.${stepId}.${restarts}`),
    );
    for (const { jobId, restarts, stepId } of hello.steps ?? []) {
      const open = this.openStep(jobId as JobId, stepId);
      if (open?.restarts === restarts && open.missing.has(node)) continue;
      const key = { jobId, restarts, stepId };
      this.fleet.push(node, { kind: "step-end", ...key, cause: "cancelled", graceMs: 0 });
      this.fleet.push(node, { kind: "step-forget", ...key });
    }
    for (const jobId of [...this.waiting.keys()]) if (this.isOn(jobId, node)) this.wake(jobId);
    // In the same conversation as before, orders that it has not had are said again by themselves.
    if (isResumed) return;
    for (const open of [...this.open.values()].flatMap((steps) => [...steps.values()])) {
      if (!open.missing.has(node) || there.has(`${open.jobId}.${open.stepId}.${open.restarts}`)) continue;
      this.partEnded(open, node, lostReport(open, this.options.clock.nowMs())).catch(() => undefined);
    }
  }

  private jobOf(ref: JobRef, caller: Caller): Result<Job> {
    const targets = resolveRef(this.options.ledger.state, ref);
    if (!targets.ok) return targets;
    const running = targets.value.find(({ job }) => job.state === "RUNNING") ?? targets.value[0]!;
    const { job } = running;
    if (!caller.operator && caller.uid !== job.spec.uid)
      return refuse("ACCESS_DENIED", `Access/permission denied: job ${job.id} is ${job.spec.user}'s`);
    if (job.state === "PENDING") return refuse("JOB_PENDING", `job ${job.id} has not started`);
    if (isEnded(job.state) || job.ending !== undefined)
      return refuse("JOB_ENDED", `Job/step already completing or completed: ${ref}`);
    return ok(job);
  }

  /** Finds the step's place, now or once other steps have left it, and has it taken in the same breath. */
  private place(
    job: Job,
    ask: StepAsk,
    take: (place: StepPlace) => Promise<Result<StepAnswer>>,
  ): Result<StepAnswer> | Promise<Result<StepAnswer>> {
    const look = (): Result<StepPlace> => this.lookFor(job, ask);
    const queue = this.waiting.get(job.id) ?? [];
    // Nobody who came later goes before those that wait, but for a step that needs nothing for itself.
    const first = queue.length === 0 || ask.overlap === true ? look() : undefined;
    if (first?.ok) return take(first.value);
    if (first !== undefined && first.refusal.code !== "STEP_BUSY") return first;
    const alone = first ?? placeStep({ ...this.inputOf(job, ask), running: [] });
    if (!alone.ok && alone.refusal.code !== "STEP_BUSY") return alone;
    const busy = refuse("STEP_BUSY", `other steps of job ${job.id} hold what this one asks for`);
    if (ask.waitMs === 0 || queue.length >= MAX_WAITING_STEPS) return busy;
    return new Promise((resolve) => {
      const entry: Waiting = {
        ask: look,
        settle: (place) => {
          stopTimer();
          const at = queue.indexOf(entry);
          if (at >= 0) queue.splice(at, 1);
          if (queue.length === 0) this.waiting.delete(job.id);
          resolve(place.ok ? take(place.value) : place);
        },
      };
      const stopTimer = this.options.clock.after(ask.waitMs, () => entry.settle(busy));
      queue.push(entry);
      this.waiting.set(job.id, queue);
    });
  }

  private lookFor(job: Job, ask: StepAsk): Result<StepPlace> {
    const { state } = this.options.ledger;
    if (job.state !== "RUNNING" || job.ending !== undefined)
      return refuse("JOB_ENDED", `Job/step already completing or completed: ${job.id}`);
    const away = job.allocation!.nodes.find(({ node }) => !this.fleet.knowsSteps(node));
    if (away !== undefined) {
      const { name } = state.nodeRecords[away.node]!.spec;
      return this.fleet.isConnected(away.node)
        ? refuse("NOT_SUPPORTED", `the agent of ${name} is of a version without job steps; upgrade it`)
        : refuse("STEP_BUSY", `the agent of ${name} is away`);
    }
    return placeStep(this.inputOf(job, ask));
  }

  private inputOf(job: Job, ask: StepAsk): Parameters<typeof placeStep>[0] {
    const { state } = this.options.ledger;
    return {
      ask,
      allocation: job.allocation!,
      nodes: job.allocation!.nodes.map(({ node }) => state.nodeRecords[node]!.spec),
      running: state.steps.get(job.id)?.running ?? [],
    };
  }

  /** What has become free goes to those that have waited longest. */
  private wake(jobId: JobId): void {
    for (const entry of [...(this.waiting.get(jobId) ?? [])]) {
      const place = entry.ask();
      if (!place.ok && place.refusal.code === "STEP_BUSY") return;
      entry.settle(place);
    }
  }

  private refuseAll(jobId: JobId): void {
    for (const { settle } of [...(this.waiting.get(jobId) ?? [])])
      settle(refuse("JOB_ENDED", `job ${jobId} has ended`));
  }

  private file(job: Job, step: Step): OpenStep {
    const open: OpenStep = {
      jobId: job.id,
      restarts: job.restarts,
      stepId: step.stepId,
      missing: new Set(step.shares.map(({ node }) => node)),
      reports: [],
    };
    const steps = this.open.get(job.id) ?? new Map<number, OpenStep>();
    steps.set(step.stepId, open);
    this.open.set(job.id, steps);
    return open;
  }

  private async partEnded(open: OpenStep, node: NodeIndex, report: StepEndedReport): Promise<void> {
    open.missing.delete(node);
    open.reports.push(report);
    const { jobId, stepId } = open;
    if (open.missing.size > 0) return;
    this.close(open);
    // The job's end, which is not on disk yet, may have ended the step: there is nothing left to write of it.
    const running = this.options.ledger.state.steps.get(jobId)?.running ?? [];
    if (!running.some((step) => step.stepId === stepId)) return;
    await this.options.ledger.append([
      { type: "step.ended", atS: this.atS(), jobId, stepId, ...stepEnd(open.reports) },
    ]);
  }

  private jobEnding(jobId: JobId): void {
    const job = this.options.ledger.state.jobs.get(jobId);
    if (job?.ending === undefined) return;
    const cause = job.ending.forJob === undefined ? causeOf(job.ending.state) : "preemption";
    for (const open of this.openOf(jobId))
      for (const node of open.missing) this.orderEnd(open, node, cause, true);
  }

  /** Its record says that its steps are over; whoever still runs a part of one is told to end it. */
  private jobOver(jobId: JobId): void {
    for (const open of this.openOf(jobId)) {
      this.close(open);
      for (const node of open.missing) this.orderEnd(open, node, "cancelled", false);
    }
  }

  private orderEnd(open: OpenStep, node: NodeIndex, cause: EndCause, withGrace: boolean): void {
    const { jobId, restarts, stepId } = open;
    const graceMs = withGrace ? this.options.config.timing.killWaitS * 1000 : 0;
    this.fleet.push(node, { kind: "step-end", jobId, restarts, stepId, cause, graceMs });
  }

  private openOf(jobId: JobId): readonly OpenStep[] {
    return [...(this.open.get(jobId)?.values() ?? [])];
  }

  private isOn(jobId: JobId, node: NodeIndex): boolean {
    const nodes = this.options.ledger.state.jobs.get(jobId)?.allocation?.nodes ?? [];
    return nodes.some((share) => share.node === node);
  }

  private openStep(jobId: JobId, stepId: number): OpenStep | undefined {
    return this.open.get(jobId)?.get(stepId);
  }

  private close({ jobId, stepId }: OpenStep): void {
    const steps = this.open.get(jobId);
    steps?.delete(stepId);
    if (steps?.size === 0) this.open.delete(jobId);
  }

  private get fleet(): Fleet {
    if (this.fleetOf === undefined) throw new Error("the step desk has no fleet yet");
    return this.fleetOf();
  }

  private atS(): number {
    return Math.max(nowS(this.options.clock), this.options.ledger.state.lastAtS);
  }
}

const SIGKILL = 9;
const SIGCONT = 18;
const SIGSTOP = 19;

const lostReport = ({ jobId, restarts, stepId }: OpenStep, nowMs: number): StepEndedReport => ({
  jobId,
  restarts,
  stepId,
  exitCode: 1,
  signal: 0,
  cause: "lost",
  text: "The agent does not have it any more.",
  startedMs: nowMs,
  endedMs: nowMs,
  cpuTimeMs: -1,
  maxRssMib: -1,
});
