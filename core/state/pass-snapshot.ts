/**
 * A copy of what a pass reads, made on the main thread between two events: five memcpys and a few small lists. The
 * buffers are used again pass after pass, so a snapshot is valid until the next one is taken into it.
 */

import { limitTables, shareColumns } from "./accounting.ts";
import type { ClusterState } from "./cluster-state.ts";
import { partitionSetLists } from "./config-index.ts";
import { constraintTables } from "./constraint-tables.ts";
import { leafLevels } from "./leaf-levels.ts";
import { licenceTables } from "./licences.ts";
import { drawnRows } from "./magnets.ts";
import { ownerTables } from "./owners.ts";
import { partTables } from "./part-tables.ts";
import { preemptionTables } from "./preemption-tables.ts";
import { qosRules } from "./qos-rules.ts";
import { reservationTables } from "./reservations.ts";
import { sitePoints, taskGroups } from "./row-extras.ts";
import { setRuleTables } from "./set-rules.ts";
import { suspendedTables } from "./suspended-tables.ts";
import type { PassSnapshot, PassTables } from "./tables.ts";

export const snapshotForPass = (state: ClusterState, nowS: number, into?: PassSnapshot): PassSnapshot => ({
  ...planTables(state, nowS),
  nodes: state.nodes.snapshot(into?.nodes),
  pending: state.pending.snapshot(into?.pending),
  running: state.running.snapshot(into?.running),
  runningJobs: state.runningJobs.snapshot(into?.runningJobs),
  shapes: state.shapes.table.snapshot(into?.shapes),
  endOrder: state.endOrder.used().slice(),
  shares: shareColumns(state, "slice"),
  shapeLists: state.shapes.usedLists().slice(),
});

/**
 * The live tables themselves, in the shape that a pass's are: valid until the next event. Without those that are made by
 * looking at jobs one by one, which a commit does not read and is made for every few starts.
 */
export const liveTables = (state: ClusterState, nowS: number): PassTables =>
  new LiveTables(state, nowS, preemptionTables(state, nowS), false);

/** The live tables with all that a plan, or an explanation of one, reads; `seen` says what it sees of the preemption. */
export const planTables = (state: ClusterState, nowS: number, seen = asItIs): PassTables =>
  new LiveTables(state, nowS, seen(preemptionTables(state, nowS)), true);

type Preemption = PassTables["preemption"];

const asItIs = (own: Preemption): Preemption => own;

/** A class: a literal of so many properties, and a copy of one, takes a replay longer than its passes. */
class LiveTables implements PassTables {
  readonly nowS: PassTables["nowS"];
  readonly nodes: PassTables["nodes"];
  readonly pending: PassTables["pending"];
  readonly running: PassTables["running"];
  readonly runningJobs: PassTables["runningJobs"];
  readonly endOrder: PassTables["endOrder"];
  readonly nodesVersion: PassTables["nodesVersion"];
  readonly licences: PassTables["licences"];
  readonly constraints: PassTables["constraints"];
  readonly setRules: PassTables["setRules"];
  readonly limits: PassTables["limits"];
  readonly shares: PassTables["shares"];
  readonly reservations: PassTables["reservations"];
  readonly preemption: PassTables["preemption"];
  readonly qosRules: PassTables["qosRules"];
  readonly taskGroups: PassTables["taskGroups"];
  readonly sitePoints: PassTables["sitePoints"];
  readonly drawn: PassTables["drawn"];
  readonly nodeCosts: PassTables["nodeCosts"];
  readonly bootS: PassTables["bootS"];
  readonly shapes: PassTables["shapes"];
  readonly shapeLists: PassTables["shapeLists"];
  readonly partitions: PassTables["partitions"];
  readonly partitionSets: PassTables["partitionSets"];
  readonly levels: PassTables["levels"];
  readonly hasRails: PassTables["hasRails"];
  readonly suspended: PassTables["suspended"];
  readonly owners: PassTables["owners"];
  readonly parts: PassTables["parts"];

  constructor(state: ClusterState, nowS: number, preemption: Preemption, isForPlan: boolean) {
    this.nowS = nowS;
    this.nodes = state.nodes;
    this.pending = state.pending;
    this.running = state.running;
    this.runningJobs = state.runningJobs;
    this.endOrder = state.endOrder.used();
    this.nodesVersion = state.nodesVersion;
    this.licences = licenceTables(state);
    this.constraints = constraintTables(state);
    this.setRules = setRuleTables(state);
    this.limits = limitTables(state, nowS);
    this.shares = shareColumns(state, "subarray");
    this.reservations = reservationTables(state, nowS);
    this.preemption = preemption;
    this.qosRules = qosRules(state.qos);
    this.taskGroups = taskGroups(state);
    this.sitePoints = sitePoints(state);
    this.drawn = drawnRows(state, nowS);
    this.nodeCosts = state.nodeCosts.now(state.nodes.count);
    this.bootS = state.nodeCosts.asleep === 0 ? undefined : state.power.bootS;
    this.shapes = state.shapes.table;
    this.shapeLists = state.shapes.usedLists();
    this.partitions = state.config.limits;
    this.partitionSets = partitionSetLists(state);
    this.levels = leafLevels(state.leaves, state.topology);
    this.hasRails = state.topology?.kind === "rail";
    this.suspended = isForPlan ? suspendedTables(state, nowS) : undefined;
    this.owners = isForPlan ? ownerTables(state) : undefined;
    this.parts = isForPlan ? partTables(state) : undefined;
  }
}
