/** A site with an account and QOS, its queue planned, committed and run through the stages. */
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import type { AccountSpec, LimitSet } from "../../core/model/account.ts";
import type { PartitionSpec, QosSpec } from "../../core/model/partition.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import { ALL, type Request } from "../../core/model/request.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { Planner } from "../../core/place/planner.ts";
import type { PlanOptions, Promises } from "../../core/place/queue.ts";
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
export const HALF_LIFE_S = 600;
export const MODES: readonly PlanOptions["mode"][] = ["planned", "easy", "none", "conservative"];

export interface Site {
  readonly qos: readonly QosSpec[];
  readonly limits?: LimitSet;
  readonly partition?: Partial<PartitionSpec>;
  readonly cpus?: readonly number[];
}

export const apply = (state: ClusterState, event: Event): void => reduce(state, state.lastSeq + 1, event);

export function site({ qos, limits = {}, partition: more = {}, cpus = [4, 4, 4] }: Site): ClusterState {
  const state = emptyState();
  const users = ["ada", "bob"].map((name) => ({ name, shares: 1, limits: {} }));
  const account: AccountSpec = { name: "lab", parent: "root", shares: 1, limits, users, othersShares: 0 };
  apply(state, {
    type: "cluster.configured",
    atS: NOW_S,
    clusterName: "qos",
    partitions: [partition("debug", { isDefault: true, ...more })],
    qos,
    nodes: [],
    accounts: [account],
    fairShare: { halfLifeS: HALF_LIFE_S, reset: "none" },
  });
  cpus.forEach((count, i) => {
    apply(state, { type: "node.registered", atS: NOW_S, spec: node(`n${i}`, { cpus: count }) });
  });
  return state;
}

export interface Asked {
  readonly qos?: string;
  readonly user?: string;
  readonly cpus?: number;
  readonly nodes?: number;
  readonly whole?: boolean;
  readonly limitS?: number;
}

export function submit(state: ClusterState, asked: Asked = {}): number {
  const { qos = "q", user = "ada", cpus = 1, nodes = 1, whole = false, limitS = 600 } = asked;
  const jobId = state.nextJobId;
  const shape: Partial<Request> = {
    minNodes: nodes,
    maxNodes: nodes,
    tasks: nodes,
    cpusPerTask: whole ? 1 : cpus,
    cpus: whole ? ALL : cpus,
    exclusive: whole,
    memMib: 10,
    memPerMib: 10,
  };
  const base = fields({ account: "lab", qos, request: request(shape), timeLimitS: limitS });
  const job = { ...base, spec: { ...base.spec, user } };
  apply(state, { type: "job.submitted", atS: state.lastAtS, jobId, scriptKey: 1, job });
  return jobId;
}

export function pass(
  state: ClusterState,
  nowS: number,
  mode: PlanOptions["mode"] = "planned",
  promises?: Promises,
) {
  const tables = planTables(state, nowS);
  const ranked = prioritise(tables, fifoPriority(), fifoPriority());
  const options = { mode, gresParent: gresParents(state), promises };
  const plan = planner.plan(tables, ranked, options, { placement, fallback: placement });
  const jobId = tables.pending.columns.jobId.slice(0, tables.pending.count);
  const waits = new Map(
    Array.from(jobId, (id, row) => [
      id,
      { reason: WAIT_REASONS[plan.reason[row]!]!, waitS: Math.max(0, plan.expectedStartS[row]! - nowS) },
    ]),
  );
  const kept = { jobId, startS: plan.expectedStartS.slice(0, jobId.length) };
  const { starts, conflicts } = commitPlan(state, plan);
  for (const event of startEvents(state, starts, nowS).events) apply(state, event);
  for (const { jobId: id } of starts) waits.delete(id);
  return { started: starts.map(({ jobId: id }) => id as number), conflicts, waits, kept };
}

export function end(state: ClusterState, jobId: number, atS: number): void {
  const how = { state: "COMPLETED", exitCode: 0, exitSignal: 0, endReason: "" } as const;
  apply(state, { type: "job.ended", atS, jobId, ...how });
}

export const q = (limits: LimitSet, more: Partial<QosSpec> = {}): QosSpec => ({
  name: "q",
  priority: 0,
  limits,
  ...more,
});
