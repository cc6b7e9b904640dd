/**
 * The cluster's state: tables for what a pass reads, records for the rest, and indices between them. The reducer is
 * the only writer; everything here can be rebuilt from a snapshot and the events after it. No clock, no I/O.
 */
import { type JobId, type NodeIndex, type Seq, seq } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { NodeRecord } from "../model/node.ts";
import type { PartitionRecord, QosSpec } from "../model/partition.ts";
import type { ArrayLife } from "./array-life.ts";
import type { ExpectedNode } from "./events.ts";
import { Interned } from "./interned.ts";
import { ShapeBook } from "./shape-book.ts";
import { Table } from "./table.ts";
import {
  NODE_LAYOUT,
  type NodeTable,
  PENDING_LAYOUT,
  type PendingTable,
  RUNNING_LAYOUT,
  type RunningTable,
} from "./tables.ts";

export interface ClusterState {
  /** The last event applied, and its time: the state's own clock, which never goes back. */
  lastSeq: Seq;
  lastAtS: number;
  nextJobId: number;
  clusterName: string;

  readonly nodes: NodeTable;
  readonly pending: PendingTable;
  readonly running: RunningTable;
  readonly shapes: ShapeBook;

  readonly nodeRecords: NodeRecord[];
  readonly nodeByName: Map<string, NodeIndex>;
  expectedNodes: readonly ExpectedNode[];
  partitions: PartitionRecord[];
  /** Names of each partition's nodes; undefined for ALL. By partition index. */
  partitionMembers: (ReadonlySet<string> | undefined)[];
  qos: readonly QosSpec[];

  /** GRES dimensions; 0 is `gpu`. */
  readonly dimensions: Interned;
  readonly features: Interned;
  readonly leaves: Interned;
  readonly hardwareClasses: Interned;
  /** Lists of partition indices, comma separated, in the order to try. */
  readonly partitionSets: Interned;

  readonly jobs: Map<JobId, Job>;
  readonly arrays: Map<number, ArrayLife>;

  // Indices, rebuilt on restore.
  /** Row in `pending` of a waiting record. */
  readonly pendingRow: Map<JobId, number>;
  /** Rows in `running` of a running job. */
  readonly runningRows: Map<JobId, number[]>;
  /** Running jobs of each node. */
  readonly nodeJobs: Set<JobId>[];
  /** Waiting records with an unsettled term on a job or an array, by its id, or on one task, by `taskKey`. */
  readonly dependents: Map<number, Set<JobId>>;
  /** Waiting records with an unsettled singleton term. */
  readonly singletons: Set<JobId>;
  /** Records that have not ended, by user and name. */
  readonly namesakes: Map<string, Set<JobId>>;
}

export function emptyState(): ClusterState {
  return {
    lastSeq: seq(0),
    lastAtS: 0,
    nextJobId: 1,
    clusterName: "",
    nodes: new Table(NODE_LAYOUT),
    pending: new Table(PENDING_LAYOUT),
    running: new Table(RUNNING_LAYOUT),
    shapes: new ShapeBook(),
    nodeRecords: [],
    nodeByName: new Map(),
    expectedNodes: [],
    partitions: [],
    partitionMembers: [],
    qos: [],
    dimensions: new Interned(["gpu"]),
    features: new Interned(),
    leaves: new Interned(),
    hardwareClasses: new Interned(),
    partitionSets: new Interned(),
    jobs: new Map(),
    arrays: new Map(),
    pendingRow: new Map(),
    runningRows: new Map(),
    nodeJobs: [],
    dependents: new Map(),
    singletons: new Set(),
    namesakes: new Map(),
  };
}
