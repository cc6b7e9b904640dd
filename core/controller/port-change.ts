/**
 * What users and operators change of jobs: end, signal, hold, release, requeue, update. Each checks who asks and what
 * state the job is in, appends the events, and resolves once they are on disk.
 */

import { ownerRefusal } from "../admit/access.ts";
import { accountsOf } from "../admit/accounts-of.ts";
import { whyNotReserved } from "../admit/reservation-asked.ts";
import { checkTimes } from "../admit/times-asked.ts";
import type { Caller, JobRef } from "../api/port.ts";
import { parseDependency } from "../model/dependency.ts";
import type { JobId } from "../model/ids.ts";
import { isEnded, type Job } from "../model/job.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { CancelRequest, JobUpdate } from "../model/views.ts";
import type { Event, JobChange } from "../state/events.ts";
import { isFollower } from "../state/het.ts";
import { askUpdate } from "./admission-asking.ts";
import { type CoreParts, eventTimeS } from "./core-parts.ts";
import { partedSet, refuseComponent, withLeaders } from "./het-targets.ts";
import { resolveRef, type Target } from "./job-ref.ts";

const SIGKILL = 9;
const MAX_PRIORITY = 4_294_967_295;

export class PortChange {
  private readonly parts: CoreParts;

  constructor(parts: CoreParts) {
    this.parts = parts;
  }

  async cancel(ref: JobRef, request: CancelRequest, caller: Caller): Promise<Result<null>> {
    const targets = this.targetsOf(ref, caller);
    if (!targets.ok) return targets;
    const alive = targets.value.filter(({ job }) => !isEnded(job.state));
    if (alive.length === 0) return refuse("JOB_ENDED", `Job/step already completing or completed: ${ref}`);
    if (request.signal !== undefined && !(request.signal === SIGKILL && request.batchOnly !== true)) {
      return this.signal(ref, alive, request.signal, request.batchOnly === true);
    }
    const parted = partedSet(this.parts.ledger.state, alive);
    if (parted !== undefined) return parted;
    const atS = eventTimeS(this.parts);
    const events: Event[] = [];
    const running: Job[] = [];
    // Of a heterogeneous job the leader is the last to end.
    const lastFirst = alive.toSorted((a, b) => (b.job.het?.offset ?? 0) - (a.job.het?.offset ?? 0));
    for (const target of lastFirst) {
      if (target.job.state === "RUNNING") {
        if (target.job.ending === undefined) running.push(target.job);
        continue;
      }
      for (const id of this.splitOff(target, atS, events)) {
        events.push({
          type: "job.ended",
          atS,
          jobId: id,
          state: "CANCELLED",
          exitCode: 0,
          exitSignal: 0,
          endReason: "",
        });
      }
    }
    const waiting = this.parts.ledger.append(events);
    await Promise.all([
      waiting,
      ...withLeaders(running).map((job) =>
        isFollower(job)
          ? this.parts.dispatcher.endComponent(job, "CANCELLED", "")
          : this.parts.dispatcher.askEnd(job, "CANCELLED", caller.uid),
      ),
    ]);
    return ok(null);
  }

  async hold(ref: JobRef, caller: Caller): Promise<Result<null>> {
    return this.changeWaiting(ref, caller, (job) =>
      job.held === ""
        ? { held: caller.operator && caller.uid !== job.spec.uid ? "admin" : "user" }
        : undefined,
    );
  }

  async release(ref: JobRef, caller: Caller): Promise<Result<null>> {
    const targets = this.targetsOf(ref, caller);
    if (targets.ok && !caller.operator && targets.value.some(({ job }) => job.held === "admin")) {
      return refuse("ACCESS_DENIED", `job ${ref} is held by an operator`);
    }
    return this.changeWaiting(ref, caller, (job) => (job.held === "" ? undefined : { held: "" }));
  }

  async requeue(ref: JobRef, hold: boolean, caller: Caller): Promise<Result<null>> {
    const targets = this.targetsOf(ref, caller);
    if (!targets.ok) return targets;
    // Tasks that were ended while they waited have never run, so there is nothing to run again.
    const jobs = withLeaders(targets.value.map(({ job }) => job)).filter(
      (job) => job.state !== "PENDING" && job.pendingTasks === undefined,
    );
    const part = jobs.find(isFollower);
    if (part !== undefined) return refuseComponent(part);
    if (jobs.length === 0) return refuse("JOB_NOT_RUNNING", `job ${ref} waits already`);
    const barred = jobs.find((job) => !job.requeueAllowed);
    if (barred !== undefined)
      return refuse("REQUEUE_DISABLED", `job ${barred.id} was submitted with --no-requeue`);
    await Promise.all(
      jobs.map((job) => {
        const held = hold && job.held === "" ? "user" : job.held;
        if (isEnded(job.state)) return this.parts.dispatcher.requeue(job, held, "");
        return job.ending === undefined
          ? this.parts.dispatcher.askEnd(job, "PENDING", caller.uid, held)
          : undefined;
      }),
    );
    return ok(null);
  }

