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
import { MAX_SLOTS, slotAtOrBefore, slotBorders, slotsOfLimit } from "../../core/place/slots.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import type { RunPolicies } from "../../core/simulate/policies.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import type { Event } from "../../core/state/events.ts";
import { gresParents } from "../../core/state/node-rows.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { assert } from "./assert.ts";
import type { HistorySettings } from "./journal-line.ts";
import type { Life } from "./life.ts";
import { canStart, DIMENSIONS, plannedLimitOf } from "./room.ts";
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

const DISTURBING: ReadonlySet<Event["type"]> = new Set([
  "node.changed",
  "node.registered",
  "job.updated",
  "reservation.created",
  "reservation.changed",
  "reservation.deleted",
]);

/** Starts that the last pass expected, and whether something has happened since that may delay them. */
export class Promised {
  startS = new Map<number, number>();
  isDisturbed = false;

  note(event: Event): void {
    if (DISTURBING.has(event.type)) this.isDisturbed = true;
  }
}

/** Checks a plan before its starts are applied; gives the jobs that it leaves waiting. */
export function checkPass(
  state: ClusterState,
  witness: Witness,
  plan: Plan,
  settings: HistorySettings,
  promised: Promised,
): readonly Waiting[] {
  const waits = waitingOf(state, plan);
  const firstStart = firstRank(plan);
  const head = waits[0];
  if (settings.mode === "planned" && settings.keepsPromises && !settings.rounded) {
    const newRank = firstNewRank(state, plan, promised);
    for (const { jobId, expectedStartS } of waits)
      if (rankOf(state, plan, jobId) < newRank) check(jobId, expectedStartS);
  } else if (settings.mode === "conservative" && settings.rounded) {
    // Of a chain of promises every one is rounded anew, which adds up: kept to the second are those by counts alone.
  } else if (settings.mode === "conservative") {
    // Of an array of which a task starts it is the next one that waits.
    const started = new Set(plan.startJob.subarray(0, plan.startCount));
    for (const { jobId, expectedStartS } of waits) if (!started.has(jobId)) check(jobId, expectedStartS);
  } else if (settings.mode !== "none" && head !== undefined && rankOf(state, plan, head.jobId) < firstStart) {
    check(head.jobId, head.expectedStartS);
  }
  promised.startS = new Map(
    waits.filter(({ expectedStartS }) => expectedStartS > 0).map((job) => [job.jobId, job.expectedStartS]),
  );
  promised.isDisturbed = false;
  return waits;

  function check(jobId: number, expectedStartS: number): void {
    const before = promised.startS.get(jobId);
    if (before === undefined || promised.isDisturbed || asksTyped(witness.life(jobId))) return;
    const latestS = settings.rounded || isOfSlots(state) ? roundedUp(state, plan.nowS, before) : before;
    const isKept = expectedStartS > 0 && expectedStartS <= latestS;
    const late = `job ${jobId} was promised ${before} and is now, at ${plan.nowS}, expected at ${expectedStartS}`;
    assert(isKept, late);
  }
}

/** The borders that a pass plans with, before its starts; undefined where what is promised is kept to the second. */
export function bordersOf(
  state: ClusterState,
  { mode, keepsPromises }: HistorySettings,
  nowS: number,
): Int32Array | undefined {
  const isPlanned = mode === "planned" && keepsPromises;
  return isPlanned || isOfSlots(state) ? slotBorders(planTables(state, nowS), MAX_SLOTS) : undefined;
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
  let firstReservedS = keepsPromises ? firstOf(waits) : Number.POSITIVE_INFINITY;
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
 * Whether it asks devices of a type. What an untyped demand takes may be of any type until it is committed, so such a job
 * may have to wait for the next pass.
 */
export const asksTyped = ({ request }: Life): boolean =>
  request.gres.some(({ dimension }) => DIMENSIONS[dimension]!.includes(":"));

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
function wholeJobs({ pending }: PassTables, order: Int32Array, count: number): Int32Array {
  const { hetLeader } = pending.columns;
  const rest = new Set(order.subarray(count));
  const parted = new Set([...rest].map((row) => hetLeader[row]!).filter((leader) => leader !== 0));
  const first = order.subarray(0, count).findIndex((row) => parted.has(hetLeader[row]!));
  return order.slice(0, first < 0 ? count : first);
}

/**
 * Of a plan that starts nothing: a job that fits on what is free has a reservation ahead that keeps it, named with its
 * start, and without jobs ahead it would start.
 */
export function checkReasons(
  state: ClusterState,
  { mode, backfillOrder, keepsPromises }: HistorySettings,
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
    const promises = keepsPromises
      ? {
          jobId: Int32Array.from(promised.startS.keys()),
          startS: Uint32Array.from(promised.startS.values()),
        }
      : undefined;
    const options = { mode, backfillOrder, gresParent, promises };
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
function waitingOf(state: ClusterState, plan: Plan): readonly Waiting[] {
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

/** Rank of the first job that may move those behind it: it, or one of its tasks, was not promised anything yet. */
function firstNewRank(state: ClusterState, plan: Plan, promised: Promised): number {
  const { jobId, tasksWaiting } = state.pending.columns;
  let first = Number.POSITIVE_INFINITY;
  for (let row = 0; row < plan.pendingCount; row++) {
    const isKept = promised.startS.has(jobId[row]!) && tasksWaiting[row]! <= 1;
    if (plan.rank[row]! >= 0 && !isKept) first = Math.min(first, plan.rank[row]!);
  }
  return first;
}

const rankOf = (state: ClusterState, plan: Plan, jobId: number): number =>
  plan.rank[state.pendingRow.get(jobId as never) ?? -1] ?? -1;

/** A plan in slots counts from the next border on. */
function roundedUp(state: ClusterState, nowS: number, startS: number): number {
  const borders = slotBorders(planTables(state, nowS), MAX_SLOTS);
  for (const border of borders) if (nowS + border >= startS) return nowS + border;
  return Number.POSITIVE_INFINITY;
}
