/**
 * Between the journal and the agents: orders for what the journal says should run or end, and events for what agents
 * report. Every order follows an event that is on disk, and every report is acknowledged once its event is. Orders
 * are idempotent by (jobId, restarts), so whenever two sides disagree the answer is to say it again.
 */
import type { Logger } from "pino";
import type { AgentBody, EndCause, EndedReport, HelloFrame } from "../../agents/protocol/frames.ts";
import { endOf } from "../launch/end.ts";
import type { RunningComponent } from "../launch/het-environment.ts";
import type { MailChange } from "../launch/mail.ts";
import { startOrder } from "../launch/start-order.ts";
import type { JobId, NodeIndex } from "../model/ids.ts";
import { isEnded, type Job, type JobState } from "../model/job.ts";
import { isOldAgent, isSilent } from "../model/node-power.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { componentsOf, isFollower, leaderOf } from "../state/het.ts";
import { preemptionOf } from "../state/preemption-tables.ts";
import { isNodeUsable, NODE_FLAG } from "../state/tables.ts";
import { AwaitingNodes } from "./awaiting-nodes.ts";
import { type Clock, nowS } from "./clock.ts";
import type { ClusterConfig } from "./config.ts";
import type { Fleet } from "./fleet.ts";
import { causeOf, keyOf, reportWithout, runOf, SIGTERM } from "./job-run.ts";
import type { Ledger } from "./ledger.ts";
import { ListedNodes } from "./listed-nodes.ts";
import type { Mailer } from "./mailer.ts";
import type { ScriptShelf } from "./script-shelf.ts";
import { StartTurns } from "./start-turns.ts";
import { Suspender } from "./suspender.ts";

export interface DispatcherOptions {
  readonly ledger: Ledger;
  readonly shelf: ScriptShelf;
  readonly clock: Clock;
  readonly config: ClusterConfig;
  readonly mailer: Mailer;
  readonly log: Logger;
  readonly controllerUrl: () => string;
}

export class Dispatcher {
  readonly suspender: Suspender;
  private readonly options: DispatcherOptions;
  private fleetOf: (() => Fleet) | undefined;
  private readonly starts = new StartTurns((id) => {
    this.orderStart(id).catch((error: unknown) => this.launchFailed(id, error));
  });
  /** Runs whose start was ordered and whose end is not written yet. */
  private readonly ordered = new Set<string>();
  private readonly awaiting: AwaitingNodes;
  private readonly listed: ListedNodes;

  constructor(options: DispatcherOptions) {
    this.options = options;
    this.listed = new ListedNodes(options.ledger.state);
    this.awaiting = new AwaitingNodes(options.ledger.state);
    this.suspender = new Suspender({
      ledger: options.ledger,
      push: (node, body) => void this.fleet.push(node, body),
      atS: () => this.atS(),
    });
  }

  /** The fleet calls the dispatcher and the other way round, so it is given afterwards. */
  attach(fleet: () => Fleet): void {
    this.fleetOf = fleet;
  }

  /** Orders the batch hosts to start what has just been written as started. */
  started(ids: readonly JobId[]): void {
    this.starts.add(ids);
  }

  /** Orders the end of a running job; the event that asks for it is on disk. */
  orderEnd(job: Job, cause: EndCause): void {
    const host = batchHost(job);
    if (host === undefined) return;
    if (this.awaiting.isAwaiting(job)) {
      // No agent has been told of it.
      this.conclude(job, reportWithout(job, "cancelled", SIGTERM)).catch(() => undefined);
      return;
    }
    this.fleet.push(host, {
      kind: "end",
      ...keyOf(job),
      cause,
      graceMs: this.graceS(job) * 1000,
    });
  }

  /** Orders what has just been written of preempted jobs: their end, or to stand still; the plan spares heterogeneous ones. */
  preempted(ids: readonly JobId[]): void {
    for (const id of ids) {
      const job = this.options.ledger.state.jobs.get(id);
      if (job?.ending !== undefined) this.orderEnd(job, "preemption");
      else if (job?.suspension !== undefined) this.suspender.orderSuspend(job);
    }
  }