  async update(ref: JobRef, update: JobUpdate, caller: Caller): Promise<Result<null>> {
    if (!this.parts.admission.isServed) return this.updateAsked(ref, update, undefined, caller);
    const targets = this.targetsOf(ref, caller);
    if (!targets.ok) return targets;
    const alive = targets.value.map(({ job }) => job).filter(({ state }) => !isEnded(state));
    const asked = await askUpdate(this.parts, update, alive, caller);
    return asked.ok ? this.updateAsked(ref, update, asked.value, caller) : asked;
  }

  /** `asked` is what the site's policy would have, by record; a task that has split off since has what was asked. */
  private async updateAsked(
    ref: JobRef,
    update: JobUpdate,
    asked: ReadonlyMap<JobId, JobUpdate> | undefined,
    caller: Caller,
  ): Promise<Result<null>> {
    const targets = this.targetsOf(ref, caller);
    if (!targets.ok) return targets;
    const common = asked === undefined ? this.changeOf(update, caller) : undefined;
    if (common?.ok === false) return common;
    const atS = eventTimeS(this.parts);
    const events: Event[] = [];
    const limited: Job[] = [];
    for (const target of targets.value) {
      const { job } = target;
      if (isEnded(job.state)) continue;
      const own = asked?.get(job.id) ?? update;
      const change = common ?? this.changeOf(own, caller);
      if (!change.ok) return change;
      const barred = this.barrierOf(job, own, caller);
      if (barred !== undefined) return barred;
      const { dependency, ...others } = change.value;
      // A dependency is the leader's, which no component starts without.
      if (isFollower(job) && dependency !== undefined) {
        if (targets.value.length === 1) return refuseComponent(job);
        if (Object.keys(others).length > 0)
          events.push({ type: "job.updated", atS, jobId: job.id, change: others });
        continue;
      }
      if (job.state === "RUNNING") {
        events.push({ type: "job.updated", atS, jobId: job.id, change: change.value });
        if (change.value.timeLimitS !== undefined) limited.push(job);
      } else {
        for (const id of this.splitOff(target, atS, events)) {
          events.push({ type: "job.updated", atS, jobId: id, change: change.value });
        }
      }
    }
    if (events.length === 0) return refuse("JOB_ENDED", `Job/step already completing or completed: ${ref}`);
    await this.parts.ledger.append(events);
    for (const { id } of limited) {
      const job = this.parts.ledger.state.jobs.get(id);
      if (job !== undefined) this.parts.dispatcher.orderLimit(job);
    }
    return ok(null);
  }

  private signal(ref: JobRef, alive: readonly Target[], signal: number, batchOnly: boolean): Result<null> {
    const running = alive.filter(({ job }) => job.state === "RUNNING");
    if (running.length === 0)
      return refuse("JOB_NOT_RUNNING", `job ${ref} does not run, so there is nothing to signal`);
    for (const { job } of running) this.parts.dispatcher.orderSignal(job, signal, batchOnly);
    return ok(null);
  }

  private async changeWaiting(
    ref: JobRef,
    caller: Caller,
    changeOf: (job: Job) => JobChange | undefined,
  ): Promise<Result<null>> {
    const targets = this.targetsOf(ref, caller);
    if (!targets.ok) return targets;
    // A running job keeps it for when it is requeued.
    const waiting = targets.value.filter(({ job }) => !isEnded(job.state));
    if (waiting.length === 0) return refuse("JOB_ENDED", `Job/step already completing or completed: ${ref}`);
    const atS = eventTimeS(this.parts);
    const events: Event[] = [];
    for (const target of waiting) {
      const change = changeOf(target.job);
      if (change === undefined) continue;
      for (const id of this.splitOff(target, atS, events))
        events.push({ type: "job.updated", atS, jobId: id, change });
    }
    await this.parts.ledger.append(events);
    return ok(null);
  }

  /** Ids of the records to act on: the record itself, or new ones for some of an array's waiting tasks. */
  private splitOff(target: Target, atS: number, events: Event[]): readonly number[] {
    const { job, tasks } = target;
    const waiting = job.pendingTasks;
    if (tasks === undefined || waiting === undefined || tasks.length === waiting.length) return [job.id];
    let nextJobId = this.parts.ledger.state.nextJobId;
    for (const event of events)
      if (event.type === "task.split") nextJobId = Math.max(nextJobId, event.newJobId + 1);
    return tasks.map((taskId) => {
      const newJobId = nextJobId++;
      events.push({ type: "task.split", atS, jobId: job.id, taskId, newJobId });
      return newJobId;
    });
  }

