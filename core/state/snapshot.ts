/**
 * A state as bytes and back. The encoding is canonical: keys sorted, records in the order of their ids, tables column
 * by column, so that two states are equal exactly when their bytes are. Indices are not written; they are rebuilt.
 */
import type { AccountSpec, FairShareSpec } from "../model/account.ts";
import { RotaError } from "../model/errors.ts";
import { type JobId, seq } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { LicenceSpec } from "../model/licence.ts";
import type { NodeRecord, NodeSpec } from "../model/node.ts";
import { NO_POWER, type PowerSpec } from "../model/node-power.ts";
import type { PartitionRecord, QosSpec } from "../model/partition.ts";
import type { PreemptionSpec } from "../model/preemption.ts";
import type { Request } from "../model/request.ts";
import type { ReservationRecord } from "../model/reservation.ts";
import type { JobSteps } from "../model/step.ts";
import type { TopologySpec } from "../model/topology.ts";
import { countRunningQos, indexAccounting } from "./accounting.ts";
import type { ArrayLife } from "./array-life.ts";
import type { AssociationBook } from "./associations.ts";
import { canonicalBytes, canonicalBytesIn, fromBytes, keptBytes } from "./canonical.ts";
import { type ClusterState, emptyState } from "./cluster-state.ts";
import { indexConfig } from "./config-index.ts";
import { noteConstraint } from "./constraint-tables.ts";
import { fileDependency } from "./dependencies.ts";
import type { ExpectedNode } from "./events.ts";
import type { Interned } from "./interned.ts";
import { indexLicences } from "./licences.ts";
import { addNodeJob } from "./node-jobs.ts";
import { indexLanes, useDimensions } from "./node-rows.ts";
import { noteArrayRow } from "./pending-rows.ts";
import type { QosUsageRow } from "./qos-usage.ts";
import { recordsById } from "./reservations.ts";
import { indexRunningJobs } from "./running-jobs.ts";
import type { ColumnLayout } from "./shared-columns.ts";
import type { Table } from "./table.ts";

/** Of the encoding; a snapshot of another version is refused, and the version of Rota that wrote it reads it. */
export const SNAPSHOT_VERSION = 3;

/** Jobs that are encoded together. */
const BATCH = 64;

/** What the parts take that are not counted one by one; of MessagePack, before a list of bytes; and of a request. */
const SMALL_PARTS_BYTES = 1 << 20;
const HEADER_BYTES = 5;
const REQUEST_BYTES = 640;

interface TableBytes {
  readonly count: number;
  readonly bytes: Uint8Array;
}

interface Encoded {
  readonly version: number;
  readonly lastSeq: number;
  readonly lastAtS: number;
  readonly nextJobId: number;
  readonly clusterName: string;
  readonly pendingVersion: number;
  readonly nodesVersion: number;
  readonly nodes: TableBytes;
  readonly pending: TableBytes;
  readonly running: TableBytes;
  readonly runningJobs: TableBytes;
  readonly shapes: TableBytes;
  readonly shapeRequests: readonly (Request | null)[];
  readonly shapeFree: readonly number[];
  readonly shapeLists: Uint8Array;
  readonly shapeUnused: number;
  /** Each on its own, and what never changes of it apart: that is encoded once. */
  readonly nodeRecords: readonly (readonly [record: Uint8Array, spec: Uint8Array])[];
  readonly expectedNodes: readonly ExpectedNode[];
  readonly topology?: TopologySpec;
  readonly partitions: readonly PartitionRecord[];
  readonly qos: readonly QosSpec[];
  readonly preemption: PreemptionSpec;
  /** Absent where nodes are not switched off and on. */
  readonly power?: PowerSpec | undefined;
  readonly licences: readonly LicenceSpec[];
  readonly reservations: readonly ReservationRecord[];
  readonly nextReservationId: number;
  readonly accounts: readonly AccountSpec[];
  readonly fairShare: FairShareSpec;
  readonly usageResetS: number;
  readonly associations: TableBytes;
  readonly associationRows: Parameters<AssociationBook["restore"]>[0];
  /** Absent in snapshots from before, when no job could be suspended: all that run are counted then. */
  readonly qosUsage?: readonly QosUsageRow[];
  readonly interned: readonly (readonly string[])[];
  /** In batches, each encoded on its own, so that what is made for one is gone before the next. */
  readonly jobs: readonly Uint8Array[];
  readonly arrays: readonly {
    readonly life: Omit<ArrayLife, "results" | "records" | "waiting">;
    readonly results: readonly (readonly [number, "ok" | "failed"])[];
    readonly records: readonly number[];
  }[];
  /** Absent where no job has had a step. */
  readonly steps?: readonly (readonly [jobId: number, steps: JobSteps])[];
}

