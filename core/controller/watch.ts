/**
 * What happens because time passes: a node that is silent stops taking jobs and then counts as down, ended records
 * leave memory, and a quiet moment is used for a snapshot. Called every second; decides on the clock it is given.
 */
import type { Logger } from "pino";
import type { NodeIndex } from "../model/ids.ts";
import { isEnded } from "../model/job.ts";
import type { Event } from "../state/events.ts";
import { isRegistered } from "../state/node-rows.ts";
import { type Clock, nowS } from "./clock.ts";
import type { ClusterConfig } from "./config.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Fleet } from "./fleet.ts";
import type { Ledger } from "./ledger.ts";
import type { ScriptShelf } from "./script-shelf.ts";

export const WATCH_EVERY_MS = 1000;
/** Records that one step purges; the rest is for the next. */
const MAX_PURGE = 2000;

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
  private isSnapshotting = false;

  constructor(options: WatchOptions) {
    this.options = options;
    // From its hello to its welcome a node is registered and not connected yet; that is no silence.
    options.ledger.onApplied((event) => {
      if (event.type !== "node.registered") return;
      const node = options.ledger.state.nodeByName.get(event.spec.name);
      if (node !== undefined) this.seenMs.set(node, options.clock.nowMs());
    });
    this.timer = setInterval(() => this.step(), WATCH_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One look at everything. */
  step(): void {
    this.lookAtNodes();
    this.purge();
    this.snapshotWhenQuiet();
  }

  private lookAtNodes(): void {
    const { ledger, fleet, config, dispatcher, log } = this.options;
    const now = this.options.clock.nowMs();
    for (const record of ledger.state.nodeRecords) {
      if (fleet.isConnected(record.index) || !this.seenMs.has(record.index))
        this.seenMs.set(record.index, now);
      if (!isRegistered(ledger.state, record.index)) continue;
      const atS = Math.max(nowS(this.options.clock), ledger.state.lastAtS);
      if (fleet.isConnected(record.index)) {
        const downByUs = record.down && record.reason.startsWith("rota:");
        if (!record.responding || downByUs) {
          const cured = downByUs ? { down: false, reason: "" } : {};
          ledger.append([{ type: "node.changed", atS, node: record.index, responding: true, ...cured }]);
        }
        continue;
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
  }

  private purge(): void {
    const { ledger, shelf, config } = this.options;
    const now = nowS(this.options.clock);
    const before = now - config.limits.minJobAgeS;
    const gone: number[] = [];
    const keys = new Set<number>();
    for (const job of ledger.state.jobs.values()) {
      if (!isEnded(job.state) || job.endS >= before || gone.length >= MAX_PURGE) continue;
      gone.push(job.id);
      keys.add(job.scriptKey);
    }
    if (gone.length === 0) return;
    const purged = new Set(gone);
    for (const job of ledger.state.jobs.values()) if (!purged.has(job.id)) keys.delete(job.scriptKey);
    ledger.append([{ type: "jobs.purged", atS: Math.max(now, ledger.state.lastAtS), jobIds: gone }]).then(
      () => shelf.remove([...keys]),
      () => undefined,
    );
  }

  private snapshotWhenQuiet(): void {
    const { ledger, log } = this.options;
    if (this.isSnapshotting || !ledger.isSnapshotDue()) return;
    this.isSnapshotting = true;
    ledger
      .snapshot()
      .catch((error: unknown) => log.error({ err: error }, "snapshot failed; the journal is kept whole"))
      .finally(() => {
        this.isSnapshotting = false;
      });
  }
}
