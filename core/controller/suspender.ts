/**
 * Suspension between the journal and the agents: orders to have a job stand still or go on, each after the event that says
 * so is on disk, and the event of an agent's word that it stands still. Part of the dispatcher; decides nothing.
 */
import type { ControllerBody, JobPresence } from "../../agents/protocol/frames.ts";
import type { JobId, NodeIndex } from "../model/ids.ts";
import { isSuspended, type Job } from "../model/job.ts";
import { SUSPEND_NOTICE_S } from "../model/suspension.ts";
import { componentsOf, isFollower } from "../state/het.ts";
import { preemptionOf } from "../state/preemption-tables.ts";
import { keyOf } from "./job-run.ts";
import type { Ledger } from "./ledger.ts";

export interface SuspenderOptions {
  readonly ledger: Ledger;
  readonly push: (node: NodeIndex, body: ControllerBody) => void;
  /** Of the next event. */
  readonly atS: () => number;
}

export class Suspender {
  private readonly options: SuspenderOptions;

  constructor(options: SuspenderOptions) {
    this.options = options;
  }

  /** Orders a job to stand still; its agent says so when it does, again if it has before. */
  orderSuspend(job: Job): void {
    const host = hostOf(job);
    const graceMs = noticeS(this.options.ledger, job) * 1000;
    if (host !== undefined && job.suspension !== undefined)
      this.options.push(host, { kind: "suspend", ...keyOf(job), graceMs });
  }

  /** Orders jobs to go on that have just been written as resumed. */
  resumed(ids: readonly JobId[]): void {
    for (const id of ids) {
      const job = this.options.ledger.state.jobs.get(id);
      if (job !== undefined && job.suspension === undefined) this.orderResume(job);
    }
  }

  /** A job stands still, its agent says. Resolves once that is on disk. */
  async report(job: Job): Promise<void> {
    const { ledger, atS } = this.options;
    // It was let go on meanwhile, by an order that its agent has not seen yet or has lost.
    if (job.suspension === undefined) return this.orderResume(job);
    const still = componentsOf(ledger.state, job).filter(
      (each) => each.suspension !== undefined && !isSuspended(each),
    );
    if (still.length === 0) return;
    await ledger.append(still.map(({ id }) => ({ type: "job.suspended", atS: atS(), jobId: id })));
  }

  /** After a hello: a running job does on its node what the journal says. */
  reconcile(job: Job, presence: JobPresence): void {
    const isStill = presence.suspended === true;
    if (job.suspension !== undefined) {
      if (!isStill || !isSuspended(job)) this.orderSuspend(job);
    } else if (isStill) this.orderResume(job);
  }

  private orderResume(job: Job): void {
    const host = hostOf(job);
    if (host !== undefined) this.options.push(host, { kind: "resume", ...keyOf(job) });
  }
}

/** Seconds between the warning and the stop: the grace time where it makes room for another and has one. */
function noticeS({ state }: Ledger, job: Job): number {
  if (job.suspension?.forJob === undefined) return SUSPEND_NOTICE_S;
  return preemptionOf(state, job).graceTimeS || SUSPEND_NOTICE_S;
}

/** Where its script runs: processes of a job are on one node. */
const hostOf = (job: Job): NodeIndex | undefined =>
  isFollower(job) ? undefined : job.allocation?.nodes[0]?.node;