/** The bytes are a view of a block that nobody else has. */
export function encodeState(state: ClusterState): Uint8Array<ArrayBuffer> {
  const encoded: Encoded = {
    version: SNAPSHOT_VERSION,
    lastSeq: state.lastSeq,
    lastAtS: state.lastAtS,
    nextJobId: state.nextJobId,
    clusterName: state.clusterName,
    pendingVersion: state.pendingVersion,
    nodesVersion: state.nodesVersion,
    nodes: tableBytes(state.nodes),
    pending: tableBytes(state.pending),
    running: tableBytes(state.running),
    runningJobs: tableBytes(state.runningJobs),
    shapes: tableBytes(state.shapes.table),
    shapeRequests: Array.from(state.shapes.requests, (request) => request ?? null),
    shapeFree: state.shapes.freeRows,
    shapeLists: bytesOf(state.shapes.usedLists()),
    shapeUnused: state.shapes.unusedListEntries,
    nodeRecords: state.nodeRecords.map(({ spec, ...record }) => [canonicalBytes(record), keptBytes(spec)]),
    expectedNodes: state.expectedNodes,
    ...(state.topology === undefined ? {} : { topology: state.topology }),
    partitions: state.partitions,
    qos: state.qos,
    preemption: state.preemption,
    power: state.power.bootS === 0 ? undefined : state.power,
    licences: state.licences.specs,
    reservations: recordsById(state),
    nextReservationId: state.reservations.nextId,
    accounts: state.accounting.accounts,
    fairShare: state.accounting.fairShare,
    usageResetS: state.accounting.resetS,
    associations: tableBytes(state.accounting.associations.table),
    associationRows: state.accounting.associations.rows(),
    qosUsage: state.accounting.qosUsage.rows(),
    interned: internedOf(state).map((interned) => interned.names),
    jobs: [...batchesOf([...state.jobs.values()].sort((a, b) => a.id - b.id))],
    arrays: [...state.arrays.values()]
      .sort((a, b) => a.arrayJobId - b.arrayJobId)
      .map(({ results, records, waiting: _, ...life }) => ({
        life,
        results: [...results].sort((a, b) => a[0] - b[0]),
        records: [...records].sort((a, b) => a - b),
      })),
    ...(state.steps.size === 0 ? {} : { steps: [...state.steps].sort(([a], [b]) => a - b) }),
  };
  return canonicalBytesIn(encoded, roomOf(encoded));
}

/** Bytes that it will hardly have more of: what is large of it, and more than enough for the rest. */
function roomOf({ jobs, nodeRecords, shapeRequests, ...rest }: Encoded): number {
  let room = SMALL_PARTS_BYTES + shapeRequests.length * REQUEST_BYTES;
  for (const batch of jobs) room += batch.byteLength + HEADER_BYTES;
  for (const [record, spec] of nodeRecords) room += record.byteLength + spec.byteLength + 3 * HEADER_BYTES;
  for (const part of Object.values(rest) as unknown[])
    if (part instanceof Uint8Array) room += part.byteLength;
    else if (isTable(part)) room += part.bytes.byteLength;
  return room;
}

const isTable = (part: unknown): part is TableBytes =>
  typeof part === "object" && part !== null && "bytes" in part && part.bytes instanceof Uint8Array;

