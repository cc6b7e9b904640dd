/**
 * Heterogeneous jobs: several components, each a record of its own with an id of its own, that start at the same moment
 * or not at all. The first is the leader: it has the batch script, and the whole is named by its id. Ids of one job
 * follow each other, so the membership alone says who the others are. Pure.
 */
import { type JobId, jobId } from "./ids.ts";

/** Slurm's own bound on the components of one job. */
export const MAX_HET_COMPONENTS = 128;

export interface HetMembership {
  /** Id of the leader. */
  readonly hetJobId: JobId;
  /** 0 for the leader. */
  readonly offset: number;
  /** Components, the leader included: 2 .. MAX_HET_COMPONENTS. */
  readonly size: number;
}

/** Ids of all components, the leader's first. */
export const hetIds = ({ hetJobId, size }: HetMembership): readonly JobId[] =>
  Array.from({ length: size }, (_, offset) => jobId(hetJobId + offset));

/** `48-49`, as scontrol's HetJobIdSet= has it. */
export const hetIdSet = (hetJobId: number, size: number): string => `${hetJobId}-${hetJobId + size - 1}`;
