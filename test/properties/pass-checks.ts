/**
 * What must hold of every pass: no lower job changes what a higher one gets, a reservation is never later than it was
 * promised unless something happened that may move it, and nothing that fits beside the reservations is left waiting.
 */
import type { Plan } from "../../core/model/plan.ts";
import { WAIT_REASONS, waitReasonCode } from "../../core/model/reasons.ts";
import { explainRow } from "../../core/place/explain.ts";
import { tryRow } from "../../core/place/explain-trials.ts";
import type { PlanKernel } from "../../core/place/kernel.ts";
import { Planner } from "../../core/place/planner.ts";
import {
  MAX_PROMISES,
  mostSlots,
  type PromisedTime,
  slotAtOrBefore,
  slotBorders,
  slotsOfLimit,
} from "../../core/place/slots.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import type { RunPolicies } from "../../core/simulate/policies.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { gresParents } from "../../core/state/node-rows.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { assert } from "./assert.ts";
import type { HistorySettings } from "./journal-line.ts";
import type { Life } from "./life.ts";
import { checkPromises, type Planning, type Promised } from "./promise-checks.ts";
import { asksTyped, canStart, plannedLimitOf } from "./room.ts";
import type { Witness } from "./witness.ts";

/** Jobs of one pass whose reason is tried. */
const MOST_EXPLAINED = 2;
const PRIORITY = waitReasonCode("Priority");
const RESOURCES = waitReasonCode("Resources");

/** A job that a pass left waiting though it may run, first in the queue first. */
export interface Waiting {
  readonly jobId: number;
  readonly timeLimitS: number;
  /** Epoch seconds, 0 for none. */
  readonly expectedStartS: number;
  /** It waits for its turn or for resources, not for a limit or a licence. */
  readonly isPlain: boolean;
}

/** Checks a plan before its starts are applied; gives the jobs that it leaves waiting. */
export function checkPass(
  planning: Planning,
  witness: Witness,
  plan: Plan,
  promised: Promised,
): readonly Waiting[] {
  const { state, settings } = planning;
  const waits = waitingOf(state, plan);
  // In the exact mode `easy` the first job has a promise, to the second, until one ahead of it starts or comes.
  const isEasy = settings.mode === "easy" && !isOfSlots(state);
  const [head] = waits;
  const isFirst = head !== undefined && rankOf(state, plan, head.jobId) < firstRank(plan);
  if (settings.mode === "none") promised.keep([]);
  else if (!isEasy) checkPromises(planning, witness, plan, waits, promised);
  else if (isFirst) checkPromises(planning, witness, plan, [head], promised);
  promised.keep(waits);
  return waits;
}

/**
 * The borders that the plan was made with, before its starts; undefined where time is planned to the second. `promised` is
 * what the pass before has promised.
 */
export function bordersOf(
  state: ClusterState,
  { mode, rounded }: HistorySettings,
  plan: Plan,
  promised: Promised,
): Int32Array | undefined {
  if (!rounded && !isOfSlots(state)) return undefined;
  const { jobId, timeLimitS } = state.pending.columns;
  const inOrder = Array.from({ length: plan.pendingCount }, (_, row) => row)
    .filter((row) => plan.rank[row]! >= 0)
    .sort((a, b) => plan.rank[a]! - plan.rank[b]!);
  const first = new Map<number, PromisedTime>();
  for (const row of inOrder) {
    const leftS = (promised.startS.get(jobId[row]!) ?? 0) - plan.nowS;
    const isOne = mode !== "none" && leftS > 0 && !first.has(leftS) && first.size < MAX_PROMISES;
    if (isOne) first.set(leftS, { leftS, limitS: timeLimitS[row]! });
  }
  const tables = planTables(state, plan.nowS);
  return slotBorders(tables, mostSlots(tables), undefined, [...first.values()]);
}

/** Whether every mode plans in slots: while there is a reservation, or a heterogeneous job waits. */
const isOfSlots = (state: ClusterState): boolean =>
  state.reservations.byName.size > 0 ||
  state.pending.columns.hetLeader.subarray(0, state.pending.count).some((leader) => leader !== 0);

