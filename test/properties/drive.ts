/**
 * Drives a checked cluster through a plan of steps on the simulator's clock: all events of a second, ends first, then one
 * pass; jobs end after what they really run or at their limit, begin times wake a pass. After the last step everything
 * that can run runs to its end. Chance has no part in it.
 */

import { deadlineEvents } from "../../core/controller/deadlines.ts";
import { isEnded, type Job } from "../../core/model/job.ts";
import { shortestLimitS } from "../../core/model/limit-asked.ts";
import type { Event, SubmittedFields } from "../../core/state/events.ts";
import { componentsOf, isFollower, leaderOf } from "../../core/state/het.ts";
import { assert } from "./assert.ts";
import type { CheckedCluster } from "./checked-cluster.ts";
import { configured } from "./history-site.ts";
import type { HistoryPlan, JobPlan, PreemptPlan, Step } from "./plans.ts";
import { dueReservations, namedBy, nextEdgeS, reservationEvents } from "./reservation-steps.ts";
import { allForFew, fieldsOf, specOf } from "./submissions.ts";

const BEGAN_S = 1_000_000;
/** Seconds in which something happens; a bound on histories that never come to rest. */
const MOST_SECONDS = 2_000;

export function drive(cluster: CheckedCluster, plan: HistoryPlan): void {
  new Driver(cluster, plan).run();
}

class Driver {
  readonly #cluster: CheckedCluster;
  readonly #plan: HistoryPlan;
  /** By record as submitted: quarters of its limit that it runs. */
  readonly #quarters = new Map<number, number>();
  readonly #submitted: number[] = [];
  /** undefined where nobody is preempted, as in the modes that know no preemption. */
  readonly #preempt: PreemptPlan | undefined;
  #nowS = BEGAN_S;
  #seconds = 0;

