/** A site made by the real reducer on which jobs of several users are submitted, planned, committed, started and ended. */
import { admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import { admitHet } from "../../core/admit/het.ts";
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import type { BackfillMode } from "../../core/model/backfill.ts";
import type { JobId } from "../../core/model/ids.ts";
import type { Job } from "../../core/model/job.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { PartitionSpec } from "../../core/model/partition.ts";
import type { Plan } from "../../core/model/plan.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import { explainRow } from "../../core/place/explain.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { Planner } from "../../core/place/planner.ts";
import { forgetStarts, keepsPromises, type Promises } from "../../core/place/queue.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { gresParents } from "../../core/state/node-rows.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { CALLER } from "../admit/asking.ts";
import { clusterOf, NOW_S, node, partition, spec } from "../admit/cluster.ts";
import { kernel, rank } from "./planning.ts";

export class OwnedSite {
  readonly state: ClusterState;
  readonly #mode: BackfillMode;
  readonly #planner = new Planner(kernel);
  #promises: Promises | undefined;
  plan: Plan | undefined;
  nowS = NOW_S;
  conflicts = 0;
  /** By row of the last plan: the job. */
  #rowIds: readonly number[] = [];

  /** Nodes n0, n1, ... of 4 CPUs; one partition `a` unless others are given. */
  constructor(mode: BackfillMode, nodes: number, partitions: readonly Partial<PartitionSpec>[] = [{}]) {
    this.#mode = mode;
    this.state = clusterOf(
      Array.from({ length: nodes }, (_, i) => node(`n${i}`)),
      partitions.map((over, i) => partition("abc"[i]!, { isDefault: i === 0, ...over })),
    );
  }

  /** Its id. */
  submit(user: string, over: Partial<JobSpec> = {}): number {
    const asked = spec({ user, timeLimitS: 600, ...over });
    const on = admitClusterOf(this.state, () => 0);
    const jobId = this.state.nextJobId;
    if (asked.het !== undefined) {
      const admitted = admitHet(asked, on, this.nowS, CALLER);
      if (!admitted.ok) throw new Error(admitted.refusal.message);
      const { jobs } = admitted.value;
      this.apply({ type: "het.submitted", atS: this.nowS, jobId, scriptKey: jobId, jobs });
      return jobId;
    }
    const admitted = admit(asked, on, this.nowS, CALLER);
    if (!admitted.ok) throw new Error(admitted.refusal.message);
    const { job, array } = admitted.value;
    const submitted: Event = { type: "job.submitted", atS: this.nowS, jobId, scriptKey: jobId, job };
    this.apply(array === undefined ? submitted : { ...submitted, array });
    return jobId;
  }

  apply(event: Event): void {
    reduce(this.state, this.state.lastSeq + 1, event);
  }

  /** Plans the queue; what starts is committed and applied. Gives the ids that started. */
  pass(): readonly number[] {
    const tables = planTables(this.state, this.nowS);
    this.#rowIds = [...tables.pending.columns.jobId.subarray(0, tables.pending.count)];
    const fallback = firstFitPlacement();
    const made = this.#planner.plan(
      tables,
      rank(tables),
      {
        mode: this.#mode,
        gresParent: gresParents(this.state),
        ...(this.#promises === undefined ? {} : { promises: this.#promises }),
      },
      { placement: fallback, fallback },
    );
    if (keepsPromises(this.#mode)) {
      const count = made.pendingCount;
      const startS = made.expectedStartS.slice(0, count);
      forgetStarts(made, startS);
      this.#promises = { jobId: tables.pending.columns.jobId.slice(0, count), startS };
    }
    // The columns are the planner's.
    this.plan = structuredClone(made);
    const { starts, conflicts } = commitPlan(this.state, made);
    this.conflicts += conflicts;
    const { events, started } = startEvents(this.state, starts, this.nowS);
    for (const event of events) this.apply(event);
    return started;
  }

  end(jobId: number): void {
    const ended = { state: "COMPLETED", exitCode: 0, exitSignal: 0, endReason: "" } as const;
    this.apply({ type: "job.ended", atS: this.nowS, jobId, ...ended });
  }

  /** Time passes, and jobs that have reached their limit end. */
  advance(seconds: number): void {
    this.nowS += seconds;
    for (const job of this.running) if (job.startS + job.timeLimitS <= this.nowS) this.end(job.id);
  }

  get running(): readonly Job[] {
    return [...this.state.jobs.values()].filter(({ state }) => state === "RUNNING");
  }

  job(id: number): Job {
    return this.state.jobs.get(id as JobId)!;
  }

  /** Names of a running job's nodes. */
  nodesOf(id: number): readonly string[] {
    const shares = this.job(id).allocation?.nodes ?? [];
    return shares.map((share) => this.state.nodeRecords[share.node]!.spec.name);
  }

  /** By the last plan: why the job waits and in how many seconds it is expected. */
  waits(id: number): { readonly reason: string; readonly inS: number } {
    const row = this.#rowIds.indexOf(id);
    const { reason, expectedStartS, nowS } = this.plan!;
    return { reason: WAIT_REASONS[reason[row]!]!, inS: expectedStartS[row]! - nowS };
  }

  explain(id: number): ReturnType<typeof explainRow> {
    const row = this.state.pendingRow.get(id as JobId)!;
    return explainRow(planTables(this.state, this.nowS), this.plan!, row, {
      node: (at) => `n${at}`,
      gresParent: gresParents(this.state),
    });
  }
}
