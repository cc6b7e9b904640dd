/**
 * Suspending and resuming by hand. Each checks who asks and what state the jobs are in, appends the events, and resolves
 * once they are on disk; who goes on is for the next pass to say, so that nothing is given twice.
 */
import type { Caller, JobRef } from "../api/port.ts";
import { isEnded, type Job } from "../model/job.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { Event } from "../state/events.ts";
import { componentsOf, isFollower, leadersOf } from "../state/het.ts";
import { type CoreParts, eventTimeS } from "./core-parts.ts";
import { refuseComponent } from "./het-targets.ts";
import { resolveRef } from "./job-ref.ts";

export class PortSuspension {
  private readonly parts: CoreParts;

  constructor(parts: CoreParts) {
    this.parts = parts;
  }

  async suspend(ref: JobRef, caller: Caller): Promise<Result<null>> {
    const jobs = this.runningOf(ref, caller);
    if (!jobs.ok) return jobs;
    const { ledger, dispatcher } = this.parts;
    const parted = jobs.value
      .flatMap((leader) => componentsOf(ledger.state, leader))
      .find(({ state, request }) => state === "RUNNING" && request.part !== undefined);
    if (parted !== undefined) {
      const message = `job ${parted.id} has parts of devices, which it would find taken: it cannot be suspended`;
      return refuse("NOT_SUPPORTED", message);
    }
    const atS = eventTimeS(this.parts);
    // One that stands still for another goes on standing still when that one has ended.
    const asked = jobs.value.filter(({ suspension }) => suspension?.byHand !== true);
    const events = asked.flatMap((leader) =>
      componentsOf(ledger.state, leader)
        .filter(({ state, ending }) => state === "RUNNING" && ending === undefined)
        .map(({ id }): Event => {
          return { type: "job.suspending", atS, jobId: id, byUid: caller.uid, byHand: true };
        }),
    );
    await ledger.append(events);
    for (const { id } of asked) {
      const job = ledger.state.jobs.get(id);
      if (job?.state === "RUNNING" && job.ending === undefined) dispatcher.suspender.orderSuspend(job);
    }
    return ok(null);
  }

  async resume(ref: JobRef, caller: Caller): Promise<Result<null>> {
    const jobs = this.runningOf(ref, caller);
    if (!jobs.ok) return jobs;
    const { ledger, scheduler } = this.parts;
    const still = jobs.value.filter(({ suspension }) => suspension !== undefined);
    if (still.length === 0) return refuse("JOB_NOT_SUSPENDED", `job ${ref} is not suspended`);
    const atS = eventTimeS(this.parts);
    const events = still.flatMap((leader) =>
      componentsOf(ledger.state, leader)
        .filter(({ suspension }) => suspension?.byHand === true)
        .map(({ id }): Event => ({ type: "job.resuming", atS, jobId: id })),
    );
    await ledger.append(events);
    // Where there is room it runs when this is answered.
    await scheduler.caughtUp();
    return ok(null);
  }

  /** The jobs that run, leaders for heterogeneous ones; a refusal where none does. */
  private runningOf(ref: JobRef, caller: Caller): Result<readonly Job[]> {
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may suspend and resume jobs");
    const { state } = this.parts.ledger;
    const targets = resolveRef(state, ref);
    if (!targets.ok) return targets;
    const jobs = targets.value.map(({ job }) => job);
    const only = jobs.length === 1 ? jobs[0]! : undefined;
    if (only !== undefined && isFollower(only)) return refuseComponent(only);
    const running = leadersOf(state, jobs).filter(
      (job) => job.state === "RUNNING" && job.ending === undefined,
    );
    if (running.length > 0) return ok(running);
    return jobs.some((job) => !isEnded(job.state) && job.state === "PENDING")
      ? refuse("JOB_NOT_RUNNING", `job ${ref} waits`)
      : refuse("JOB_ENDED", `Job/step already completing or completed: ${ref}`);
  }
}
