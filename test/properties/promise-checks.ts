/**
 * That what was promised is kept: no job is expected later than the pass before said, because of a job behind it. Where
 * one is, the queue is planned again without those behind it, and with it alone: what then still puts it off is a job ahead
 * of it, or else one that was let start in its way.
 */
import type { Plan } from "../../core/model/plan.ts";
import type { PlanKernel } from "../../core/place/kernel.ts";
import { Planner } from "../../core/place/planner.ts";
import type { Promises } from "../../core/place/queue.ts";
import { Prioritiser } from "../../core/prioritise/prioritiser.ts";
import type { RunPolicies } from "../../core/simulate/policies.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { gresParents } from "../../core/state/node-rows.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { assert } from "./assert.ts";
import type { HistorySettings } from "./journal-line.ts";
import type { Waiting } from "./pass-checks.ts";
import { asksTyped } from "./room.ts";
import type { Witness } from "./witness.ts";

/** What a pass is planned with. */
export interface Planning {
  readonly state: ClusterState;
  readonly settings: HistorySettings;
  readonly policies: RunPolicies;
  readonly kernel: PlanKernel;
}

const DISTURBING: ReadonlySet<Event["type"]> = new Set([
  "node.changed",
  "node.registered",
  "job.updated",
  "reservation.created",
  "reservation.changed",
  "reservation.deleted",
  // Its times are known for the next ones only, so there is one more.
  "reservation.rolled",
]);

/** Starts that the last pass expected, and whether something has happened since that may delay them. */
export class Promised {
  startS: ReadonlyMap<number, number> = new Map();
  isDisturbed = false;

  note(event: Event): void {
    if (DISTURBING.has(event.type)) this.isDisturbed = true;
  }

  /** Whether the plan starts a job before what it was promised. */
  isEarly({ nowS, startJob, startCount }: Plan): boolean {
    return startJob.subarray(0, startCount).some((jobId) => (this.startS.get(jobId) ?? 0) > nowS);
  }

  keep(waits: readonly Waiting[]): void {
    this.startS = new Map(
      waits
        .filter(({ expectedStartS }) => expectedStartS > 0)
        .map((job) => [job.jobId, job.expectedStartS] as const),
    );
    this.isDisturbed = false;
  }

  get promises(): Promises {
    return {
      jobId: Int32Array.from(this.startS.keys()),
      startS: Uint32Array.from(this.startS.values()),
    };
  }
}

/** Of the jobs that a plan leaves waiting. */
export function checkPromises(
  planning: Planning,
  witness: Witness,
  plan: Plan,
  waits: readonly Waiting[],
  promised: Promised,
): void {
  if (promised.isDisturbed) return;
  // Of an array of which a task starts it is the next one that waits.
  const started = new Set(plan.startJob.subarray(0, plan.startCount));
  for (const { jobId, expectedStartS } of waits) {
    const before = promised.startS.get(jobId);
    if (before === undefined || started.has(jobId) || asksTyped(witness.life(jobId))) continue;
    if (expectedStartS > 0 && expectedStartS <= before) continue;
    const { order, columns } = queueOf(planning, plan);
    const place = order.findIndex((row) => columns.jobId[row] === jobId);
    const leader = columns.hetLeader[order[place]!]!;
    const isOfJob = (row: number): boolean =>
      leader === 0 ? columns.jobId[row] === jobId : columns.hetLeader[row] === leader;
    const last = order.findLastIndex(isOfJob);
    const alone = startIn(planning, plan, order.filter(isOfJob), jobId, promised);
    const ahead = startIn(planning, plan, order.slice(0, last + 1), jobId, promised);
    const isForOthersAhead = alone <= before && ahead > before;
    const late = `job ${jobId} was promised ${before} and is now, at ${plan.nowS}, expected at ${expectedStartS}`;
    assert(isForOthersAhead, `${late}; alone at ${alone}, without those behind it at ${ahead}`);
  }
}

function queueOf({ state }: Planning, plan: Plan) {
  const rows = Array.from({ length: plan.pendingCount }, (_, row) => row);
  const ranked = rows.filter((row) => plan.rank[row]! >= 0);
  return {
    columns: state.pending.columns,
    order: Int32Array.from(ranked.sort((a, b) => plan.rank[a]! - plan.rank[b]! || a - b)),
  };
}

/** When the job is expected in a plan of some rows of the queue; never where it has no place. */
function startIn(
  { state, settings, policies, kernel }: Planning,
  { nowS }: Plan,
  order: Int32Array,
  jobId: number,
  promised: Promised,
): number {
  const tables = planTables(state, nowS, settings.mode === "planned" ? undefined : () => undefined);
  const { priority, placement, topology, preemption } = policies;
  const gresParent = gresParents(state);
  const ranked = new Prioritiser(priority.chosen, priority.fallback).rank(tables, gresParent);
  const { mode, backfillOrder } = settings;
  const options = { mode, backfillOrder, gresParent, promises: promised.promises };
  const placing = { placement: placement.chosen, topology, preemption, fallback: placement.fallback };
  const made = new Planner(kernel).plan(tables, { ...ranked, order }, options, placing);
  if (made.startJob.subarray(0, made.startCount).includes(jobId)) return nowS;
  const startS = made.expectedStartS[state.pendingRow.get(jobId as never)!]!;
  return startS === 0 ? Number.POSITIVE_INFINITY : startS;
}
