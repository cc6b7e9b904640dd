/**
 * What would let a waiting job start now, and which job keeps it from that: found by planning it again beside shorter
 * queues and in other forms. That is a job ahead of it, or, where starts that were promised are kept, one behind it. Runs
 * in the pass worker when somebody asks, on tables of its own, as many passes as the bound on decisions lets it. Leaves
 * nothing behind.
 */
import type { Plan } from "../model/plan.ts";
import type { RankedQueue } from "../model/ranked.ts";
import type { PassTables } from "../state/tables.ts";
import type { Planner } from "./planner.ts";
import type { PlanOptions, PlanPolicies } from "./queue.ts";

export interface TrialRequest {
  readonly jobId: number;
  /** Rows of the same queue that are the job in other forms, each to be tried in its place. */
  readonly variants: readonly number[];
  /** A variant whose time limit is to be found: the longest with which it starts; -1 for none. */
  readonly timeVariant: number;
}

export interface TrialAnswer {
  /** The job whose start or reservation keeps it from starting; 0 where it would not start without any of them. */
  readonly keptByJob: number;
  /** When that one starts by the plan; 0 for none. */
  readonly keptByStartS: number;
  /** By variant: whether it would start. */
  readonly starts: readonly boolean[];
  /** The longest limit of those tried with which the time variant starts, seconds; 0 for none. */
  readonly timeLimitS: number;
  readonly isWhole: boolean;
}

/** Jobs that all passes of one explanation plan. */
export const MAX_TRIAL_DECISIONS = 200_000;
/** Below this a time limit is no use to anybody. */
const LEAST_LIMIT_S = 60;
/** Parts of the job's own limit that are tried where no reservation says how long it may be. */
const LIMIT_PARTS = [2, 4, 8] as const;

/** `tables` are written in the cells of the time variant, and are as they were in the end. */
export function tryRow(
  planner: Planner,
  tables: PassTables,
  ranked: RankedQueue,
  options: PlanOptions,
  policies: PlanPolicies,
  request: TrialRequest,
): TrialAnswer {
  return new Trial(planner, tables, ranked, options, policies, request).run();
}

class Trial {
  readonly #planner: Planner;
  readonly #tables: PassTables;
  readonly #ranked: RankedQueue;
  readonly #options: PlanOptions;
  readonly #policies: PlanPolicies;
  readonly #request: TrialRequest;
  readonly #row: number;
  /** Of a component: the rows of its job, with which it stands or falls; of any other job its own. */
  readonly #together: Int32Array;
  /** Rows without the job and its other forms: those ahead of it, then those behind it that a promise may be kept for. */
  readonly #others: Int32Array;
  #aheadCount = 0;
  #decisions = 0;
  #isWhole = true;

  constructor(
    planner: Planner,
    tables: PassTables,
    ranked: RankedQueue,
    options: PlanOptions,
    policies: PlanPolicies,
    request: TrialRequest,
  ) {
    this.#planner = planner;
    this.#tables = tables;
    this.#ranked = ranked;
    this.#options = options;
    this.#policies = policies;
    this.#request = request;
    this.#row = tables.pending.columns.jobId.subarray(0, tables.pending.count).indexOf(request.jobId);
    this.#together = this.#findTogether();
    this.#others = this.#findOthers();
  }