  /** Names checked and grammars parsed; the same for every job of the reference. */
  private changeOf(update: JobUpdate, caller: Caller): Result<JobChange> {
    const { state } = this.parts.ledger;
    const change: { -readonly [K in keyof JobChange]: JobChange[K] } = {};
    if (update.timeLimitS !== undefined) change.timeLimitS = update.timeLimitS;
    if (update.nice !== undefined) {
      if (update.nice < 0 && !caller.operator)
        return refuse("ACCESS_DENIED", "only an operator may set a nice below 0");
      change.nice = update.nice;
    }
    if (update.siteFactor !== undefined) {
      if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may set a site factor");
      change.siteFactor = update.siteFactor;
    }
    if (update.priority !== undefined) {
      if (update.priority === 0) change.held = caller.operator ? "admin" : "user";
      else if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may set a priority");
      else change.setPriority = Math.min(update.priority, MAX_PRIORITY);
    }
    if (update.partition !== undefined) {
      const names = update.partition.split(",");
      const unknown = names.find((name) => !state.partitions.some(({ spec }) => spec.name === name));
      if (unknown !== undefined)
        return refuse("INVALID_PARTITION", `invalid partition specified: ${unknown}`, { partition: unknown });
      change.partitions = names;
    }
    if (update.qos !== undefined) {
      if (state.qos.length > 0 && !state.qos.some(({ name }) => name === update.qos)) {
        return refuse("INVALID_QOS", `no QOS ${update.qos}`, { qos: update.qos });
      }
      change.qos = update.qos;
    }
    if (update.account !== undefined) change.account = update.account;
    if (update.comment !== undefined) change.comment = update.comment;
    if (update.name !== undefined) change.name = update.name;
    if (update.reservation !== undefined) {
      if (update.reservation !== "" && !state.reservations.byName.has(update.reservation)) {
        const details = { reservation: update.reservation };
        return refuse("RESERVATION_INVALID", `there is no reservation ${update.reservation}`, details);
      }
      change.reservation = update.reservation;
    }
    if (update.beginS !== undefined) change.beginS = update.beginS;
    if (update.arrayThrottle !== undefined) change.throttle = update.arrayThrottle;
    if (update.timeMinS !== undefined) change.timeMinS = update.timeMinS;
    if (update.deadlineS !== undefined) change.deadlineS = update.deadlineS;
    if (update.dependency !== undefined) {
      if (update.dependency === "") change.dependency = null;
      else {
        const parsed = parseDependency(update.dependency);
        if (!parsed.ok) return refuse("INVALID_DEPENDENCY", parsed.message);
        const unknown = parsed.value.terms.find(({ jobId }) => jobId >= state.nextJobId);
        if (unknown !== undefined)
          return refuse("INVALID_DEPENDENCY", `no job ${unknown.jobId}`, { jobId: unknown.jobId });
        change.dependency = parsed.value;
      }
    }
    if (Object.keys(change).length === 0)
      return refuse("INVALID_UPDATE", "the update names nothing to change");
    return ok(change);
  }

  private barrierOf(job: Job, update: JobUpdate, caller: Caller): ReturnType<typeof refuse> | undefined {
    if (update.timeLimitS !== undefined && update.timeLimitS > job.timeLimitS && !caller.operator) {
      return refuse("ACCESS_DENIED", "only an operator may raise a time limit");
    }
    if (update.account !== undefined || update.qos !== undefined) {
      const account = update.account ?? job.account;
      const refusal = ownerRefusal(
        accountsOf(this.parts.ledger.state),
        account,
        job.spec.user,
        update.qos ?? job.qos,
      );
      if (refusal !== undefined) return { ok: false, refusal };
    }
    const { timeLimitS: _, comment: _c, name: _n, arrayThrottle: _a, ...rest } = update;
    const reservation = this.parts.ledger.state.reservations.byName.get(update.reservation ?? "");
    if (update.reservation !== undefined && job.het !== undefined)
      return refuse("NOT_SUPPORTED", "a heterogeneous job stays in the reservation that it was submitted to");
    if (reservation !== undefined) {
      const owner = { user: job.spec.user, group: job.spec.group, account: update.account ?? job.account };
      const refused = whyNotReserved(reservation.spec, owner, job.request);
      if (refused !== undefined) return { ok: false, refusal: refused };
    }
    if (job.state === "RUNNING" && Object.keys(rest).length > 0) {
      return refuse(
        "JOB_NOT_PENDING",
        `job ${job.id} runs: only its time limit, name, comment and array throttle can change`,
      );
    }
    if (update.timeMinS === undefined && update.deadlineS === undefined) return undefined;
    const { timeMinS: _t, ...spec } = job.spec;
    const timeMinS = update.timeMinS ?? job.spec.timeMinS ?? 0;
    const refusal = checkTimes(
      {
        ...spec,
        ...(timeMinS === 0 ? {} : { timeMinS }),
        ...(update.deadlineS === undefined ? {} : { deadlineS: update.deadlineS }),
      },
      update.timeLimitS ?? job.timeLimitS,
      update.beginS ?? job.beginS,
      eventTimeS(this.parts),
    );
    return refusal === undefined ? undefined : { ok: false, refusal };
  }

  private targetsOf(ref: JobRef, caller: Caller): Result<readonly Target[]> {
    const targets = resolveRef(this.parts.ledger.state, ref);
    if (!targets.ok) return targets;
    const foreign = targets.value.find(({ job }) => !caller.operator && job.spec.uid !== caller.uid);
    if (foreign !== undefined)
      return refuse(
        "ACCESS_DENIED",
        `Access/permission denied: job ${foreign.job.id} is ${foreign.job.spec.user}'s`,
      );
    return targets;
  }
}