  /** Seconds that a job has between SIGTERM and SIGKILL: its grace time where it is preempted and has one. */
  private graceS(job: Job): number {
    const { killWaitS } = this.options.config.timing;
    if (job.ending?.forJob === undefined) return killWaitS;
    return preemptionOf(this.options.ledger.state, job).graceTimeS || killWaitS;
  }

  orderSignal(job: Job, signal: number, batchOnly: boolean): void {
    const host = batchHost(job);
    if (host !== undefined) this.fleet.push(host, { kind: "signal", ...keyOf(job), signal, batchOnly });
  }

  orderLimit(job: Job): void {
    const host = batchHost(job);
    if (host !== undefined)
      this.fleet.push(host, { kind: "limit", ...keyOf(job), timeLimitS: job.timeLimitS });
  }

  /** Takes a node in: known and unchanged, known and changed, or new. */
  async register(hello: HelloFrame): Promise<Result<NodeIndex>> {
    const { ledger } = this.options;
    const { state } = ledger;
    const spec = this.listed.described(hello.node);
    if (spec === undefined)
      return refuse("NODE_REFUSED", `node ${hello.node.name} is not among the nodes of the configuration`);
    const known = state.nodeByName.get(spec.name);
    const power = known === undefined ? undefined : state.nodeRecords[known]!.power;
    if (known !== undefined && isOldAgent(power, spec)) return ok(known);
    const flags = known === undefined ? 0 : state.nodes.columns.flags[known]!;
    const isSame =
      known !== undefined &&
      (flags & (NODE_FLAG.REGISTERED | NODE_FLAG.RESPONDING)) ===
        (NODE_FLAG.REGISTERED | NODE_FLAG.RESPONDING) &&
      (flags & NODE_FLAG.DOWN) === 0 &&
      !isSilent(power) &&
      JSON.stringify(state.nodeRecords[known]!.spec) === JSON.stringify(spec);
    if (!isSame) await ledger.append([{ type: "node.registered", atS: this.atS(), spec }]);
    this.options.log.info(
      {
        node: spec.name,
        cpus: spec.cpus,
        memoryMib: spec.memoryMib,
        devices: spec.devices.length,
      },
      "agent connected",
    );
    return ok(state.nodeByName.get(spec.name)!);
  }

  /** Brings both sides together after a hello: each job that the journal has there, and each that the agent has. */
  reconcile(node: NodeIndex, hello: HelloFrame): void {
    const { state } = this.options.ledger;
    this.started(this.awaiting.take(node));
    const there = new Map(hello.jobs.map((job) => [job.jobId, job]));
    for (const presence of hello.jobs) {
      const job = state.jobs.get(presence.jobId as JobId);
      const isOurs =
        job !== undefined &&
        job.state === "RUNNING" &&
        job.restarts === presence.restarts &&
        batchHost(job) === node;
      if (presence.state === "ended") {
        // A running job's ending follows as a report of its own; any other is of no use to anyone.
        if (!isOurs)
          this.fleet.push(node, { kind: "forget", jobId: presence.jobId, restarts: presence.restarts });
      } else if (!isOurs) {
        this.options.log.warn(
          { jobId: presence.jobId, node: hello.node.name },
          "agent runs a job that is not its own any more; ending it",
        );
        this.fleet.push(node, {
          kind: "end",
          jobId: presence.jobId,
          restarts: presence.restarts,
          cause: "requeue",
          graceMs: 0,
        });
      } else if (job.ending !== undefined) {
        this.orderEnd(job, job.ending.forJob === undefined ? causeOf(job.ending.state) : "preemption");
      } else {
        this.orderLimit(job);
        this.suspender.reconcile(job, presence);
      }
    }
    for (const id of [...(state.nodeJobs[node] ?? [])].sort((a, b) => a - b)) {
      const job = state.jobs.get(id);
      if (job === undefined || batchHost(job) !== node) continue;
      const presence = there.get(id);
      if (presence !== undefined && presence.restarts === job.restarts) continue;
      // Its start may have been applied and not be on disk yet.
      if (job.ending === undefined)
        this.options.ledger.settled().then(
          () => this.started([id]),
          () => undefined,
        );
      else this.conclude(job, reportWithout(job, "cancelled", SIGTERM)).catch(() => undefined);
    }
  }