/** After the starts: no job waits that would fit now and be gone before the first reservation ahead of it. */
export function checkNothingStands(
  state: ClusterState,
  witness: Witness,
  waits: readonly Waiting[],
  { mode, keepsPromises }: HistorySettings,
  nowS: number,
  borders: Int32Array | undefined,
): void {
  // Without backfilling nothing passes the first; where promises are kept, those of all others may be in the way.
  const isKept = keepsPromises || (mode === "easy" && borders !== undefined);
  let firstReservedS = isKept ? firstOf(waits) : Number.POSITIVE_INFINITY;
  const last = firstOf(waits);
  for (const { jobId, timeLimitS, expectedStartS, isPlain } of mode === "none" ? waits.slice(0, 1) : waits) {
    const life = witness.life(jobId);
    // Jobs that may go beyond their reservation's time have what all others leave.
    const reservedS = isFlexible(witness, life) ? last : firstReservedS;
    if (
      isPlain &&
      isGoneBefore(reservedS - nowS, timeLimitS, borders) &&
      state.pendingRow.has(life.id as never) &&
      !asksTyped(life)
    ) {
      const place = canStart(witness, life, (one) => busyOf(borders, plannedLimitOf(one)));
      assert(place === undefined, `job ${jobId} waits at ${nowS} though it fits now in ${place}`);
    }
    if (expectedStartS > 0) firstReservedS = Math.min(firstReservedS, expectedStartS);
  }
}

const isFlexible = ({ reservations }: Witness, { reservation }: Life): boolean =>
  reservations.specs.get(reservation)?.flags.includes("FLEX") === true;

/** Seconds from now that a plan has a job of this limit hold its nodes. */
function busyOf(borders: Int32Array | undefined, limitS: number): number {
  if (borders === undefined) return limitS;
  return borders[slotsOfLimit(borders, limitS)] ?? Number.POSITIVE_INFINITY;
}

/**
 * Whether a job that starts now is gone in so many seconds. A promise that is kept lies where it lies between two borders
 * and holds all of its slot; what ends in that slot is in its way.
 */
function isGoneBefore(leftS: number, timeLimitS: number, borders: Int32Array | undefined): boolean {
  if (borders === undefined || leftS === Number.POSITIVE_INFINITY) return timeLimitS <= leftS;
  return slotsOfLimit(borders, timeLimitS) <= slotAtOrBefore(borders, leftS);
}

/**
 * Whether it takes whole nodes: a plan counts them against limits as the largest node, the commit as what they are, so
 * a limit may let one more start in the next pass.
 */
export const asksWhole = ({ request }: Life): boolean => request.exclusive || request.cpus < 0;

const firstOf = (waits: readonly Waiting[]): number =>
  Math.min(
    Number.POSITIVE_INFINITY,
    ...waits.map((job) => job.expectedStartS).filter((startS) => startS > 0),
  );

/** The first part of the queue, planned alone, gets what it got with the rest behind it. */
export function checkPrefix(
  state: ClusterState,
  settings: HistorySettings,
  policies: RunPolicies,
  kernel: PlanKernel,
  nowS: number,
  chance: number,
): void {
  // There the order of the queue is not the order in which jobs are planned.
  if (settings.mode === "conservative" || settings.backfillOrder === "shortest") return;
  const tables = planTables(state, nowS);
  const { priority, placement, topology } = policies;
  const gresParent = gresParents(state);
  const ranked = prioritise(tables, priority.chosen, priority.fallback, gresParent);
  if (ranked.order.length < 2) return;
  const order = wholeJobs(tables, ranked.order, 1 + (chance % (ranked.order.length - 1)));
  // From nothing: what was promised before to those behind may well be in the way of a job.
  const options = { mode: settings.mode, backfillOrder: settings.backfillOrder, gresParent };
  const placing = { placement: placement.chosen, topology, fallback: placement.fallback };
  const planOf = (rows: Int32Array): Plan =>
    new Planner(kernel).plan(tables, { ...ranked, order: rows }, options, placing);
  const full = planOf(ranked.order.slice());
  const part = planOf(order);
  const starts = (plan: Plan): Map<number, number> => {
    const counts = new Map<number, number>();
    for (const row of plan.startRow.subarray(0, plan.startCount)) counts.set(row, (counts.get(row) ?? 0) + 1);
    return counts;
  };
  const withRest = starts(full);
  const alone = starts(part);
  const { jobId } = tables.pending.columns;
  for (const row of order) {
    const id = jobId[row]!;
    assert(
      (withRest.get(row) ?? 0) === (alone.get(row) ?? 0),
      `lower jobs change whether job ${id} starts at ${nowS}`,
    );
    assert(
      full.expectedStartS[row] === part.expectedStartS[row],
      `lower jobs move job ${id} from ${part.expectedStartS[row]} to ${full.expectedStartS[row]}`,
    );
  }
}

