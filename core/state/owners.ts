/**
 * Whose jobs are on which nodes, for passes and commit: only where a job (--exclusive=user) or a partition (exclusive_user)
 * shares nodes among the jobs of one user alone. Elsewhere nobody asks and there are no such tables.
 */
import type { JobId } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { ClusterState } from "./cluster-state.ts";

/** Users are numbers from 1, which hold for these tables alone. */
export interface OwnerTables {
  readonly users: number;
  /** By pending row: the user. */
  readonly pending: Int32Array;
  /** By running row: the user; negative where no other's job may be on the node. */
  readonly running: Int32Array;
  /** Shapes that ask for nodes of one user, and partitions that give no others. */
  readonly shapes: ReadonlySet<number>;
  readonly partitions: ReadonlySet<number>;
}

/** Whose a job is, and whether others may be beside it. */
export interface Occupant {
  readonly user: string;
  readonly isAlone: boolean;
}

/** Whether one user's jobs may be where these are: none of another's beside one that is alone. */
export const mayJoin = (joining: Occupant, present: readonly Occupant[]): boolean =>
  present.every(({ user, isAlone }) => user === joining.user || !(isAlone || joining.isAlone));

/** Whether any job or partition asks for nodes of one user. */
export const isOwned = (state: ClusterState): boolean =>
  state.shapes.ofOneUser.size > 0 || state.partitions.some(({ spec }) => spec.exclusiveUser === true);

/** undefined where nobody asks. */
export function ownerTables(state: ClusterState): OwnerTables | undefined {
  if (!isOwned(state)) return undefined;
  const numbers = new Map<string, number>();
  const numberOf = (user: string): number => {
    const known = numbers.get(user);
    if (known !== undefined) return known;
    numbers.set(user, numbers.size + 1);
    return numbers.size;
  };
  const pending = new Int32Array(state.pending.count);
  const { jobId } = state.pending.columns;
  for (let row = 0; row < pending.length; row++)
    pending[row] = numberOf(state.jobs.get(jobId[row] as JobId)?.spec.user ?? "");
  const running = new Int32Array(state.running.count);
  for (const [id, rows] of state.runningRows) {
    const job = state.jobs.get(id);
    if (job === undefined) continue;
    const number = numberOf(job.spec.user);
    const owner = occupantOf(state, job, job.partition).isAlone ? -number : number;
    for (const row of rows) running[row] = owner;
  }
  const alone = state.partitions.filter(({ spec }) => spec.exclusiveUser === true);
  return {
    users: numbers.size,
    pending,
    running,
    shapes: new Set(state.shapes.ofOneUser),
    partitions: new Set(alone.map(({ index }) => index)),
  };
}

/** A job in one of its partitions. */
export function occupantOf(state: ClusterState, { spec, request }: Job, partition: string): Occupant {
  const index = state.config.partitionByName.get(partition);
  const isPartitions = index !== undefined && state.partitions[index]?.spec.exclusiveUser === true;
  return { user: spec.user, isAlone: isPartitions || request.exclusiveUser === true };
}

/** Whose the node is alone while one of his jobs will have nobody else's beside it; undefined for nobody's. */
export function ownerOfNode(state: ClusterState, node: number): Job["spec"] | undefined {
  if (!isOwned(state)) return undefined;
  for (const id of state.nodeJobs[node] ?? []) {
    const job = state.jobs.get(id);
    if (job !== undefined && occupantOf(state, job, job.partition).isAlone) return job.spec;
  }
  return undefined;
}

/** The running jobs of a node. */
export const occupantsOf = (state: ClusterState, node: number): readonly Occupant[] =>
  (state.nodeJobs[node] ?? []).flatMap((id) => {
    const job = state.jobs.get(id);
    return job === undefined ? [] : [occupantOf(state, job, job.partition)];
  });
