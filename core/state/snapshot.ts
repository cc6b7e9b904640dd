/**
 * A state as bytes and back. The encoding is canonical: keys sorted, records in the order of their ids, tables column
 * by column, so that two states are equal exactly when their bytes are. Indices are not written; they are rebuilt.
 */
import { RotaError } from "../model/errors.ts";
import { expandHostlist } from "../model/hostlist.ts";
import { type JobId, type NodeIndex, seq } from "../model/ids.ts";
import { isEnded, type Job } from "../model/job.ts";
import type { NodeRecord, NodeSpec } from "../model/node.ts";
import type { PartitionRecord, QosSpec } from "../model/partition.ts";
import type { Request } from "../model/request.ts";
import type { ArrayLife } from "./array-life.ts";
import { canonicalBytes, fromBytes, keptBytes } from "./canonical.ts";
import { type ClusterState, emptyState } from "./cluster-state.ts";
import { fileDependency } from "./dependencies.ts";
import type { ExpectedNode } from "./events.ts";
import type { Interned } from "./interned.ts";
import { addNamesake } from "./namesakes.ts";
import type { ColumnLayout } from "./shared-columns.ts";
import type { Table } from "./table.ts";

/** Of the encoding; a snapshot of another version is refused, and the version of Rota that wrote it reads it. */
export const SNAPSHOT_VERSION = 2;

/** Jobs that are encoded together. */
const BATCH = 64;

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
  readonly nodes: TableBytes;
  readonly pending: TableBytes;
  readonly running: TableBytes;
  readonly shapes: TableBytes;
  readonly shapeRequests: readonly (Request | null)[];
  readonly shapeFree: readonly number[];
  readonly shapeLists: Uint8Array;
  readonly shapeUnused: number;
  /** Each on its own, and what never changes of it apart: that is encoded once. */
  readonly nodeRecords: readonly (readonly [record: Uint8Array, spec: Uint8Array])[];
  readonly expectedNodes: readonly ExpectedNode[];
  readonly partitions: readonly PartitionRecord[];
  readonly qos: readonly QosSpec[];
  readonly interned: readonly (readonly string[])[];
  /** In batches, each encoded on its own, so that what is made for one is gone before the next. */
  readonly jobs: readonly Uint8Array[];
  readonly arrays: readonly {
    readonly life: Omit<ArrayLife, "results" | "records" | "waiting">;
    readonly results: readonly (readonly [number, "ok" | "failed"])[];
    readonly records: readonly number[];
  }[];
}

export function encodeState(state: ClusterState): Uint8Array {
  const encoded: Encoded = {
    version: SNAPSHOT_VERSION,
    lastSeq: state.lastSeq,
    lastAtS: state.lastAtS,
    nextJobId: state.nextJobId,
    clusterName: state.clusterName,
    nodes: tableBytes(state.nodes),
    pending: tableBytes(state.pending),
    running: tableBytes(state.running),
    shapes: tableBytes(state.shapes.table),
    shapeRequests: Array.from(state.shapes.requests, (request) => request ?? null),
    shapeFree: state.shapes.freeRows,
    shapeLists: bytesOf(state.shapes.usedLists()),
    shapeUnused: state.shapes.unusedListEntries,
    nodeRecords: state.nodeRecords.map(({ spec, ...record }) => [canonicalBytes(record), keptBytes(spec)]),
    expectedNodes: state.expectedNodes,
    partitions: state.partitions,
    qos: state.qos,
    interned: internedOf(state).map((interned) => interned.names),
    jobs: [...batchesOf([...state.jobs.values()].sort((a, b) => a.id - b.id))],
    arrays: [...state.arrays.values()]
      .sort((a, b) => a.arrayJobId - b.arrayJobId)
      .map(({ results, records, waiting: _, ...life }) => ({
        life,
        results: [...results].sort((a, b) => a[0] - b[0]),
        records: [...records].sort((a, b) => a - b),
      })),
  };
  return canonicalBytes(encoded);
}

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
  restoreTable(state.nodes, encoded.nodes);
  restoreTable(state.pending, encoded.pending);
  restoreTable(state.running, encoded.running);
  restoreTable(state.shapes.table, encoded.shapes);
  state.shapes.restore({
    requests: encoded.shapeRequests.map((request) => request ?? undefined),
    freeRows: [...encoded.shapeFree],
    lists: new Int32Array(Uint8Array.from(encoded.shapeLists).buffer),
    unused: encoded.shapeUnused,
  });
  state.expectedNodes = encoded.expectedNodes;
  state.partitions = [...encoded.partitions];
  state.qos = encoded.qos;
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
  rebuildIndices(state);
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
];

function rebuildIndices(state: ClusterState): void {
  state.partitionMembers = state.partitions.map(({ spec }) => {
    if (spec.nodes.toUpperCase() === "ALL") return undefined;
    const names = expandHostlist(spec.nodes);
    return new Set(names.ok ? names.value : []);
  });
  for (const record of state.nodeRecords) {
    state.nodeByName.set(record.spec.name, record.index);
    state.nodeJobs[record.index] = new Set();
  }
  const pendingIds = state.pending.columns.jobId;
  for (let row = 0; row < state.pending.count; row++) state.pendingRow.set(pendingIds[row] as JobId, row);
  indexRunning(state);
  for (const job of state.jobs.values()) {
    if (!isEnded(job.state)) addNamesake(state, job);
    if (job.state !== "PENDING") continue;
    fileDependency(state, job);
    if (job.array !== undefined) state.arrays.get(job.array.arrayJobId)?.waiting.add(job.id);
  }
}

function indexRunning(state: ClusterState): void {
  const { jobId, node } = state.running.columns;
  const rowByNode = new Map<JobId, Map<NodeIndex, number>>();
  for (let row = 0; row < state.running.count; row++) {
    const id = jobId[row] as JobId;
    const rows = rowByNode.get(id) ?? new Map<NodeIndex, number>();
    rows.set(node[row] as NodeIndex, row);
    rowByNode.set(id, rows);
  }
  // In the order of the allocation, as the reducer files them.
  for (const [id, rows] of rowByNode) {
    const shares = state.jobs.get(id)?.allocation?.nodes ?? [];
    state.runningRows.set(
      id,
      shares.map((share) => rows.get(share.node)!),
    );
    for (const share of shares) state.nodeJobs[share.node]?.add(id);
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
