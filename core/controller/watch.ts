/**
 * What happens because time passes: a node that is silent stops taking jobs and then counts as down, ended records
 * leave memory, jobs that can no longer keep their deadline end, turns on CPUs change, and a snapshot is made when one is due. Called every
 * second; decides on the clock it is given.
 */
import type { Logger } from "pino";
import type { JobId, NodeIndex } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { NodeRecord } from "../model/node.ts";
import { isSilent } from "../model/node-power.ts";
import type { Event } from "../state/events.ts";
import { leaderOf } from "../state/het.ts";
import { isRegistered } from "../state/node-rows.ts";
import { type Clock, nowS } from "./clock.ts";
import type { ClusterConfig } from "./config.ts";
import { deadlineEvents } from "./deadlines.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { EndedJobs } from "./ended-jobs.ts";
import type { Fleet } from "./fleet.ts";
import { inTurns } from "./in-turns.ts";
import type { Ledger } from "./ledger.ts";
import { ReservationClock } from "./reservation-clock.ts";
import type { ScriptShelf } from "./script-shelf.ts";
import { makeSnapshot } from "./snapshot-maker.ts";
import { turnEvents } from "./turns.ts";
import { periodBeginS } from "./usage-period.ts";

export const WATCH_EVERY_MS = 1000;
/** Records that one step purges; the rest is for the next. */
const MAX_PURGE = 2000;
/** Nodes that are looked at before other work gets its turn. */
const NODES_A_TURN = 1024;
/** Running jobs over their limit that one step looks at. */
const MAX_OVERDUE = 1024;

export interface WatchOptions {
  readonly ledger: Ledger;
  readonly fleet: Fleet;
  readonly dispatcher: Dispatcher;
  readonly shelf: ScriptShelf;
  readonly clock: Clock;
  readonly config: ClusterConfig;
  readonly log: Logger;
}

export class Watch {
  private readonly options: WatchOptions;
  /** When each node was last known to be connected; a restart of the controller counts as a sign of life. */
  private readonly seenMs = new Map<NodeIndex, number>();
  private readonly timer: NodeJS.Timeout;
  private readonly stopped = new AbortController();
  private readonly ended: EndedJobs;
  private readonly reservations: ReservationClock;
  private looking: Promise<void> | undefined;
  private snapshotting: Promise<void> | undefined;

  constructor(options: WatchOptions) {
    this.options = options;
    this.ended = new EndedJobs(options.ledger);
    this.reservations = new ReservationClock(options.ledger, options.clock);
    // From its hello to its welcome a node is registered and not connected yet; that is no silence.
    options.ledger.onApplied((event) => {
      if (event.type !== "node.registered") return;
      const node = options.ledger.state.nodeByName.get(event.spec.name);
      if (node !== undefined) this.seenMs.set(node, options.clock.nowMs());
    });
    this.timer = setInterval(() => this.step(), WATCH_EVERY_MS);
  }

  /** Resolves once no snapshot is under way any more; one that was being made is given up. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopped.abort();
    await this.snapshotting;
  }

  /** One look at everything. */
  step(): void {
    this.looking ??= inTurns(this.options.ledger.state.nodeRecords, NODES_A_TURN, (record) =>
      this.lookAtNode(record),
    ).finally(() => {
      this.looking = undefined;
    });
    this.reservations.step();
    this.endPastDeadline();
    this.changeTurns();
    this.endOverdueComponents();
    this.purge();
    this.resetUsage();
    this.snapshotWhenDue();
  }