/**
 * The first so many rows, less those from the first leader on whose job is not whole among them: components are planned
 * where their leader stands.
 */
function wholeJobs({ pending }: Pick<PassTables, "pending">, order: Int32Array, count: number): Int32Array {
  const { hetLeader } = pending.columns;
  const rest = new Set([...order.subarray(count)].map((row) => hetLeader[row]!));
  const first = order
    .subarray(0, count)
    .findIndex((row) => hetLeader[row] !== 0 && rest.has(hetLeader[row]!));
  return first < 0 ? order.slice(0, count) : wholeJobs({ pending }, order, first);
}

/**
 * Of a plan that starts nothing: a job that fits on what is free has a reservation ahead that keeps it, named with its
 * start, and without jobs ahead it would start.
 */
export function checkReasons(
  state: ClusterState,
  { mode, backfillOrder }: HistorySettings,
  { priority, placement, topology }: RunPolicies,
  kernel: PlanKernel,
  nowS: number,
  plan: Plan,
  promised: Promised,
): void {
  if (backfillOrder === "shortest" || mode === "none") return;
  const tables = planTables(state, nowS);
  const gresParent = gresParents(state);
  const names = { node: String, gresParent };
  const waits = waitingOf(state, plan)
    .filter(({ isPlain }) => isPlain)
    .map(({ jobId }) => ({ jobId, row: state.pendingRow.get(jobId as never)! }))
    .filter(({ row }) => explainRow(tables, plan, row, names).onlyPriority === true)
    .slice(0, MOST_EXPLAINED);
  if (waits.length === 0) return;
  const ranked = prioritise(tables, priority.chosen, priority.fallback, gresParent);
  const policies = { placement: placement.chosen, topology, fallback: placement.fallback };
  for (const { jobId } of waits) {
    const request = { jobId, variants: [], timeVariant: -1 };
    const options = { mode, backfillOrder, gresParent, promises: promised.promises };
    const { keptByJob, keptByStartS } = tryRow(
      new Planner(kernel),
      tables,
      ranked,
      options,
      policies,
      request,
    );
    assert(keptByJob > 0, `job ${jobId} fits at ${nowS}, and no job ahead keeps it`);
    assert(
      keptByStartS > nowS,
      `job ${jobId} fits at ${nowS}, and job ${keptByJob} ahead has no reservation`,
    );
  }
}

/** Ranked rows that wait for their turn or for resources. */
export function waitingOf(state: ClusterState, plan: Plan): readonly Waiting[] {
  const { columns } = state.pending;
  const rows: number[] = [];
  for (let row = 0; row < plan.pendingCount; row++) {
    if (plan.rank[row]! < 0) continue;
    const reason = plan.reason[row]!;
    // A component waits for what another of its job waits for.
    assert(
      !isOfRank(reason) || columns.hetLeader[row] !== 0,
      `a ranked job waits for ${WAIT_REASONS[reason]}`,
    );
    const holds = plan.expectedStartS[row]! > plan.nowS;
    if (reason === PRIORITY || reason === RESOURCES || (reason !== 0 && holds)) rows.push(row);
  }
  return rows
    .sort((a, b) => plan.rank[a]! - plan.rank[b]!)
    .map((row) => ({
      jobId: columns.jobId[row]!,
      timeLimitS: columns.timeLimitS[row]!,
      expectedStartS: plan.expectedStartS[row]!,
      isPlain: plan.reason[row] === PRIORITY || plan.reason[row] === RESOURCES,
    }));
}

/** Reasons that prioritising gives, never a plan. */
const isOfRank = (reason: number): boolean =>
  ["Dependency", "BeginTime", "JobHeldUser", "JobHeldAdmin"].includes(WAIT_REASONS[reason] ?? "");

/** Rank of the first job that the plan starts. */
function firstRank(plan: Plan): number {
  let first = Number.POSITIVE_INFINITY;
  for (const row of plan.startRow.subarray(0, plan.startCount)) first = Math.min(first, plan.rank[row]!);
  return first;
}

const rankOf = (state: ClusterState, plan: Plan, jobId: number): number =>
  plan.rank[state.pendingRow.get(jobId as never) ?? -1] ?? -1;