  constructor(cluster: CheckedCluster, plan: HistoryPlan) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#preempt = cluster.mayPreempt && plan.preempt?.by !== "none" ? plan.preempt : undefined;
  }

  run(): void {
    this.#configure();
    for (let i = 0; i < this.#plan.steps.length; ) {
      this.#runUntil(this.#nowS + this.#plan.steps[i]!.waitS);
      // All steps of this second, then one pass.
      do this.#step(this.#plan.steps[i++]!);
      while (this.#plan.steps[i]?.waitS === 0);
      this.#endLate();
      this.#pass();
    }
    this.#recover();
    this.#runUntil(Number.POSITIVE_INFINITY);
    this.#checkRest();
  }

  #configure(): void {
    const { nodes } = this.#plan;
    this.#apply(configured(this.#plan, this.#preempt, this.#nowS));
    // The first node comes once with a device of each kind, so that the tables know all GRES in one order.
    const teacher = { ...nodes[0]!, devices: ["tesla", "volta", "nic"] };
    [teacher, ...nodes].forEach((node, i) => {
      this.#apply({ type: "node.registered", atS: this.#nowS, spec: specOf(node, Math.max(0, i - 1)) });
    });
  }

  /** Goes on to that second, which is done but for its steps. */
  #runUntil(untilS: number): void {
    for (;;) {
      const nextS = this.#nextS();
      if (nextS > untilS || nextS === Number.POSITIVE_INFINITY) break;
      assert(++this.#seconds <= MOST_SECONDS, "the history does not come to rest");
      this.#nowS = nextS;
      this.#passTime();
      if (nextS < untilS) this.#pass();
    }
    if (untilS === Number.POSITIVE_INFINITY || untilS === this.#nowS) return;
    this.#nowS = untilS;
    this.#passTime();
  }

  /** And another one at once after a start that leaves room, as the controller's loop has it. */
  #pass(): void {
    do this.#cluster.pass(this.#nowS);
    while (this.#cluster.leavesRoom);
  }

  /** What is due at this moment: ends of jobs, of deadlines and of reservations. */
  #passTime(): void {
    const { state } = this.#cluster;
    for (const job of this.#running()) if (this.#endOf(job) <= this.#nowS) this.#endAtTime(job);
    this.#endLate();
    for (const event of dueReservations(state, this.#nowS)) this.#apply(event);
  }

  /** As the watch does every second: one that was requeued may be too late at once. */
  #endLate(): void {
    for (const event of deadlineEvents(this.#cluster.state, this.#nowS)) this.#apply(event);
  }

  /** When a job ends or may begin next, or something else is due. */
  #nextS(): number {
    const { state } = this.#cluster;
    let nextS = nextEdgeS(state, this.#nowS);
    for (const job of state.jobs.values()) {
      if (job.state === "RUNNING") nextS = Math.min(nextS, this.#endOf(job));
      else if (job.state === "PENDING") {
        if (job.beginS > this.#nowS) nextS = Math.min(nextS, job.beginS);
        const { deadlineS } = job.spec;
        if (deadlineS === undefined) continue;
        const lateS = deadlineS - shortestLimitS(job) + 1;
        nextS = Math.min(nextS, Math.max(lateS, this.#nowS + 1));
      }
    }
    return nextS;
  }

  /** A component does not outlive its leader, and a job whose end was asked for has its grace time. */
  #endOf(job: Job): number {
    const quarters = this.#quarters.get(job.array?.arrayJobId ?? job.het?.hetJobId ?? job.id) ?? 4;
    const ownS = job.startS + Math.max(1, Math.floor((job.timeLimitS * quarters) / 4));
    const askedS = job.ending === undefined ? ownS : job.ending.atS + (this.#preempt?.graceS ?? 0);
    const leader = leaderOf(this.#cluster.state, job);
    const leaderS = leader === job || leader.state !== "RUNNING" ? ownS : this.#endOf(leader);
    return Math.max(this.#nowS, Math.min(ownS, askedS, leaderS));
  }

  #endAtTime(job: Job): void {
    if (this.#cluster.state.jobs.get(job.id)?.state !== "RUNNING") return;
    if (job.ending === undefined) {
      this.#end(job, "COMPLETED", 0);
      return;
    }
    const { state, held } = job.ending;
    const ended = { atS: this.#nowS, jobId: job.id, endReason: "" };
    if (state === "PENDING") this.#apply({ type: "job.requeued", ...ended, beginS: 0, held });
    else this.#apply({ type: "job.ended", ...ended, state, exitCode: 0, exitSignal: 0 });
  }

  #step(step: Step): void {
    switch (step.kind) {
      case "submit":
        this.#submit(step.job);
        break;
      case "cancel":
        this.#endOne(
          this.#jobs(({ state }) => !isEnded(state)),
          step.pick,
          "CANCELLED",
          0,
        );
        break;
      case "fail":
        this.#endOne(this.#running(), step.pick, "FAILED", 1);
        break;
      case "requeue":
        this.#requeue(step.pick);
        break;
      case "hold":
        this.#update(this.#waiting(false), step.pick, { held: "user" });
        break;
      case "release":
        this.#update(this.#waiting(true), step.pick, { held: "" });
        break;
      case "limit":
        // One that could not end by its deadline any more would not be let.
        this.#update(
          this.#waiting(false).filter(({ spec }) => spec.deadlineS === undefined),
          step.pick,
          { timeLimitS: step.limitS },
        );
        break;
      case "submitHet":
        this.#submitHet(step.jobs);
        break;
      case "partitions": {
        const partitions = this.#plan.hasFew ? step.partitions : step.partitions.map(allForFew);
        const plain = this.#waiting(false).filter(({ het }) => het === undefined);
        this.#update(plain, step.pick, { partitions });
        break;
      }
      case "reserve":
      case "rereserve":
      case "unreserve":
        for (const event of reservationEvents(this.#cluster.state, step, this.#nowS)) this.#apply(event);
        break;
      default: {
        const node = step.pick % this.#plan.nodes.length;
        this.#apply({ type: "node.changed", atS: this.#nowS, node, ...NODE_CHANGES[step.kind] });
      }
    }
  }

  #submit(plan: JobPlan): void {
    const { state } = this.#cluster;
    const jobId = state.nextJobId;
    const { arrayTasks, throttle } = plan;
    this.#quarters.set(jobId, plan.quarters);
    const job = fieldsOf(plan, this.#plan, this.#nowS, this.#dependencyOf(plan));
    this.#submitted.push(jobId);
    const reservation = namedBy(state, job, plan.reservation ?? 0);
    this.#apply({
      type: "job.submitted",
      atS: this.#nowS,
      jobId,
      scriptKey: jobId,
      job: reservation === "" ? job : { ...job, reservation },
      ...(arrayTasks === 0
        ? {}
        : { array: { tasks: Array.from({ length: arrayTasks }, (_, i) => i), throttle } }),
    });
  }

  /** When it may start, and what it waits for, is said of the whole. */
  #submitHet(plans: readonly JobPlan[]): void {
    const jobId = this.#cluster.state.nextJobId;
    const [leader] = plans;
    const { nice, beginInS, deadlineInS = 0, user, requeueAllowed = true } = leader!;
    this.#quarters.set(jobId, leader!.quarters);
    const jobs = plans.map((plan, i) => {
      const slackS =
        deadlineInS === 0 ? 0 : deadlineInS + Math.max(...plans.map(({ limitS }) => limitS)) - plan.limitS;
      const whole = { ...plan, nice, beginInS, deadlineInS: slackS, user, requeueAllowed };
      return fieldsOf(whole, this.#plan, this.#nowS, i === 0 ? this.#dependencyOf(leader!) : {});
    });
    this.#submitted.push(jobId);
    this.#apply({ type: "het.submitted", atS: this.#nowS, jobId, scriptKey: jobId, jobs });
  }

  #dependencyOf({ after, afterKind }: JobPlan): Partial<SubmittedFields> {
    const target = after === 0 ? undefined : this.#submitted.at(-after);
    if (target === undefined) return {};
    return { dependency: { mode: "all", terms: [{ kind: afterKind, jobId: target }] } };
  }

  #update(
    among: readonly Job[],
    pick: number,
    change: Extract<Event, { type: "job.updated" }>["change"],
  ): void {
    const job = pickOf(among, pick);
    if (job !== undefined) this.#apply({ type: "job.updated", atS: this.#nowS, jobId: job.id, change });
  }

  #requeue(pick: number): void {
    const job = pickOf(
      this.#running().filter((one) => one.ending === undefined && !isFollower(one)),
      pick,
    );
    if (job === undefined) return;
    const back = { type: "job.requeued", atS: this.#nowS, beginS: 0, held: "", endReason: "" } as const;
    for (const { id } of componentsOf(this.#cluster.state, job)) this.#apply({ ...back, jobId: id });
  }

  #endOne(among: readonly Job[], pick: number, state: "FAILED" | "CANCELLED", exitCode: number): void {
    const job = pickOf(among, pick);
    if (job !== undefined) this.#end(leaderOf(this.#cluster.state, job), state, exitCode);
  }

  /** A job ends whole, its leader the last; a component that is no leader ends alone. */
  #end(job: Job, state: "COMPLETED" | "FAILED" | "CANCELLED", exitCode: number): void {
    const all = isFollower(job) ? [job] : componentsOf(this.#cluster.state, job);
    const ended = {
      type: "job.ended",
      atS: this.#nowS,
      state,
      exitCode,
      exitSignal: 0,
      endReason: "",
    } as const;
    for (const one of all.filter((each) => !isEnded(each.state)).toReversed())
      this.#apply({ ...ended, jobId: one.id });
  }

  /** All nodes take jobs again, and nobody holds a job. */
  #recover(): void {
    this.#plan.nodes.forEach((_, node) => {
      this.#apply({ type: "node.changed", atS: this.#nowS, node, drain: false, down: false, reason: "" });
    });
    for (const name of this.#cluster.state.reservations.byName.keys())
      this.#apply({ type: "reservation.deleted", atS: this.#nowS, name });
    for (const job of this.#waiting(true))
      this.#apply({ type: "job.updated", atS: this.#nowS, jobId: job.id, change: { held: "" } });
    this.#endLate();
    this.#pass();
  }

  /** Nothing runs any more: what waits can never run, and everything else has ended. */
  #checkRest(): void {
    const { state, witness } = this.#cluster;
    const allowed = ["BadConstraints", "PartitionTimeLimit", "PartitionNodeLimit", "PartitionConfig"];
    const reasons = this.#cluster.waitReasons(this.#nowS);
    const isBlocked =
      this.#cluster.isStrict &&
      [...witness.lives.values()].some(({ het, state: life }) => het !== undefined && life === "waiting");
    let ended = 0;
    let waiting = 0;
    for (const { id, state: life, waiting: tasks, het } of witness.lives.values()) {
      assert(life !== "running", `job ${id} runs though nothing does`);
      if (life === "ended") ended += tasks;
      else waiting += tasks;
      const reason = reasons.get(id) ?? "gone";
      const isLimited = /^(Assoc|QOS)/.test(reason);
      const isFinal =
        isLimited ||
        allowed.includes(reason) ||
        reason === "DependencyNeverSatisfied" ||
        reason === "Dependency" ||
        // Components that fit one by one may not fit beside each other; in strict order nobody passes them.
        ((het !== undefined || isBlocked) && WAITS_FOR_ROOM.includes(reason));
      assert(life === "ended" || isFinal, `job ${id} waits for ever, with the reason ${reason}`);
    }
    assert(ended + waiting === witness.submitted, `${witness.submitted - ended - waiting} tasks are lost`);
    assert(state.running.count === 0 && state.runningJobs.count === 0, "rows of running jobs are left");
  }

  #jobs(isMeant: (job: Job) => boolean): readonly Job[] {
    return [...this.#cluster.state.jobs.values()].filter(isMeant).sort((a, b) => a.id - b.id);
  }

  #running(): readonly Job[] {
    return this.#jobs(({ state }) => state === "RUNNING");
  }

  #waiting(isHeld: boolean): readonly Job[] {
    return this.#jobs(({ state, held }) => state === "PENDING" && (held !== "") === isHeld);
  }

  #apply(event: Event): void {
    this.#cluster.apply(event);
  }
}

const WAITS_FOR_ROOM = ["Resources", "Priority", "Licenses"];

const NODE_CHANGES = {
  drain: { drain: true, reason: "operator: disk" },
  undrain: { drain: false, reason: "" },
  down: { down: true, reason: "operator: fan" },
  up: { down: false, reason: "" },
} as const;

const pickOf = (jobs: readonly Job[], pick: number): Job | undefined => jobs[pick % Math.max(1, jobs.length)];
