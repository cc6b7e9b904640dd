/** Reading and changing of what is not a job: nodes, partitions, the cluster and its figures. */
import { hostname } from "node:os";
import { nodeView } from "../account/node-view.ts";
import { partitionView } from "../account/partition-view.ts";
import type { Caller } from "../api/port.ts";
import type { NodeUpdate } from "../model/node-update.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { ClusterView, NodeView, PartitionView, StatsView } from "../model/views.ts";
import type { Event } from "../state/events.ts";
import { nowS } from "./clock.ts";
import { type CoreParts, eventTimeS } from "./core-parts.ts";
import { inTurns } from "./in-turns.ts";
import { nodeChange } from "./node-update.ts";
import { reservedNow } from "./port-reservation.ts";

/** Nodes that are turned into views before other work gets its turn. */
const VIEWS_A_TURN = 128;

export class PortCluster {
  private readonly parts: CoreParts;

  constructor(parts: CoreParts) {
    this.parts = parts;
  }

  async nodes(): Promise<readonly NodeView[]> {
    const { ledger, fleet } = this.parts;
    await ledger.settled();
    const views: NodeView[] = [];
    const reserved = reservedNow(ledger.state, nowS(this.parts.clock));
    await inTurns(ledger.state.nodeRecords, VIEWS_A_TURN, (record) => {
      const kept = reserved.get(record.index);
      views.push(
        nodeView(ledger.state, record, {
          load: fleet.loadOf(record.index),
          userName,
          ...(kept === undefined ? {} : { reserved: kept }),
        }),
      );
    });
    // A long list is of several moments; what the later ones show must be on disk as well.
    if (views.length > VIEWS_A_TURN) await ledger.settled();
    return views;
  }

  async updateNode(name: string, change: NodeUpdate, caller: Caller): Promise<Result<null>> {
    const { ledger, dispatcher } = this.parts;
    const node = ledger.state.nodeByName.get(name);
    const record = node === undefined ? undefined : ledger.state.nodeRecords[node];
    if (record === undefined) return refuse("UNKNOWN_NODE", `no node ${name}`, { node: name });
    if (!caller.operator) return refuse("ACCESS_DENIED", "only an operator may change nodes");
    const made = nodeChange(record, change, this.parts.config.power);
    if (!made.ok) return made;
    const { fields, isLost } = made.value;
    if (Object.keys(fields).length === 0) return ok(null);
    const event: Event = {
      type: "node.changed",
      atS: eventTimeS(this.parts),
      node: record.index,
      uid: caller.uid,
      ...fields,
    };
    await ledger.append([event]);
    if (isLost) dispatcher.nodeLost(record.index);
    return ok(null);
  }

  async partitions(): Promise<readonly PartitionView[]> {
    const { state } = this.parts.ledger;
    await this.parts.ledger.settled();
    return state.partitions.map((partition) => partitionView(state, partition));
  }

  async cluster(): Promise<ClusterView> {
    const { config, ledger, desk, clock, startedS, stateDir, version } = this.parts;
    return {
      clusterName: ledger.state.clusterName,
      version,
      host: hostname(),
      bootS: startedS,
      nowS: nowS(clock),
      maxArraySize: config.limits.maxArraySize,
      minJobAgeS: config.limits.minJobAgeS,
      backfill: config.scheduler.backfill,
      ...(config.preemption.by === "none" && config.preemption.turnS === undefined
        ? {}
        : { preemption: config.preemption }),
      ...(config.topology === undefined ? {} : { topology: config.topology.kind }),
      policies: desk.views(),
      firstJobId: 1,
      nextJobId: ledger.state.nextJobId,
      stateDir,
    };
  }

  async stats(): Promise<StatsView> {
    const { ledger, tally, fleet, store, startedS, desk } = this.parts;
    return {
      sinceS: startedS,
      jobsSubmitted: tally.submitted,
      jobsStarted: tally.started,
      jobsCompleted: tally.completed,
      jobsCancelled: tally.cancelled,
      jobsFailed: tally.failed,
      jobsPending: ledger.state.pending.count,
      jobsRunning: ledger.state.runningRows.size,
      passes: tally.passes,
      passLastUs: tally.passLastUs,
      passMaxUs: tally.passMaxUs,
      passMeanUs: tally.passMeanUs,
      conflicts: tally.conflicts,
      strikes: desk.strikes,
      journalSeq: ledger.state.lastSeq,
      commits: store.figures().commits,
      agentsConnected: fleet.connectedCount,
    };
  }
}

/** The controller has no directory of users; operators act as root or as its own user. */
const userName = (uid: number): string => (uid === 0 ? "root" : String(uid));