/** Throws JOURNAL_CORRUPT when the bytes are no snapshot of this version. */
export function decodeState(bytes: Uint8Array): ClusterState {
  const encoded = fromBytes(bytes) as Encoded | undefined;
  if (encoded?.version !== SNAPSHOT_VERSION) {
    throw new RotaError(
      "JOURNAL_CORRUPT",
      `snapshot version ${encoded?.version}, this build reads ${SNAPSHOT_VERSION}`,
    );
  }
  const state = emptyState();
  state.lastSeq = seq(encoded.lastSeq);
  state.lastAtS = encoded.lastAtS;
  state.nextJobId = encoded.nextJobId;
  state.clusterName = encoded.clusterName;
  state.pendingVersion = encoded.pendingVersion;
  state.nodesVersion = encoded.nodesVersion;
  restoreTable(state.nodes, encoded.nodes);
  restoreTable(state.pending, encoded.pending);
  restoreTable(state.running, encoded.running);
  restoreTable(state.runningJobs, encoded.runningJobs);
  restoreTable(state.shapes.table, encoded.shapes);
  state.shapes.restore({
    requests: encoded.shapeRequests.map((request) => request ?? undefined),
    freeRows: [...encoded.shapeFree],
    lists: new Int32Array(Uint8Array.from(encoded.shapeLists).buffer),
    unused: encoded.shapeUnused,
  });
  state.expectedNodes = encoded.expectedNodes;
  state.topology = encoded.topology;
  state.partitions = [...encoded.partitions];
  state.qos = encoded.qos;
  state.preemption = encoded.preemption;
  state.power = encoded.power ?? NO_POWER;
  state.licences.specs = encoded.licences;
  for (const record of encoded.reservations) state.reservations.byName.set(record.spec.name, record);
  state.reservations.nextId = encoded.nextReservationId;
  state.accounting.accounts = encoded.accounts;
  state.accounting.fairShare = encoded.fairShare;
  state.accounting.resetS = encoded.usageResetS;
  restoreTable(state.accounting.associations.table, encoded.associations);
  state.accounting.associations.restore(encoded.associationRows);
  internedOf(state).forEach((interned, i) => {
    for (const name of encoded.interned[i] ?? []) interned.intern(name);
  });
  for (const [record, spec] of encoded.nodeRecords) {
    state.nodeRecords.push({ ...(fromBytes(record) as NodeRecord), spec: fromBytes(spec) as NodeSpec });
  }
  for (const batch of encoded.jobs) {
    for (const job of fromBytes(batch) as readonly Job[]) state.jobs.set(job.id, job);
  }
  for (const { life, results, records } of encoded.arrays) {
    state.arrays.set(life.arrayJobId, {
      ...life,
      results: new Map(results),
      records: new Set(records),
      waiting: new Set(),
    });
  }
  for (const [id, steps] of encoded.steps ?? [])
    state.steps.set(id as JobId, { ...steps, running: [...steps.running], ended: [...steps.ended] });
  rebuildIndices(state);
  state.accounting.qosUsage.index(state.qos, state.accounting.fairShare.halfLifeS);
  if (encoded.qosUsage === undefined) countRunningQos(state);
  else state.accounting.qosUsage.restore(encoded.qosUsage);
  return state;
}

function* batchesOf(jobs: readonly Job[]): Generator<Uint8Array> {
  for (let from = 0; from < jobs.length; from += BATCH) yield canonicalBytes(jobs.slice(from, from + BATCH));
}

const internedOf = (state: ClusterState): readonly Interned[] => [
  state.dimensions,
  state.features,
  state.leaves,
  state.hardwareClasses,
  state.partitionSets,
  state.accounting.limits.subjects,
  state.accounting.limits.counters,
  state.accounting.limits.constraints,
  state.accounting.limits.subjectSets,
  state.accounting.limits.constraintSets,
];

function rebuildIndices(state: ClusterState): void {
  indexConfig(state);
  for (const record of state.nodeRecords) {
    state.nodeByName.set(record.spec.name, record.index);
    state.nodeJobs[record.index] = undefined;
    indexLanes(state, record);
    state.nodeCosts.write(record);
  }
  const pendingIds = state.pending.columns.jobId;
  for (let row = 0; row < state.pending.count; row++) state.pendingRow.set(pendingIds[row] as JobId, row);
  useDimensions(state);
  indexAccounting(state);
  indexLicences(state);
  indexRunning(state);
  indexRunningJobs(state);
  for (const job of state.jobs.values()) {
    if (job.suspension !== undefined) state.suspended.add(job.id);
    if (job.state !== "PENDING") continue;
    noteConstraint(state, job);
    fileDependency(state, job);
    if (job.claim !== undefined) state.claimants.add(job.id);
    if (job.spec.deadlineS !== undefined) state.deadlines.add(job.id);
    if (job.siteFactor !== undefined) state.sitePointed.add(job.id);
    noteArrayRow(state, job);
  }
}

function indexRunning(state: ClusterState): void {
  const { jobId, node, share } = state.running.columns;
  for (let row = 0; row < state.running.count; row++) {
    const id = jobId[row] as JobId;
    let rows = state.runningRows.get(id);
    if (rows === undefined) {
      rows = new Array<number>(state.jobs.get(id)?.allocation?.nodes.length ?? 0).fill(-1);
      state.runningRows.set(id, rows);
    }
    // In the order of the allocation, as the reducer files them.
    rows[share[row]!] = row;
    addNodeJob(state.nodeJobs, node[row]!, id, [id]);
  }
}

function tableBytes<L extends ColumnLayout>(table: Table<L>): TableBytes {
  const parts = [...table.encode()];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return { count: table.count, bytes };
}

function restoreTable<L extends ColumnLayout>(table: Table<L>, from: TableBytes): void {
  while (table.count < from.count) table.addRow();
  let offset = 0;
  for (const part of table.encode()) {
    part.set(from.bytes.subarray(offset, offset + part.byteLength));
    offset += part.byteLength;
  }
}

const bytesOf = (array: Int32Array): Uint8Array =>
  new Uint8Array(array.buffer.slice(array.byteOffset, array.byteOffset + array.byteLength));
