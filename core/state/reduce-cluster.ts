/** Events of the cluster itself: its configuration and its nodes. */
import type { FairShareSpec } from "../model/account.ts";
import { jobId, partitionIndex } from "../model/ids.ts";
import { DEFAULT_NODE_WEIGHT, type NodeRecord, type NodeSpec } from "../model/node.ts";
import { isAsleep, isSilent, NO_POWER } from "../model/node-power.ts";
import { NO_PREEMPTION } from "../model/preemption.ts";
import { configureAccounting, indexAccounting, rescaleLimits, writeRunningOwners } from "./accounting.ts";
import type { ClusterState } from "./cluster-state.ts";
import { indexConfig } from "./config-index.ts";
import { demand, type EventOf } from "./event-of.ts";
import type { ExpectedNode } from "./events.ts";
import { isRegistered, writeFlags, writeMembership, writeNodeSpec } from "./node-rows.ts";
import { writePendingRow } from "./pending-rows.ts";
import { beginWaiting } from "./reduce-run.ts";
import { writeRunningPartitions } from "./running-jobs.ts";
import { updateRunningGres } from "./running-rows.ts";

export function applyConfigured(state: ClusterState, event: EventOf<"cluster.configured">): void {
  state.clusterName = event.clusterName;
  state.qos = event.qos;
  state.preemption = event.preemption ?? NO_PREEMPTION;
  state.power = event.power ?? NO_POWER;
  state.expectedNodes = event.nodes;
  state.topology = event.topology;
  state.licences.specs = event.licences ?? [];
  // Indices are places in this list; running jobs name their partition, and waiting rows are written again below.
  state.partitions = event.partitions.map((spec, index) => ({ index: partitionIndex(index), spec }));
  configureAccounting(state, event.accounts ?? [], event.fairShare ?? NO_DECAY, event.atS);
  indexConfig(state);
  indexAccounting(state);
  for (const node of event.nodes) {
    const known = state.nodeByName.get(node.name);
    const record = known === undefined ? writeNodeSpec(state, expectedSpec(node)) : state.nodeRecords[known]!;
    writeWeight(state, record, node.weight);
  }
  for (const record of state.nodeRecords) writeMembership(state, record);
  state.nodesVersion++;
  writeRunningPartitions(state);
  writeRunningOwners(state, event.atS);
  // Sets are lists of indices, which may mean other partitions now.
  writeAllPending(state);
}

/** In the order of rows, which a restored state has as well: new sets get their numbers here. */
function writeAllPending(state: ClusterState): void {
  for (let row = 0; row < state.pending.count; row++) {
    writePendingRow(state, state.jobs.get(jobId(state.pending.columns.jobId[row]!))!);
  }
}

export function applyNodeRegistered(state: ClusterState, event: EventOf<"node.registered">): void {
  const record = writeNodeSpec(state, event.spec);
  updateRunningGres(state, record.index);
  record.responding = true;
  record.registeredS = event.atS;
  // Down for want of an answer is cured by one; down by an operator is not.
  if (record.down && record.reason.startsWith("rota:")) {
    record.down = false;
    record.reason = "";
  }
  const { power } = record;
  // The last words of one that powers down or reboots are no sign of its being back: who sends this event knows.
  if (isSilent(power)) writeBack(state, record, event.atS);
  writeFlags(state, record, true);
  if (rescaleLimits(state)) writeAllPending(state);
}

export function applyNodeChanged(state: ClusterState, event: EventOf<"node.changed">): void {
  const record = state.nodeRecords[event.node];
  demand(record !== undefined, state, event, `node row ${event.node} does not exist`);
  if (record === undefined) return;
  if (event.responding !== undefined) record.responding = event.responding;
  if (event.down !== undefined) record.down = event.down;
  if (event.drain !== undefined) record.drain = event.drain;
  if (event.reason !== undefined) {
    record.reason = event.reason;
    record.reasonUid = event.uid ?? 0;
    record.reasonS = event.atS;
  }
  if (event.power !== undefined) writePower(state, record, event.power, event.atS);
  if (event.weight !== undefined) writeWeight(state, record, event.weight);
  writeFlags(state, record, isRegistered(state, record.index));
}

/** A node that slept, or rebooted, is there again. */
function writeBack(state: ClusterState, record: NodeRecord, atS: number): void {
  const { next, drained, state: was } = record.power ?? {};
  if (next === "RESUME" || drained === true) record.drain = false;
  if (next !== undefined) record.down = next === "DOWN";
  // What is left to be told is why it is down or drained.
  if (was === "rebooting" ? next !== "DOWN" && !record.drain : record.reason.startsWith("rota:"))
    record.reason = "";
  writePower(state, record, null, atS);
}

function writePower(
  state: ClusterState,
  record: NodeRecord,
  power: NonNullable<EventOf<"node.changed">["power"]> | null,
  atS: number,
): void {
  const wasAsleep = isAsleep(record.power);
  if (power === null) delete record.power;
  else record.power = { ...power, sinceS: atS };
  state.nodeCosts.write(record);
  if (wasAsleep && !record.down && !isAsleep(record.power)) beginWaiting(state, record.index, atS);
}

function writeWeight(state: ClusterState, record: NodeRecord, weight = DEFAULT_NODE_WEIGHT): void {
  if (weight === DEFAULT_NODE_WEIGHT) delete record.weight;
  else record.weight = weight;
  state.nodeCosts.write(record);
}

export function applyUsageReset(state: ClusterState, event: EventOf<"usage.reset">): void {
  const { accounting } = state;
  accounting.qosUsage.reset(event.atS, event.qos);
  if (event.qos !== undefined) return;
  accounting.associations.reset(event.atS);
  accounting.resetS = event.atS;
}

const NO_DECAY: FairShareSpec = { halfLifeS: 0, reset: "none" };

/** What a listed node is taken for until its agent says what it really is. */
function expectedSpec(node: ExpectedNode): NodeSpec {
  return {
    name: node.name,
    hostname: node.name,
    address: node.name,
    cpus: node.cpus,
    sockets: 1,
    coresPerSocket: node.cpus,
    threadsPerCore: 1,
    memoryMib: node.memoryMib,
    devices: [],
    features: node.features,
    arch: "",
    os: "",
    version: "",
    bootS: 0,
    agentStartS: 0,
    topologyLeaf: node.topologyLeaf,
  };
}