  /** Takes a report; resolves once what it means is on disk. */
  report(node: NodeIndex, body: Exclude<AgentBody, { kind: "step-ended" }>): void | Promise<void> {
    const job = this.options.ledger.state.jobs.get(body.jobId as JobId);
    const isCurrent =
      job !== undefined &&
      job.state === "RUNNING" &&
      job.restarts === body.restarts &&
      batchHost(job) === node;
    if (body.kind === "started") return;
    const forget = (): void => {
      this.fleet.push(node, { kind: "forget", jobId: body.jobId, restarts: body.restarts });
    };
    if (body.kind === "suspended") return isCurrent ? this.suspender.report(job) : undefined;
    if (!isCurrent) return forget();
    if (body.text !== "")
      this.options.log.info({ jobId: job.id, cause: body.cause, text: body.text }, "job ended");
    return this.conclude(job, body).then(forget);
  }

  /** Ends a running job for the loss of a node: at once when its batch host is lost, by order when another one is. */
  nodeLost(node: NodeIndex): void {
    const { state } = this.options.ledger;
    for (const id of [...(state.nodeJobs[node] ?? [])].sort((a, b) => a - b)) {
      const lost = state.jobs.get(id);
      const job = lost === undefined ? undefined : leaderOf(state, lost);
      if (job === undefined || job.state !== "RUNNING") continue;
      const host = batchHost(job);
      if (host === undefined || host === node || !this.isUsable(host)) {
        this.conclude(job, reportWithout(job, "node-failure", 0)).catch(() => undefined);
      } else if (job.ending === undefined) {
        this.askEnd(job, job.requeueAllowed ? "PENDING" : "NODE_FAIL", 0, "", "node-failure").catch(
          () => undefined,
        );
      }
    }
  }

  /** Writes that the end is asked for, of all components of a heterogeneous job, then orders it. */
  async askEnd(
    job: Job,
    state: JobState,
    byUid: number,
    held: Job["held"] = "",
    cause = causeOf(state),
  ): Promise<void> {
    const { ledger } = this.options;
    const atS = this.atS();
    const asked = componentsOf(ledger.state, job).filter(
      (each) => each.state === "RUNNING" && (each.ending === undefined || job.het === undefined),
    );
    await ledger.append(asked.map(({ id }) => ({ type: "job.ending", atS, jobId: id, state, byUid, held })));
    const now = ledger.state.jobs.get(leaderOf(ledger.state, job).id);
    if (now?.ending !== undefined) this.orderEnd(now, cause);
  }

  /** Ends one running component alone: it runs nothing, so no agent is asked. The others go on. */
  async endComponent(job: Job, state: JobState, endReason: string): Promise<void> {
    if (!isFollower(job) || job.state !== "RUNNING") return;
    await this.options.ledger.append([
      {
        type: "job.ended",
        atS: this.atS(),
        jobId: job.id,
        state,
        exitCode: 0,
        exitSignal: SIGTERM,
        endReason,
      },
    ]);
  }

  /** Returns a running or ended job to the queue, with all its components. */
  async requeue(job: Job, held: Job["held"], endReason: string): Promise<void> {
    const beginS = held === "" ? this.atS() + this.options.config.timing.requeueDelayS : 0;
    const { ledger } = this.options;
    const atS = this.atS();
    const back = componentsOf(ledger.state, job).filter(({ state }) => state !== "PENDING");
    await ledger.append(
      back.map(({ id }) => ({ type: "job.requeued", atS, jobId: id, beginS, held, endReason })),
    );
    this.mail(job.id, "REQUEUE");
  }

