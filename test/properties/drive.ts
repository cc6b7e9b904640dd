/**
 * Drives a checked cluster through a plan of steps on the simulator's clock: all events of a second, ends first, then one
 * pass; jobs end after what they really run or at their limit, begin times wake a pass. After the last step everything
 * that can run runs to its end. Chance has no part in it.
 */

import type { AccountSpec, LimitSet } from "../../core/model/account.ts";
import type { NodeIndex } from "../../core/model/ids.ts";
import { isEnded, type Job } from "../../core/model/job.ts";
import type { DeviceSpec } from "../../core/model/node.ts";
import type { Request } from "../../core/model/request.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { Event, SubmittedFields } from "../../core/state/events.ts";
import { device, fields, nodeSpec, partitionSpec, request } from "../state/fixture.ts";
import type { CheckedCluster } from "./checked-cluster.ts";
import { type HistoryPlan, type JobPlan, LICENCES, LIMITS, type NodePlan, type Step } from "./plans.ts";
import { DIMENSIONS } from "./room.ts";
import { assert } from "./witness.ts";

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
  #nowS = BEGAN_S;
  #seconds = 0;

  constructor(cluster: CheckedCluster, plan: HistoryPlan) {
    this.#cluster = cluster;
    this.#plan = plan;
  }

  run(): void {
    this.#configure();
    for (let i = 0; i < this.#plan.steps.length; ) {
      this.#runUntil(this.#nowS + this.#plan.steps[i]!.waitS);
      // All steps of this second, then one pass.
      do this.#step(this.#plan.steps[i++]!);
      while (this.#plan.steps[i]?.waitS === 0);
      this.#cluster.pass(this.#nowS);
    }
    this.#recover();
    this.#runUntil(Number.POSITIVE_INFINITY);
    this.#checkRest();
  }

  #configure(): void {
    const { nodes, hasFew, hasLimits } = this.#plan;
    const few = nodes.slice(0, Math.max(1, nodes.length >> 1)).map((_, i) => nameOf(i));
    const limits = { maxTimeS: UNLIMITED_S };
    this.#apply({
      type: "cluster.configured",
      atS: this.#nowS,
      clusterName: "history",
      partitions: [
        partitionSpec("all", { ...limits, isDefault: true }),
        ...(hasFew ? [partitionSpec("few", { nodes: few.join(","), maxTimeS: 7200, maxNodes: 2 })] : []),
        partitionSpec("top", { ...limits, priorityTier: 2 }),
      ],
      ...(hasLimits ? LIMITED : { qos: [] }),
      nodes: [],
      licences: [{ name: "sim", total: LICENCES }],
    });
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
      for (const job of this.#running()) if (this.#endOf(job) <= nextS) this.#end(job, "COMPLETED", 0);
      if (nextS < untilS) this.#cluster.pass(nextS);
    }
    if (untilS !== Number.POSITIVE_INFINITY) this.#nowS = untilS;
  }

  /** When a job ends or may begin next. */
  #nextS(): number {
    let nextS = Number.POSITIVE_INFINITY;
    for (const job of this.#cluster.state.jobs.values()) {
      if (job.state === "RUNNING") nextS = Math.min(nextS, this.#endOf(job));
      else if (job.state === "PENDING" && job.beginS > this.#nowS) nextS = Math.min(nextS, job.beginS);
    }
    return nextS;
  }

  #endOf(job: Job): number {
    const quarters = this.#quarters.get(job.array?.arrayJobId ?? job.id) ?? 4;
    return Math.max(this.#nowS, job.startS + Math.max(1, Math.floor((job.timeLimitS * quarters) / 4)));
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
        this.#update(this.#waiting(false), step.pick, { timeLimitS: step.limitS });
        break;
      default: {
        const node = step.pick % this.#plan.nodes.length;
        this.#apply({ type: "node.changed", atS: this.#nowS, node, ...NODE_CHANGES[step.kind] });
      }
    }
  }

  #submit(plan: JobPlan): void {
    const jobId = this.#cluster.state.nextJobId;
    const target = plan.after === 0 ? undefined : this.#submitted.at(-plan.after);
    const dependency: SubmittedFields["dependency"] =
      target === undefined ? undefined : { mode: "all", terms: [{ kind: plan.afterKind, jobId: target }] };
    const { arrayTasks, throttle } = plan;
    this.#submitted.push(jobId);
    this.#quarters.set(jobId, plan.quarters);
    this.#apply({
      type: "job.submitted",
      atS: this.#nowS,
      jobId,
      scriptKey: jobId,
      job: fields({
        request: requestOf(plan, this.#plan.nodes.length),
        partitions: this.#plan.hasFew ? plan.partitions : plan.partitions.map(allForFew),
        timeLimitS: plan.limitS,
        nice: plan.nice,
        spec: { ...fields().spec, user: plan.user },
        ...(this.#plan.hasLimits ? { account: plan.account, qos: plan.qos } : {}),
        beginS: plan.beginInS === 0 ? 0 : this.#nowS + plan.beginInS,
        ...(dependency === undefined ? {} : { dependency }),
      }),
      ...(arrayTasks === 0
        ? {}
        : { array: { tasks: Array.from({ length: arrayTasks }, (_, i) => i), throttle } }),
    });
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
    const job = pickOf(this.#running(), pick);
    if (job === undefined) return;
    const { id: jobId } = job;
    this.#apply({ type: "job.requeued", atS: this.#nowS, jobId, beginS: 0, held: "", endReason: "" });
  }

  #endOne(among: readonly Job[], pick: number, state: "FAILED" | "CANCELLED", exitCode: number): void {
    const job = pickOf(among, pick);
    if (job !== undefined) this.#end(job, state, exitCode);
  }

  #end(job: Job, state: "COMPLETED" | "FAILED" | "CANCELLED", exitCode: number): void {
    this.#apply({
      type: "job.ended",
      atS: this.#nowS,
      jobId: job.id,
      state,
      exitCode,
      exitSignal: 0,
      endReason: "",
    });
  }

  /** All nodes take jobs again, and nobody holds a job. */
  #recover(): void {
    this.#plan.nodes.forEach((_, node) => {
      this.#apply({ type: "node.changed", atS: this.#nowS, node, drain: false, down: false, reason: "" });
    });
    for (const job of this.#waiting(true))
      this.#apply({ type: "job.updated", atS: this.#nowS, jobId: job.id, change: { held: "" } });
    this.#cluster.pass(this.#nowS);
  }

  /** Nothing runs any more: what waits can never run, and everything else has ended. */
  #checkRest(): void {
    const { state, witness } = this.#cluster;
    const allowed = ["BadConstraints", "PartitionTimeLimit", "PartitionNodeLimit", "PartitionConfig"];
    const reasons = this.#cluster.waitReasons(this.#nowS);
    let ended = 0;
    let waiting = 0;
    for (const { id, state: life, waiting: tasks } of witness.lives.values()) {
      assert(life !== "running", `job ${id} runs though nothing does`);
      if (life === "ended") ended += tasks;
      else waiting += tasks;
      const reason = reasons.get(id) ?? "gone";
      const isLimited = /^(Assoc|QOS)/.test(reason);
      const isFinal =
        isLimited ||
        allowed.includes(reason) ||
        reason === "DependencyNeverSatisfied" ||
        reason === "Dependency";
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

const account = (name: string, limits: LimitSet): AccountSpec => ({
  name,
  parent: "root",
  shares: 1,
  limits,
  users: [],
  othersShares: 1,
});

const LIMITED = {
  accounts: [
    account("physics", { grpTres: { cpu: LIMITS.physicsCpus }, grpJobs: LIMITS.physicsJobs }),
    account("biology", { maxTresPerJob: { cpu: LIMITS.biologyCpusPerJob } }),
  ],
  fairShare: { halfLifeS: 0, reset: "none" },
  qos: [
    {
      name: "thin",
      priority: 0,
      limits: { maxTresPerUser: { cpu: LIMITS.thinCpusPerUser }, maxJobs: LIMITS.thinJobsPerUser },
    },
  ],
} as const;

const NODE_CHANGES = {
  drain: { drain: true, reason: "operator: disk" },
  undrain: { drain: false, reason: "" },
  down: { down: true, reason: "operator: fan" },
  up: { down: false, reason: "" },
} as const;

const pickOf = (jobs: readonly Job[], pick: number): Job | undefined => jobs[pick % Math.max(1, jobs.length)];
const allForFew = (name: string): string => (name === "few" ? "all" : name);
const nameOf = (i: number): string => `n${i + 1}`;

function specOf({ cpus, memMib, devices, features }: NodePlan, i: number) {
  const list: DeviceSpec[] = devices.map((type, lane) =>
    type === "nic" ? device("nic", "", lane) : device("gpu", type, lane),
  );
  return nodeSpec(nameOf(i), { cpus, coresPerSocket: cpus, memoryMib: memMib, devices: list, features });
}

function requestOf(plan: JobPlan, clusterNodes: number): Request {
  const named = (rows: readonly number[]): readonly number[] => rows.filter((row) => row < clusterNodes);
  const required = named(plan.required);
  const excluded = named(plan.excluded).filter((row) => !required.includes(row));
  const minNodes = Math.max(plan.nodes, required.length, 1);
  const tasks = Math.max(plan.tasks, minNodes);
  const tasksPerNode = plan.uneven ? tasks : Math.ceil(tasks / minNodes);
  return request({
    minNodes,
    maxNodes: plan.uneven ? tasks : minNodes,
    tasks,
    tasksPerNode,
    uneven: plan.uneven,
    cpusPerTask: plan.cpusPerTask,
    cpus: plan.exclusive ? -1 : tasksPerNode * plan.cpusPerTask,
    memMib: plan.memMib,
    memPerMib: Math.max(0, plan.memMib),
    gres: plan.gres.map(({ name, count }) => ({ dimension: DIMENSIONS.indexOf(name), count })),
    exclusive: plan.exclusive,
    features: plan.features,
    requiredNodes: required as unknown as readonly NodeIndex[],
    excludedNodes: excluded as unknown as readonly NodeIndex[],
    ...(plan.licences === 0 ? {} : { licences: [{ name: "sim", count: plan.licences }] }),
  });
}
