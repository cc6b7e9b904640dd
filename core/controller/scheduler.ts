/**
 * The loop: whenever something has changed that could start a job, take a snapshot, have it planned in the worker,
 * commit what starts now in slices, append them, and hand the starts on once they are on disk. One pass at a time;
 * changes that come in meanwhile make the next one, which is planned while the starts of the last are still being
 * written and ordered. Never plans by itself and never writes a table.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { BackfillMode } from "../model/backfill.ts";
import type { JobId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { Event } from "../state/events.ts";
import { gresParents } from "../state/node-rows.ts";
import { snapshotForPass } from "../state/pass-snapshot.ts";
import { reservationTables } from "../state/reservations.ts";
import { nextLapseS } from "../state/set-rules.ts";
import type { PassSnapshot } from "../state/tables.ts";
import { type Clock, nowS } from "./clock.ts";
import type { Ledger } from "./ledger.ts";
import type { PassAnswer } from "./pass-messages.ts";
import type { PassOrder } from "./pass-runner.ts";
import type { PlanBoard } from "./plan-board.ts";
import { slicesOf } from "./plan-slices.ts";
import type { PreemptEvents } from "./preempt-events.ts";
import type { ResumeEvents } from "./resume-events.ts";
import { freesOthers, type StartDecision, startEvents } from "./start-events.ts";
import type { Tally } from "./tally.ts";

export interface SchedulerOptions {
  readonly ledger: Ledger;
  readonly board: PlanBoard;
  readonly clock: Clock;
  readonly tally: Tally;
  readonly mode: BackfillMode;
  readonly runPass: (order: PassOrder) => Promise<PassAnswer>;
  /** Somebody who plans the same snapshots beside the passes, and whose buffers are not written meanwhile. */
  readonly shadow?: {
    offer(order: PassOrder): void;
    holds(snapshot: PassSnapshot | undefined): boolean;
  };
  /** Re-checks starts of a plan against the live state; called with a slice of the plan at a time. */
  readonly commit: (plan: Plan) => { readonly starts: readonly StartDecision[]; readonly conflicts: number };
  /** Re-checks which suspended jobs go on, before its starts are committed; absent where there are none. */
  readonly resume?: (plan: Plan, atS: number) => ResumeEvents & { readonly conflicts: number };
  /** Called once it is on disk that these jobs go on. */
  readonly onResumed?: (resumed: readonly JobId[]) => void;
  /** Re-checks the preemptions of a plan whose starts have been applied, and gives the events; absent where there are none. */
  readonly preempt?: (plan: Plan, atS: number) => PreemptEvents & { readonly conflicts: number };
  /** Called once it is on disk that these jobs are to end, or to stand still. */
  readonly onPreempted?: (victims: readonly JobId[]) => void;
  /** Called once the starts are on disk. */
  readonly onStarted: (started: readonly JobId[]) => void;
  readonly onFault: (error: unknown) => void;
}

/** Between the end of one pass and the start of the next, so that a flood of events is planned in few passes. */
const PASS_GAP_MS = 4;
/** The first pass after a quiet time waits for nothing but the events already at hand. */
const QUIET_MS = 20;
/** A pass at least this often while jobs wait, so that expected starts stay true. */
const REFRESH_MS = 30_000;
/** Where jobs take turns, those that wait are looked at as often as this, since turns end without an event. */
const TURNS_MS = 1_000;

const WAKING: ReadonlySet<Event["type"]> = new Set([
  "cluster.configured",
  "node.registered",
  "node.changed",
  "job.submitted",
  "het.submitted",
  "job.updated",
  "job.ended",
  "job.requeued",
  "job.suspended",
  "job.resuming",
  "job.resumed",
  "reservation.created",
  "reservation.changed",
  "reservation.deleted",
  "reservation.rolled",
  "usage.reset",
]);

export class Scheduler {
  private readonly options: SchedulerOptions;
  private isDirty = false;
  /** A cycle is under way or about to begin. */
  private isRunning = false;
  /** The cycle under way has taken its snapshot. */
  private isPlanning = false;
  private isStopped = false;
  private lastEndMs = 0;
  private passes = 0;
  private spare: PassSnapshot | undefined;
  private shown: PassSnapshot | undefined;
  private cancelTimer: (() => void) | undefined;
  private waiters: { readonly afterPass: number; readonly resolve: () => void }[] = [];

  constructor(options: SchedulerOptions) {
    this.options = options;
    options.ledger.onApplied((event) => {
      if (WAKING.has(event.type)) this.wake();
    });
  }

  /** Something changed: plan again soon. */
  wake(): void {
    if (this.isStopped || this.isDirty) return;
    this.isDirty = true;
    if (!this.isRunning) this.begin();
  }

  /** Resolves after a pass that saw everything applied before this call. */
  caughtUp(): Promise<void> {
    if (this.isStopped) return Promise.resolve();
    if (!this.isDirty && !this.isRunning) return Promise.resolve();
    // The pass under way may have taken its snapshot before the change that the caller is after.
    const afterPass = this.passes + (this.isPlanning && this.isDirty ? 2 : 1);
    return new Promise((resolve) => this.waiters.push({ afterPass, resolve }));
  }

  stop(): void {
    this.isStopped = true;
    this.cancelTimer?.();
    for (const { resolve } of this.waiters.splice(0)) resolve();
  }

