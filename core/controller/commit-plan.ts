/** Commits a plan against the live state: gives `commit` the tables and what the columns do not hold. Pure. */
import { type CommitLookup, commit } from "../commit/commit.ts";
import type { OwnerLookup } from "../commit/owner-check.ts";
import { checkPreemptions } from "../commit/preemptions.ts";
import { checkResumes } from "../commit/resumes.ts";
import { jobId, shapeId } from "../model/ids.ts";
import type { Plan, PlanPreemption } from "../model/plan.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { dimensionsOfShare } from "../state/node-rows.ts";
import { isOwned, occupantOf, occupantsOf } from "../state/owners.ts";
import { heldOn } from "../state/part-tables.ts";
import { liveTables, planTables } from "../state/pass-snapshot.ts";
import { LimitRoom } from "./limit-room.ts";
import type { StartDecision } from "./start-events.ts";

export interface CommitOutcome {
  readonly starts: readonly StartDecision[];
  readonly conflicts: number;
}

export interface PreemptionOutcome {
  readonly preemptions: readonly PlanPreemption[];
  readonly conflicts: number;
}

/** Ids of suspended jobs of a plan that may go on at once; before its starts are committed. */
export function commitResumes(
  state: ClusterState,
  plan: Plan,
): { readonly jobs: readonly number[]; readonly conflicts: number } {
  const planned = (plan.resumes ?? []).filter(({ atS }) => atS <= plan.nowS).map((resume) => resume.jobId);
  if (planned.length === 0) return { jobs: [], conflicts: 0 };
  const { jobs, conflicts } = checkResumes(planned, planTables(state, plan.nowS));
  return { jobs, conflicts: conflicts.length };
}

/** The preemptions of a plan that still hold; its starts have been applied before. */
export function commitPreemptions(state: ClusterState, plan: Plan): PreemptionOutcome {
  const planned = plan.preemptions ?? [];
  if (planned.length === 0) return { preemptions: [], conflicts: 0 };
  const { preemptions, conflicts } = checkPreemptions(planned, liveTables(state, plan.nowS), (shape) =>
    state.shapes.request(shapeId(shape)),
  );
  return { preemptions, conflicts: conflicts.length };
}

const NO_DIMENSIONS: readonly number[] = [];

export function commitPlan(state: ClusterState, plan: Plan): CommitOutcome {
  if (plan.startCount === 0) return { starts: [], conflicts: 0 };
  const live = liveTables(state, plan.nowS);
  const { allocations, conflicts } = commit(plan, live, commitLookup(state));
  const within = withinArrayLimits(state, allocations);
  const room = new LimitRoom(plan, live);
  return {
    starts: within.map((made) => {
      const { start, jobId: id, partition, allocation } = made;
      const job = state.jobs.get(jobId(id));
      return {
        jobId: id,
        // By the plan's own row: that of the live tables may be another by now.
        priority: Math.floor(plan.priority[plan.startRow[start]!] ?? 0),
        partition: state.partitions[partition]?.spec.name ?? "",
        allocation,
        ...(job?.spec.timeMinS === undefined ? {} : { untilS: room.untilS(made, job.timeLimitS) }),
      };
    }),
    conflicts: conflicts.length + allocations.length - within.length,
  };
}

/** What commit asks of a state beside its tables. */
export const commitLookup = (state: ClusterState): CommitLookup => ({
  request: (shape) => state.shapes.request(shapeId(shape)),
  laneDimensions: (node, lane) => state.laneDimensions[node]?.[lane] ?? NO_DIMENSIONS,
  ...(state.shapes.withParts.size > 0 ? partsOf(state) : {}),
  ...(isOwned(state) ? { owners: ownersOf(state) } : {}),
});

const partsOf = (state: ClusterState): Pick<CommitLookup, "shareDimensions" | "parts"> => ({
  shareDimensions: (node, share) => dimensionsOfShare(state, node, share),
  parts: {
    devices: (node) => state.nodeRecords[node]?.spec.devices ?? [],
    held: (node) => heldOn(state, node),
  },
});

const ownersOf = (state: ClusterState): OwnerLookup => ({
  occupants: (node) => occupantsOf(state, node),
  starter: (id, partition) => {
    const job = state.jobs.get(jobId(id));
    const name = state.partitions[partition]?.spec.name ?? "";
    return job === undefined ? { user: "", isAlone: true } : occupantOf(state, job, name);
  },
});

/**
 * Leaves out starts past an array's `%limit`: its waiting rest and its requeued tasks are rows of their own, each with
 * the whole of what is left of the limit.
 */
function withinArrayLimits<T extends { readonly jobId: number }>(
  state: ClusterState,
  starts: readonly T[],
): readonly T[] {
  if (state.arrays.size === 0) return starts;
  const left = new Map<number, number>();
  return starts.filter(({ jobId: id }) => {
    const job = state.jobs.get(jobId(id));
    if (job?.array === undefined || job.throttle === 0) return true;
    const { arrayJobId } = job.array;
    const running = state.arrays.get(arrayJobId)?.running ?? 0;
    const more = left.get(arrayJobId) ?? job.throttle - running;
    left.set(arrayJobId, more - 1);
    return more > 0;
  });
}