  run(): TrialAnswer {
    const none = { keptByJob: 0, keptByStartS: 0, starts: [], timeLimitS: 0 };
    if (this.#row < 0) return { ...none, isWhole: false };
    const kept = this.#findKeeper();
    const starts = this.#request.variants.map(
      (row) => row >= 0 && this.#startsBeside(this.#others.length, row),
    );
    const timeLimitS = this.#findTimeLimit(kept.keptByStartS);
    return { ...kept, starts, timeLimitS, isWhole: this.#isWhole };
  }

  #findTogether(): Int32Array {
    const { hetLeader } = this.#tables.pending.columns;
    const leader = this.#row < 0 ? 0 : hetLeader[this.#row]!;
    if (leader === 0) return Int32Array.of(this.#row);
    return this.#ranked.order.filter((row) => hetLeader[row] === leader);
  }

  /** Ahead are all ranked before it; of a job that no partition takes as it is, all of its priority or a higher one. */
  #findOthers(): Int32Array {
    const { order, priority } = this.#ranked;
    const forms = new Set([
      this.#row,
      ...this.#together,
      ...this.#request.variants,
      this.#request.timeVariant,
    ]);
    const place = order.indexOf(this.#row);
    const others = order.filter((row) => !forms.has(row));
    if (place >= 0) this.#aheadCount = order.subarray(0, place).filter((row) => !forms.has(row)).length;
    else if (this.#row >= 0)
      this.#aheadCount = others.filter((row) => priority[row]! >= priority[this.#row]!).length;
    // Planned from nothing, those behind a job change nothing of it.
    return this.#options.promises === undefined ? others.slice(0, this.#aheadCount) : others;
  }

  /** The first of the others with which it does not start any more, by halving. */
  #findKeeper(): Pick<TrialAnswer, "keptByJob" | "keptByStartS"> {
    const none = { keptByJob: 0, keptByStartS: 0 };
    if (this.#ranked.order.indexOf(this.#row) < 0 || !this.#startsBeside(0, this.#row)) return none;
    let free = 0;
    let taken = this.#others.length;
    if (this.#startsBeside(taken, this.#row)) return none;
    while (taken - free > 1) {
      const middle = (free + taken) >> 1;
      if (this.#startsBeside(middle, this.#row)) free = middle;
      else taken = middle;
      if (!this.#isWhole) return none;
    }
    const keeper = this.#others[taken - 1]!;
    // Beside all others: one behind both may keep the keeper from starting at once.
    const plan = this.#plan(this.#orderWith(this.#others.length, this.#row));
    if (plan === undefined) return none;
    return {
      keptByJob: this.#tables.pending.columns.jobId[keeper]!,
      keptByStartS: startOf(plan, keeper),
    };
  }

  #findTimeLimit(keptByStartS: number): number {
    const { timeVariant } = this.#request;
    if (timeVariant < 0) return 0;
    const { timeLimitS } = this.#tables.pending.columns;
    const own = timeLimitS[timeVariant]!;
    const gapS = keptByStartS - this.#tables.nowS;
    const tried = [gapS, ...LIMIT_PARTS.map((part) => Math.floor(own / part))];
    const limits = tried.filter((limitS) => limitS >= LEAST_LIMIT_S && limitS < own).sort((a, b) => b - a);
    for (const limitS of limits) {
      timeLimitS[timeVariant] = limitS;
      const isEnough = this.#startsBeside(this.#others.length, timeVariant);
      timeLimitS[timeVariant] = own;
      if (isEnough) return limitS;
    }
    return 0;
  }

  #startsBeside(count: number, row: number): boolean {
    const plan = this.#plan(this.#orderWith(count, row));
    return plan?.startRow.subarray(0, plan.startCount).includes(row) === true;
  }

  /** The first so many of the others with a row in the job's place. */
  #orderWith(count: number, row: number): Int32Array {
    const ahead = Math.min(count, this.#aheadCount);
    const own = row === this.#row ? this.#together : Int32Array.of(row);
    const order = new Int32Array(count + own.length);
    order.set(this.#others.subarray(0, ahead));
    order.set(own, ahead);
    order.set(this.#others.subarray(ahead, count), ahead + own.length);
    return order;
  }

  /** undefined once the bound is reached. */
  #plan(order: Int32Array): Plan | undefined {
    if (this.#decisions + order.length > MAX_TRIAL_DECISIONS) {
      this.#isWhole = false;
      return undefined;
    }
    this.#decisions += order.length;
    return this.#planner.plan(this.#tables, { ...this.#ranked, order }, this.#options, this.#policies);
  }
}

/** When the row, or the first of an array's tasks, starts by the plan; 0 for none. */
function startOf(plan: Plan, row: number): number {
  const isNow = plan.startRow.subarray(0, plan.startCount).includes(row);
  return isNow ? plan.nowS : plan.expectedStartS[row]!;
}
