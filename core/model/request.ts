/**
 * A normalised request: what a job asks of the cluster, as integers. Two jobs with equal requests share a shape. Made
 * by admission, read by the planner and by commit; never changed after it is interned.
 */
import type { PartDemand } from "./device-parts.ts";
import type { NodeIndex, ShapeId } from "./ids.ts";
import type { LicenceDemand } from "./licence.ts";

/** Whole devices of one GRES dimension on each node of the job. */
export interface GresDemand {
  /** Dimension in the cluster's table: `gpu` (any type) or `gpu:tesla`. */
  readonly dimension: number;
  readonly count: number;
  /** The count is that of `tasksPerNode` tasks and a multiple of it; a node with fewer tasks has in proportion. */
  readonly perTask?: true;
}

export interface Request {
  /** Nodes, both >= 1; the planner takes the fewest that hold the tasks. */
  readonly minNodes: number;
  readonly maxNodes: number;
  /** Tasks of the whole job, >= 1. */
  readonly tasks: number;
  /**
   * Tasks on the fullest node; `cpus`, `memMib` and `gres` are for that many. Of an uneven job the most that a node may
   * get.
   */
  readonly tasksPerNode: number;
  /**
   * Tasks lie where there is room, 1 to `tasksPerNode` on a node, on any number of nodes from `minNodes` to `maxNodes`;
   * otherwise they are spread evenly over `minNodes` nodes.
   */
  readonly uneven: boolean;
  readonly cpusPerTask: number;
  /** All tasks of a node share the CPUs of one: `cpus` is for any number of them. Never of an uneven job. */
  readonly overcommit?: true;
  /** CPUs of the fullest node, in hyperthreads; ALL for an exclusive job. */
  readonly cpus: number;
  /** MiB of the fullest node; ALL for --mem=0. */
  readonly memMib: number;
  /** How memory was asked, for the environment and scontrol. */
  readonly memPer: "node" | "cpu" | "gpu";
  /** MiB per node, CPU or GPU as asked. */
  readonly memPerMib: number;
  readonly gres: readonly GresDemand[];
  /** Parts of devices on each node, for all its tasks; absent for none. Not beside `gres`. */
  readonly part?: PartDemand;
  /** Nodes are not shared with other jobs. */
  readonly exclusive: boolean;
  /** Nodes are shared with jobs of the same user only. */
  readonly exclusiveUser?: true;
  /** 1 where only one thread of each core may be used (--hint=nomultithread), else 0. */
  readonly oneThreadPerCore: 0 | 1;
  /** The constraint on features in its one form, as `printConstraint` writes it; "" for none. */
  readonly features: string;
  /** Its nodes follow each other in the order of their names; absent where that is no matter. */
  readonly contiguous?: true;
  /** How many leaf switches its nodes hang on at most; absent for any number. */
  readonly switches?: SwitchLimit;
  /** Licences that it holds while it runs, sorted by name; absent for none. */
  readonly licences?: readonly LicenceDemand[];
  /** Rows that must be among the job's nodes, sorted; empty for none. */
  readonly requiredNodes: readonly NodeIndex[];
  /** Rows that must not, sorted. */
  readonly excludedNodes: readonly NodeIndex[];
}

export interface SwitchLimit {
  /** Leaf switches, >= 1. */
  readonly count: number;
  /** Seconds from when the job may run on, after which it takes any nodes. */
  readonly waitS: number;
}

/** The whole of a node's CPUs or memory. */
export const ALL = -1;

export interface Shape {
  readonly id: ShapeId;
  /** Canonical text of the request; equal requests have equal keys. */
  readonly key: string;
  readonly request: Request;
}

/** CPUs that the tasks of the whole job ask for, before threads; of whole nodes too. */
export const cpusAsked = ({ tasks, minNodes, cpusPerTask, overcommit }: Request): number =>
  (overcommit === true ? minNodes : tasks) * cpusPerTask;
