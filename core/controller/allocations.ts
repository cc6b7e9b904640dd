/**
 * Jobs without a batch script: allocations that srun or salloc holds and ends. There is no agent that watches a script,
 * so what it would do is done here: the time limit, the end that was asked for, and the loss of whoever holds it. Looked
 * at once a second, and at each event that concerns them.
 */
import type { EndedReport } from "../../agents/protocol/frames.ts";
import type { Caller, JobRef } from "../api/port.ts";
import { jobEnvironment } from "../launch/environment.ts";
import type { JobId } from "../model/ids.ts";
import { isEnded, type Job } from "../model/job.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { AllocationEnd } from "../model/views.ts";
import { type Clock, nowS } from "./clock.ts";
import type { ClusterConfig } from "./config.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { resolveRef } from "./job-ref.ts";
import { causeOf, reportWithout, SIGTERM } from "./job-run.ts";
import type { Ledger } from "./ledger.ts";

export interface AllocationsOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly config: ClusterConfig;
  readonly dispatcher: Dispatcher;
  readonly controllerUrl: () => string;
}

const LOOK_MS = 1_000;
/** Without a word of whoever holds it for this long, an allocation is given up. */
export const HOLDER_TIMEOUT_S = 120;
/** Steps that do not end when they are told are not waited for longer than this behind their grace. */
const STEPS_SLACK_S = 5;

export class Allocations {
  private readonly options: AllocationsOptions;
  /** When each was last heard of, epoch seconds: those that wait or run and have somebody who holds them. */
  private readonly heardS = new Map<JobId, number>();
  private stopTimer: () => void = () => undefined;

  constructor(options: AllocationsOptions) {
    this.options = options;
    const { ledger, clock } = options;
    for (const job of ledger.state.jobs.values()) this.note(job);
    ledger.onApplied((event) => {
      if (event.type === "job.submitted") this.note(ledger.state.jobs.get(event.jobId as JobId));
    });
    ledger.onDurable((event) => {
      if (event.type === "job.ending" || event.type === "step.ended") this.endIfOver(event.jobId as JobId);
    });
    const look = (): void => {
      this.look();
      this.stopTimer = clock.after(LOOK_MS, look);
    };
    this.stopTimer = clock.after(LOOK_MS, look);
  }

  stop(): void {
    this.stopTimer();
  }

  /** Whoever holds it is there; the variables of one that runs. */
  hold(ref: JobRef, caller: Caller): Result<Readonly<Record<string, string>>> {
    const found = this.find(ref, caller);
    if (!found.ok) return found;
    const job = found.value;
    if (isEnded(job.state)) return refuse("JOB_ENDED", `job ${job.id} has ended`);
    if (this.heardS.has(job.id)) this.heardS.set(job.id, nowS(this.options.clock));
    return ok(job.state === "RUNNING" ? this.environmentOf(job) : {});
  }

  /** Whoever holds it has done with it. */
  async complete(ref: JobRef, end: AllocationEnd, caller: Caller): Promise<Result<null>> {
    const found = this.find(ref, caller);
    if (!found.ok) return found;
    const job = found.value;
    if (isEnded(job.state)) return refuse("JOB_ENDED", `job ${job.id} has ended`);
    if (job.state !== "RUNNING") return refuse("JOB_NOT_RUNNING", `job ${job.id} does not run`);
    const report: EndedReport = {
      ...reportWithout(job, "exit", end.signal),
      exitCode: end.exitCode,
    };
    await this.options.dispatcher.conclude(job, report);
    return ok(null);
  }

  private find(ref: JobRef, caller: Caller): Result<Job> {
    const targets = resolveRef(this.options.ledger.state, ref);
    if (!targets.ok) return targets;
    const { job } = targets.value[0]!;
    if (!caller.operator && caller.uid !== job.spec.uid)
      return refuse("ACCESS_DENIED", `Access/permission denied: job ${job.id} is ${job.spec.user}'s`);
    if (job.spec.allocation === undefined)
      return refuse("JOB_NOT_RUNNING", `job ${job.id} has a batch script, which ends it`);
    return ok(job);
  }

  private note(job: Job | undefined): void {
    if (job?.spec.allocation === undefined || isEnded(job.state)) return;
    this.heardS.set(job.id, nowS(this.options.clock));
  }

  private look(): void {
    const { ledger, clock, dispatcher } = this.options;
    const now = nowS(clock);
    for (const [id, heardS] of [...this.heardS]) {
      const job = ledger.state.jobs.get(id);
      if (job === undefined || isEnded(job.state)) {
        this.heardS.delete(id);
        continue;
      }
      const isLost = job.spec.allocation === "held" && now - heardS > HOLDER_TIMEOUT_S;
      if (job.state === "PENDING") {
        if (isLost) this.giveUp(job);
      } else if (job.ending !== undefined) this.endIfOver(id);
      else if (job.timeLimitS < UNLIMITED_S && now >= job.startS + job.timeLimitS)
        dispatcher.askEnd(job, "TIMEOUT", 0).catch(() => undefined);
      else if (isLost) dispatcher.askEnd(job, "CANCELLED", job.spec.uid).catch(() => undefined);
    }
  }

  private giveUp(job: Job): void {
    const { ledger, clock } = this.options;
    const atS = Math.max(nowS(clock), ledger.state.lastAtS);
    const end = { exitCode: 0, exitSignal: 0, endReason: "" };
    ledger
      .append([{ type: "job.ended", atS, jobId: job.id, state: "CANCELLED", ...end }])
      .catch(() => undefined);
  }

  /** Its end was asked for: it is over when its steps are, or have had their time. */
  private endIfOver(id: JobId): void {
    const { ledger, clock, config, dispatcher } = this.options;
    const job = ledger.state.jobs.get(id);
    if (job?.spec.allocation === undefined || job.state !== "RUNNING" || job.ending === undefined) return;
    const isLate = nowS(clock) > job.ending.atS + config.timing.killWaitS + STEPS_SLACK_S;
    if ((ledger.state.steps.get(id)?.running.length ?? 0) > 0 && !isLate) return;
    const report = reportWithout(job, causeOf(job.ending.state), SIGTERM);
    dispatcher.conclude(job, report).catch(() => undefined);
  }

  /** As its batch script would be told, but for what is of one node or task. */
  private environmentOf(job: Job): Readonly<Record<string, string>> {
    const { state } = this.options.ledger;
    const all = jobEnvironment({
      job,
      allocation: job.allocation!,
      nodes: job.allocation!.nodes.map(({ node }) => state.nodeRecords[node]!.spec),
      clusterName: state.clusterName,
      controllerUrl: this.options.controllerUrl(),
      environment: {},
    });
    return Object.fromEntries(Object.entries(all).filter(([name]) => !OF_ONE_TASK.test(name)));
  }
}

const OF_ONE_TASK =
  /^(SLURMD_|SLURM_(GTIDS|LOCALID|NODEID|PROCID|PRIO_PROCESS|TOPOLOGY_|CPUS_ON_NODE|GPUS_ON_NODE))/;