  /** Writes what a report means: the end of the job, or its return to the queue. */
  async conclude(job: Job, report: EndedReport): Promise<void> {
    if (isEnded(job.state)) return;
    this.ordered.delete(runOf(job));
    this.awaiting.forget(job.id);
    const outcome = endOf(report, job);
    if (outcome.kind === "requeue") return this.requeue(job, outcome.held, outcome.endReason);
    const { state, exitCode, exitSignal, endReason } = outcome;
    const atS = this.atS();
    // An agent that was alone for a while knows better when it was; its clock may be wrong, so within bounds.
    const endS = Math.max(job.startS, Math.floor(report.endedMs / 1000));
    const toldLater = report.endedMs > 0 && atS - endS >= LATE_S ? { endS } : {};
    // The leader's last, so that whoever waits for it finds the whole ended.
    const over = componentsOf(this.options.ledger.state, job).filter((each) => !isEnded(each.state));
    await this.options.ledger.append(
      over.reverse().map(({ id }) => ({
        type: "job.ended",
        atS,
        jobId: id,
        state,
        exitCode,
        exitSignal,
        endReason,
        ...toldLater,
      })),
    );
    this.mail(job.id, "END");
  }

  private mail(id: JobId, change: MailChange): void {
    const { state } = this.options.ledger;
    const job = state.jobs.get(id);
    if (job === undefined || job.spec.mailType === undefined) return;
    this.options.mailer.changed(
      job,
      change,
      job.array === undefined ? undefined : state.arrays.get(job.array.arrayJobId),
    );
  }

  private async orderStart(id: JobId): Promise<void> {
    const { ledger, shelf, config } = this.options;
    const before = ledger.state.jobs.get(id);
    if (before === undefined || isFollower(before)) return;
    const record = await shelf.get(before.scriptKey);
    const job = ledger.state.jobs.get(id);
    if (job === undefined || job.state !== "RUNNING" || job.allocation === undefined) return;
    if (job.ending !== undefined) {
      // Its end was asked for before its start was ordered: no agent has it, so no report will come.
      if (!this.ordered.has(runOf(job))) await this.conclude(job, reportWithout(job, "cancelled", SIGTERM));
      return;
    }
    if (this.awaiting.isAwaiting(job)) {
      this.awaiting.add(id);
      return;
    }
    const host = batchHost(job);
    // An allocation runs no script: its steps come from whoever holds it.
    if (host === undefined) return this.mail(job.id, "BEGIN");
    const order = startOrder({
      job,
      allocation: job.allocation,
      nodes: job.allocation.nodes.map((share) => ledger.state.nodeRecords[share.node]!.spec),
      clusterName: ledger.state.clusterName,
      controllerUrl: this.options.controllerUrl(),
      script: record.script,
      environment: record.environment,
      ...(job.het === undefined ? {} : { components: this.componentsOf(job) }),
      graceMs: config.timing.killWaitS * 1000,
    });
    // Not connected: the hello of its agent brings the order again.
    this.ordered.add(runOf(job));
    this.fleet.push(host, { kind: "start", ...order });
    // Asked for while the script was being read: the order went before the start, to an agent that knew no such job.
    this.suspender.orderSuspend(job);
    this.mail(job.id, "BEGIN");
  }

  private componentsOf(leader: Job): readonly RunningComponent[] {
    const { state } = this.options.ledger;
    return componentsOf(state, leader).flatMap((job) => {
      const { allocation } = job;
      if (allocation === undefined) return [];
      return [{ job, allocation, nodes: allocation.nodes.map(({ node }) => state.nodeRecords[node]!.spec) }];
    });
  }

  private launchFailed(id: JobId, error: unknown): void {
    this.options.log.error({ err: error, jobId: id }, "job could not be launched");
    const job = this.options.ledger.state.jobs.get(id);
    if (job?.state === "RUNNING")
      this.conclude(job, reportWithout(job, "launch-failed", 0)).catch(() => undefined);
  }

  private isUsable(node: NodeIndex): boolean {
    return isNodeUsable(this.options.ledger.state.nodes.columns.flags[node]! & ~NODE_FLAG.DRAIN);
  }

  private get fleet(): Fleet {
    if (this.fleetOf === undefined) throw new Error("the dispatcher has no fleet yet");
    return this.fleetOf();
  }

  private atS(): number {
    return Math.max(nowS(this.options.clock), this.options.ledger.state.lastAtS);
  }
}

/** Where the job's script runs; undefined for a component that runs none. */
export const batchHost = (job: Job): NodeIndex | undefined =>
  isFollower(job) || job.spec.allocation !== undefined ? undefined : job.allocation?.nodes[0]?.node;

/** A report that is this late, in seconds, is believed about the time of the end. */
const LATE_S = 5;
