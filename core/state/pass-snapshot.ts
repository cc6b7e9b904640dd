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
import { type OwnerTables, ownerTables } from "./owners.ts";
import { preemptionTables } from "./preemption-tables.ts";
import { qosRules } from "./qos-rules.ts";
import { reservationTables } from "./reservations.ts";
import { sitePoints, taskGroups } from "./row-extras.ts";
import { setRuleTables } from "./set-rules.ts";
import { suspendedTables } from "./suspended-tables.ts";
import type { PassSnapshot, PassTables } from "./tables.ts";

export function snapshotForPass(state: ClusterState, nowS: number, into?: PassSnapshot): PassSnapshot {
  return {
    nowS,
    nodes: state.nodes.snapshot(into?.nodes),
    pending: state.pending.snapshot(into?.pending),
    running: state.running.snapshot(into?.running),
    runningJobs: state.runningJobs.snapshot(into?.runningJobs),
    endOrder: state.endOrder.used().slice(),
    nodesVersion: state.nodesVersion,
    licences: licenceTables(state),
    constraints: constraintTables(state),
    setRules: setRuleTables(state),
    limits: limitTables(state, nowS),
    shares: shareColumns(state, "slice"),
    reservations: reservationTables(state, nowS),
    preemption: preemptionTables(state, nowS),
    qosRules: qosRules(state.qos),
    taskGroups: taskGroups(state),
    sitePoints: sitePoints(state),
    drawn: drawnRows(state, nowS),
    suspended: suspendedTables(state, nowS),
    nodeCosts: state.nodeCosts.now(state.nodes.count),
    bootS: state.nodeCosts.asleep === 0 ? undefined : state.power.bootS,
    owners: ownerTables(state),
    shapes: state.shapes.table.snapshot(into?.shapes),
    shapeLists: state.shapes.usedLists().slice(),
    partitions: state.config.limits,
    partitionSets: partitionSetLists(state),
    levels: leafLevels(state.leaves, state.topology),
  };
}

/** The live tables themselves, in the shape that a pass's are: valid until the next event. */
export function liveTables(state: ClusterState, nowS: number): PassTables {
  let owners: OwnerTables | undefined;
  let suspended: { readonly made: PassTables["suspended"] } | undefined;
  return {
    // These look at every job, or are made job by job, and most who ask for the tables do without.
    get suspended() {
      suspended ??= { made: suspendedTables(state, nowS) };
      return suspended.made;
    },
    get owners() {
      owners ??= ownerTables(state);
      return owners;
    },
    nowS,
    nodes: state.nodes,
    pending: state.pending,
    running: state.running,
    runningJobs: state.runningJobs,
    endOrder: state.endOrder.used(),
    nodesVersion: state.nodesVersion,
    licences: licenceTables(state),
    constraints: constraintTables(state),
    setRules: setRuleTables(state),
    limits: limitTables(state, nowS),
    shares: shareColumns(state, "subarray"),
    reservations: reservationTables(state, nowS),
    preemption: preemptionTables(state, nowS),
    qosRules: qosRules(state.qos),
    taskGroups: taskGroups(state),
    sitePoints: sitePoints(state),
    drawn: drawnRows(state, nowS),
    nodeCosts: state.nodeCosts.now(state.nodes.count),
    bootS: state.nodeCosts.asleep === 0 ? undefined : state.power.bootS,
    shapes: state.shapes.table,
    shapeLists: state.shapes.usedLists(),
    partitions: state.config.limits,
    partitionSets: partitionSetLists(state),
    levels: leafLevels(state.leaves, state.topology),
    hasRails: state.topology?.kind === "rail",
  };
}