  private lookAtNode(record: NodeRecord): void {
    const { ledger, fleet, config, dispatcher, log, clock } = this.options;
    if (this.stopped.signal.aborted) return;
    const now = clock.nowMs();
    const isConnected = fleet.isConnected(record.index);
    if (isConnected || !this.seenMs.has(record.index)) this.seenMs.set(record.index, now);
    if (!isRegistered(ledger.state, record.index)) return;
    if (isSilent(record.power)) {
      // Its silence is no news; it is given its whole time again once it is back.
      this.seenMs.set(record.index, now);
      return;
    }
    const atS = Math.max(nowS(clock), ledger.state.lastAtS);
    if (isConnected) {
      const downByUs = record.down && record.reason.startsWith("rota:");
      if (!record.responding || downByUs) {
        const cured = downByUs ? { down: false, reason: "" } : {};
        ledger.append([{ type: "node.changed", atS, node: record.index, responding: true, ...cured }]);
      }
      return;
    }
    const silentMs = now - this.seenMs.get(record.index)!;
    if (record.responding && silentMs >= config.timing.nodeGraceMs) {
      log.warn({ node: record.spec.name, silentMs }, "node does not answer; no new jobs for it");
      ledger.append([{ type: "node.changed", atS, node: record.index, responding: false }]);
    }
    if (!record.down && silentMs >= config.timing.nodeTimeoutMs) {
      log.error({ node: record.spec.name, silentMs }, "node is down");
      const down: Event = {
        type: "node.changed",
        atS,
        node: record.index,
        down: true,
        reason: "rota: not responding",
        uid: 0,
      };
      ledger.append([down]).then(
        () => dispatcher.nodeLost(record.index),
        () => undefined,
      );
    }
  }

  /** A component whose own limit is shorter than its leader's: no agent knows of it, so nobody else ends it. */
  private endOverdueComponents(): void {
    const { ledger, dispatcher, clock } = this.options;
    const { endOrder, runningJobs, jobs } = ledger.state;
    const { columns } = runningJobs;
    const now = nowS(clock);
    const overdue: Job[] = [];
    for (const row of endOrder.used().subarray(0, MAX_OVERDUE)) {
      if (columns.endS[row]! >= now) break;
      const job = jobs.get(columns.jobId[row]! as JobId);
      if (job?.het === undefined || job.ending !== undefined) continue;
      if (job.timeLimitS < leaderOf(ledger.state, job).timeLimitS) overdue.push(job);
    }
    for (const job of overdue) dispatcher.endComponent(job, "TIMEOUT", "TimeLimit").catch(() => undefined);
  }

  private endPastDeadline(): void {
    const { ledger, clock } = this.options;
    if (ledger.state.deadlines.size === 0) return;
    const events = deadlineEvents(ledger.state, Math.max(nowS(clock), ledger.state.lastAtS));
    if (events.length > 0) ledger.append(events).catch(() => undefined);
  }

  private changeTurns(): void {
    const { ledger, dispatcher, clock } = this.options;
    if (ledger.state.preemption.turnS === undefined || ledger.state.suspended.size === 0) return;
    const { events, victims } = turnEvents(ledger.state, Math.max(nowS(clock), ledger.state.lastAtS));
    if (events.length === 0) return;
    ledger.append(events).then(
      () => dispatcher.preempted(victims),
      () => undefined,
    );
  }

  private purge(): void {
    const { ledger, shelf, config, clock } = this.options;
    const now = nowS(clock);
    const gone = this.ended.takeBefore(now - config.limits.minJobAgeS, MAX_PURGE);
    if (gone.length === 0) return;
    const keys = this.ended.scriptsOf(gone);
    ledger.append([{ type: "jobs.purged", atS: Math.max(now, ledger.state.lastAtS), jobIds: gone }]).then(
      () => shelf.remove(keys),
      () => undefined,
    );
  }

  /** A new accounting period forgets what was used before; the event is in the journal, so a replay needs no clock. */
  private resetUsage(): void {
    const { ledger, clock } = this.options;
    const { fairShare, resetS } = ledger.state.accounting;
    const now = nowS(clock);
    if (resetS === 0 || resetS >= periodBeginS(fairShare.reset, now)) return;
    ledger.append([{ type: "usage.reset", atS: Math.max(now, ledger.state.lastAtS) }]).catch(() => undefined);
  }

  private snapshotWhenDue(): void {
    const { ledger, log } = this.options;
    const { signal } = this.stopped;
    if (this.snapshotting !== undefined || signal.aborted || !ledger.isSnapshotDue()) return;
    this.snapshotting = ledger
      .keepSnapshot((store) => makeSnapshot(store, signal))
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error }, "snapshot failed; the journal is kept whole");
      })
      .finally(() => {
        this.snapshotting = undefined;
      });
  }
}
