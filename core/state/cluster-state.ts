/**
 * The cluster's state: tables for what a pass reads, records for the rest, and indices between them. The reducer is
 * the only writer; everything here can be rebuilt from a snapshot and the events after it. No clock, no I/O.
 */
import { type JobId, type NodeIndex, type Seq, seq } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { NodeRecord } from "../model/node.ts";
import { NO_POWER, type PowerSpec } from "../model/node-power.ts";
import type { PartitionRecord, QosSpec } from "../model/partition.ts";
import { NO_PREEMPTION, type PreemptionSpec } from "../model/preemption.ts";
import type { JobSteps } from "../model/step.ts";
import type { TopologySpec } from "../model/topology.ts";
import { type AccountingBook, emptyAccounting } from "./accounting.ts";
import type { ArrayLife } from "./array-life.ts";
import type { ConfigIndex } from "./config-index.ts";
import { EndOrder } from "./end-order.ts";
import type { ExpectedNode } from "./events.ts";
import { Interned } from "./interned.ts";
import { emptyLicences, type LicenceBook } from "./licences.ts";
import type { Namesakes } from "./namesakes.ts";
import { NodeCosts } from "./node-costs.ts";
import type { NodeJobs } from "./node-jobs.ts";
import { NodeMarks } from "./node-marks.ts";
import { emptyReservations, type ReservationBook } from "./reservations.ts";
import { ShapeBook } from "./shape-book.ts";
import { Table } from "./table.ts";
import {
  NODE_LAYOUT,
  type NodeTable,
  PENDING_LAYOUT,
  type PendingTable,
  RUNNING_JOB_LAYOUT,
  RUNNING_LAYOUT,
  type RunningJobTable,
  type RunningTable,
} from "./tables.ts";

export interface ClusterState {
  /** The last event applied, and its time: the state's own clock, which never goes back. */
  lastSeq: Seq;
  lastAtS: number;
  nextJobId: number;
  clusterName: string;
  /** Of the last write of a pending row; each write takes the next. */
  pendingVersion: number;
  /** Another number whenever anything of the nodes but what is free changes. */
  nodesVersion: number;

  readonly nodes: NodeTable;
  readonly pending: PendingTable;
  readonly running: RunningTable;
  readonly runningJobs: RunningJobTable;
  readonly shapes: ShapeBook;

  readonly nodeRecords: NodeRecord[];
  /** Which nodes are given out first. An index. */
  readonly nodeCosts: NodeCosts;
  readonly nodeByName: Map<string, NodeIndex>;
  expectedNodes: readonly ExpectedNode[];
  partitions: PartitionRecord[];
  /** Names of each partition's nodes; undefined for ALL. By partition index. */
  partitionMembers: (ReadonlySet<string> | undefined)[];
  qos: readonly QosSpec[];
  preemption: PreemptionSpec;
  power: PowerSpec;

  /** GRES dimensions; 0 is `gpu`. */
  readonly dimensions: Interned;
  readonly features: Interned;
  readonly leaves: Interned;
  /** What the configuration says of the network; undefined where it says nothing. */
  topology: TopologySpec | undefined;
  readonly hardwareClasses: Interned;
  /** Lists of partition indices, comma separated, in the order to try. */
  readonly partitionSets: Interned;

  readonly licences: LicenceBook;
  readonly reservations: ReservationBook;
  /** Rows of shapes that may have a constraint of constraint-tables.ts: all that do, and some given back since. An index. */
  readonly constrained: Set<number>;
  /** The same of shapes with a rule of set-rules.ts. An index. */
  readonly ruled: Set<number>;
  /** By node row: its place in the order of names; made again when somebody asks after a node was added. */
  nodePlaces: Int32Array | undefined;
  readonly accounting: AccountingBook;
  readonly jobs: Map<JobId, Job>;
  readonly arrays: Map<number, ArrayLife>;
  /** Of jobs that have had steps, while their records are kept. */
  readonly steps: Map<JobId, JobSteps>;

  // Indices, rebuilt on restore.
  /** What is looked up of the configuration. */
  config: ConfigIndex;
  /** Partition indices of the first interned sets: read through `partitionSetLists`. */
  readonly partitionSetLists: number[][];
  /** By node row and device lane: GRES dimensions that the device counts in. */
  readonly laneDimensions: (readonly (readonly number[])[])[];
  /** Row in `pending` of a waiting record. */
  readonly pendingRow: Map<JobId, number>;
  /** Rows in `running` of a running job. */
  readonly runningRows: Map<JobId, number[]>;
  /** Row in `runningJobs` of a running job. */
  readonly runningJobRow: Map<JobId, number>;
  /** Waiting records with a claim. */
  readonly claimants: Set<JobId>;
  /** Waiting records with a deadline. */
  readonly deadlines: Set<JobId>;
  /** Waiting records that an operator gave points. */
  readonly sitePointed: Set<JobId>;
  /** Arrays with more than one waiting record. */
  readonly splitArrays: Set<number>;
  /** Started jobs that are suspended, or are to be. */
  readonly suspended: Set<JobId>;
  /** Rows of `runningJobs` by end. */
  readonly endOrder: EndOrder;
  readonly nodeJobs: NodeJobs;
  /** Waiting records with an unsettled term on a job or an array, by its id, or on one task, by `taskKey`. */
  readonly dependents: Map<number, Set<JobId>>;
  /** Waiting records with an unsettled singleton term. */
  readonly singletons: Set<JobId>;
  /** Records that have not ended, by user and name; undefined until somebody asks. */
  namesakes: Namesakes | undefined;
  /** Scratch of single events. */
  readonly marks: NodeMarks;
}

export function emptyState(): ClusterState {
  const runningJobs = new Table(RUNNING_JOB_LAYOUT);
  return {
    lastSeq: seq(0),
    lastAtS: 0,
    nextJobId: 1,
    clusterName: "",
    pendingVersion: 0,
    nodesVersion: 0,
    nodes: new Table(NODE_LAYOUT),
    pending: new Table(PENDING_LAYOUT),
    running: new Table(RUNNING_LAYOUT),
    runningJobs,
    shapes: new ShapeBook(),
    nodeRecords: [],
    nodeCosts: new NodeCosts(),
    nodeByName: new Map(),
    expectedNodes: [],
    partitions: [],
    partitionMembers: [],
    qos: [],
    preemption: NO_PREEMPTION,
    power: NO_POWER,
    dimensions: new Interned(["gpu"]),
    features: new Interned(),
    leaves: new Interned(),
    topology: undefined,
    hardwareClasses: new Interned(),
    partitionSets: new Interned(),
    licences: emptyLicences(),
    reservations: emptyReservations(),
    constrained: new Set(),
    ruled: new Set(),
    nodePlaces: undefined,
    accounting: emptyAccounting(),
    jobs: new Map(),
    arrays: new Map(),
    steps: new Map(),
    config: {
      partitionByName: new Map(),
      qosPriority: new Map(),
      qosIndex: new Map(),
      limits: [],
      setOfName: new Map(),
    },
    partitionSetLists: [],
    laneDimensions: [],
    pendingRow: new Map(),
    runningRows: new Map(),
    runningJobRow: new Map(),
    claimants: new Set(),
    deadlines: new Set(),
    sitePointed: new Set(),
    splitArrays: new Set(),
    suspended: new Set(),
    endOrder: new EndOrder(runningJobs),
    nodeJobs: [],
    dependents: new Map(),
    singletons: new Set(),
    namesakes: undefined,
    marks: new NodeMarks(),
  };
}