  private begin(): void {
    this.isRunning = true;
    const sinceMs = this.options.clock.nowMs() - this.lastEndMs;
    const start = (): void => {
      this.cycle().catch((error: unknown) => this.options.onFault(error));
    };
    if (sinceMs >= QUIET_MS) setImmediate(start);
    else this.options.clock.after(PASS_GAP_MS, start);
  }

  private async cycle(): Promise<void> {
    this.cancelTimer?.();
    this.isDirty = false;
    if (this.isStopped) return;
    this.isPlanning = true;
    const { ledger, clock, tally } = this.options;
    try {
      const { shadow, mode } = this.options;
      const spare = shadow?.holds(this.spare) === true ? undefined : this.spare;
      const snapshot = snapshotForPass(ledger.state, nowS(clock), spare);
      const order = { snapshot, mode, gresParent: gresParents(ledger.state), seed: ledger.state.lastSeq };
      const planning = this.options.runPass(order);
      shadow?.offer(order);
      const answer = await planning;
      await this.take(answer, snapshot);
      if (answer.leavesRoom) this.isDirty = true;
      tally.pass(answer.tookUs);
    } finally {
      this.passes++;
      this.isRunning = false;
      this.isPlanning = false;
      this.lastEndMs = clock.nowMs();
      this.waiters = this.waiters.filter(({ afterPass, resolve }) => {
        if (afterPass > this.passes) return true;
        resolve();
        return false;
      });
      if (!this.isStopped) {
        if (this.isDirty) this.begin();
        else this.sleepUntilNextBegin();
      }
    }
  }

  /**
   * Commits the plan's starts slice by slice, other work in between: a slice is in the journal and its orders are on
   * their way while the next ones are being checked. Resolves once all are applied; the next pass need not wait for
   * the disk, and sees them all.
   */
  private async take(answer: PassAnswer, snapshot: PassSnapshot): Promise<void> {
    this.options.board.put(answer.plan, snapshot);
    // The buffers shown until now are free for the next pass; those of this one are the board's.
    this.spare = this.shown;
    this.shown = snapshot;
    this.takeResumes(answer.plan);
    let isFirst = true;
    for (const slice of slicesOf(answer.plan)) {
      if (!isFirst) await nextTurn();
      isFirst = false;
      if (this.isStopped) return;
      this.takeSlice(slice);
    }
    this.takePreemptions(answer.plan);
  }

  private takeResumes(plan: Plan): void {
    const { ledger, tally, clock, resume, onResumed } = this.options;
    if (plan.resumes === undefined || resume === undefined || this.isStopped) return;
    const { events, resumed, conflicts } = resume(plan, Math.max(nowS(clock), ledger.state.lastAtS));
    if (conflicts > 0) {
      tally.conflicts += conflicts;
      this.isDirty = true;
    }
    if (events.length === 0) return;
    ledger.append(events).then(
      () => onResumed?.(resumed),
      () => undefined,
    );
  }

  private takePreemptions(plan: Plan): void {
    const { ledger, tally, clock, preempt, onPreempted } = this.options;
    if (plan.preemptions === undefined || preempt === undefined || this.isStopped) return;
    const { events, victims, conflicts } = preempt(plan, Math.max(nowS(clock), ledger.state.lastAtS));
    if (conflicts > 0) {
      tally.conflicts += conflicts;
      this.isDirty = true;
    }
    if (events.length === 0) return;
    ledger.append(events).then(
      () => onPreempted?.(victims),
      () => undefined,
    );
  }

  private takeSlice(slice: Plan): void {
    const { ledger, tally, clock } = this.options;
    const { starts, conflicts } = this.options.commit(slice);
    if (conflicts > 0) {
      tally.conflicts += conflicts;
      this.isDirty = true;
    }
    if (starts.length === 0) return;
    const { events, started } = startEvents(
      ledger.state,
      starts,
      Math.max(nowS(clock), ledger.state.lastAtS),
    );
    if (freesOthers(ledger.state, events)) this.isDirty = true;
    ledger.append(events).then(
      () => this.options.onStarted(started),
      () => undefined,
    );
  }

  /**
   * Begin times of waiting jobs, limits on their switches that lapse, and those of reservations, wake the loop by
   * themselves; so does time, while jobs wait or are suspended.
   */
  private sleepUntilNextBegin(): void {
    const { ledger, clock } = this.options;
    const { columns, count } = ledger.state.pending;
    if (count === 0 && ledger.state.suspended.size === 0) return;
    const now = clock.nowMs();
    const hasTurns = ledger.state.preemption.turnS !== undefined && count > 0;
    let wakeMs = now + (hasTurns ? TURNS_MS : REFRESH_MS);
    for (let row = 0; row < count; row++) {
      const beginMs = columns.beginS[row]! * 1000;
      if (beginMs > now && beginMs < wakeMs) wakeMs = beginMs;
    }
    wakeMs = Math.min(wakeMs, nextLapseS(ledger.state, nowS(clock)) * 1000);
    for (const { windows } of reservationTables(ledger.state, nowS(clock)) ?? []) {
      const { startS, endS } = windows[0]!;
      for (const edgeMs of [startS * 1000, endS * 1000]) if (edgeMs > now && edgeMs < wakeMs) wakeMs = edgeMs;
    }
    this.cancelTimer = clock.after(Math.max(1, wakeMs - now), () => this.wake());
  }
}
