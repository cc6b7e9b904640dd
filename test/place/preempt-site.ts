/** A cluster with preemption, its queue planned, committed and run by the stages themselves, for tests. */
import { commitPlan, commitPreemptions, commitResumes } from "../../core/controller/commit-plan.ts";
import { preemptEvents } from "../../core/controller/preempt-events.ts";
import { resumeEvents } from "../../core/controller/resume-events.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import type { BackfillMode } from "../../core/model/backfill.ts";
import type { JobId } from "../../core/model/ids.ts";
import type { Job } from "../../core/model/job.ts";
import type { NodeSpec } from "../../core/model/node.ts";
import type { PartitionSpec, QosSpec } from "../../core/model/partition.ts";
import type { Plan } from "../../core/model/plan.ts";
import type { PreemptionPolicy } from "../../core/model/policy.ts";
import type { PreemptionSpec } from "../../core/model/preemption.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import type { Request } from "../../core/model/request.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { Planner } from "../../core/place/planner.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { gresParents } from "../../core/state/node-rows.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { NOW_S, node, partition } from "../admit/cluster.ts";
import { fields, request } from "../state/fixture.ts";
import { kernel } from "./planning.ts";

const placement = firstFitPlacement();
const planner = new Planner(kernel);
export const KILL_WAIT_S = 30;

export interface SiteOptions {
  readonly nodes?: number | readonly NodeSpec[];
  readonly partitions?: readonly PartitionSpec[];
  readonly qos?: readonly QosSpec[];
  readonly preemption?: Partial<PreemptionSpec>;
}

/** QOS `high` may take jobs of `low`. */
export const HIGH_AND_LOW: readonly QosSpec[] = [
  { name: "low", priority: 0 },
  { name: "high", priority: 100, preempt: ["low"] },
];

export interface Asked extends Partial<Request> {
  readonly limitS?: number;
  readonly qos?: string;
  readonly partitions?: readonly string[];
  readonly requeueAllowed?: boolean;
  readonly tasksOfArray?: readonly number[];
}

export class PreemptSite {
  readonly state: ClusterState = emptyState();
  nowS = NOW_S;

  constructor(options: SiteOptions = {}) {
    const { nodes = 2, partitions = [partition("debug", { isDefault: true })] } = options;
    const specs =
      typeof nodes === "number" ? Array.from({ length: nodes }, (_, i) => node(`n${i + 1}`)) : nodes;
    this.apply({
      type: "cluster.configured",
      atS: this.nowS,
      clusterName: "oracle",
      partitions,
      qos: options.qos ?? HIGH_AND_LOW,
      nodes: [],
      preemption: { by: "qos", mode: "requeue", exemptTimeS: 0, ...options.preemption },
    });
    for (const spec of specs) this.apply({ type: "node.registered", atS: this.nowS, spec });
  }

  apply(event: Event): void {
    reduce(this.state, this.state.lastSeq + 1, event);
  }

  /** Submits a job on `cpus` of each of its nodes; gives its id. */
  submit({
    limitS = 36_000,
    qos = "low",
    partitions = ["debug"],
    requeueAllowed = true,
    tasksOfArray,
    ...asked
  }: Asked = {}): number {
    const jobId = this.state.nextJobId;
    const { minNodes = 1, cpus = 4 } = asked;
    const shape = asked.uneven
      ? asked
      : { minNodes, maxNodes: minNodes, tasks: minNodes, tasksPerNode: 1, cpusPerTask: cpus, cpus, ...asked };
    const job = fields({ qos, request: request(shape), timeLimitS: limitS, partitions, requeueAllowed });
    const array = tasksOfArray === undefined ? {} : { array: { tasks: tasksOfArray, throttle: 0 } };
    this.apply({ type: "job.submitted", atS: this.nowS, jobId, scriptKey: 1, job, ...array });
    return jobId;
  }

  job(id: number): Job {
    return this.state.jobs.get(id as JobId)!;
  }

  plan(policy?: PreemptionPolicy, mode: BackfillMode = "planned"): Plan {
    const tables = planTables(this.state, this.nowS);
    const ranked = prioritise(tables, fifoPriority(), fifoPriority());
    const options = { mode, gresParent: gresParents(this.state) };
    return planner.plan(tables, ranked, options, { placement, fallback: placement, preemption: policy });
  }

  /** Plans, and applies what the plan lets go on, starts and ends; gives ids. */
  pass(policy?: PreemptionPolicy) {
    const plan = this.plan(policy);
    const { columns, count } = this.state.pending;
    const reasons = new Map(
      Array.from(columns.jobId.subarray(0, count), (id, row) => [
        id,
        {
          reason: WAIT_REASONS[plan.reason[row]!]!,
          behind: plan.behindJob[row]!,
          waitS: plan.expectedStartS[row]! - this.nowS,
        },
      ]),
    );
    const { jobs: resumed, conflicts: late } = commitResumes(this.state, plan);
    for (const event of resumeEvents(resumed, this.nowS).events) this.apply(event);
    const { starts, conflicts } = commitPlan(this.state, plan);
    const begun = startEvents(this.state, starts, this.nowS);
    for (const event of begun.events) this.apply(event);
    const checked = commitPreemptions(this.state, plan);
    const { events, victims } = preemptEvents(this.state, checked.preemptions, this.nowS, KILL_WAIT_S);
    for (const event of events) this.apply(event);
    return {
      plan,
      started: begun.started as readonly number[],
      victims: victims as readonly number[],
      resumed,
      conflicts: late + conflicts + checked.conflicts,
      reasons,
    };
  }

  /** The agents report all jobs that are ending as ended, and those that are to stand still as doing so; gives their ids. */
  settle(beginDelayS = 0): readonly number[] {
    const still = [...this.state.jobs.values()].filter(
      ({ suspension, ending }) =>
        ending === undefined && suspension !== undefined && suspension.sinceS === undefined,
    );
    for (const { id } of still) this.apply({ type: "job.suspended", atS: this.nowS, jobId: id });
    const ending = [...this.state.jobs.values()].filter(({ ending: its }) => its !== undefined);
    for (const job of ending) {
      const { id: jobId } = job;
      const atS = this.nowS;
      const beginS = beginDelayS > 0 ? atS + beginDelayS : 0;
      if (job.ending!.state === "PENDING")
        this.apply({ type: "job.requeued", atS, jobId, beginS, held: "", endReason: "" });
      else
        this.apply({
          type: "job.ended",
          atS,
          jobId,
          state: job.ending!.state,
          exitCode: 0,
          exitSignal: 15,
          endReason: "",
        });
    }
    return [...ending, ...still].map(({ id }) => id);
  }

  end(id: number): void {
    this.apply({
      type: "job.ended",
      atS: this.nowS,
      jobId: id,
      state: "COMPLETED",
      exitCode: 0,
      exitSignal: 0,
      endReason: "",
    });
  }

  nodesOf(id: number): readonly number[] {
    return this.job(id).allocation?.nodes.map((share) => share.node) ?? [];
  }
}
