/**
 * Slurm's word for why a job is where it is: squeue's `(Resources)`, scontrol's Reason=. What the state alone knows
 * (a hold, a dependency, a begin time, how it ended) goes before what the last plan said, which may be older. Pure.
 */
import { compressHostlist } from "../model/hostlist.ts";
import { isEnded, type Job } from "../model/job.ts";
import type { WaitReason } from "../model/reasons.ts";
import { isDependencyOpen, isNeverMet } from "../state/pending-rows.ts";

/** What the last plan said of a waiting job. */
export interface PlannedWait {
  readonly reason: WaitReason;
  readonly priority: number;
  /** Epoch seconds, 0 for none. */
  readonly expectedStartS: number;
  /** Nodes that were asked for and are down or drained, for ReqNodeNotAvail. */
  readonly unavailableNodes?: readonly string[];
}

/** How the reasons end of jobs that were held when they were requeued: why says more than by whom. */
const HELD_BY_REQUEUE = " requeued held";

export function reasonOf(job: Job, nowS: number, planned: PlannedWait | undefined): string {
  if (isEnded(job.state)) return job.endReason === "" ? "None" : job.endReason;
  if (job.state === "RUNNING") return "None";
  if (job.held !== "" && job.endReason.endsWith(HELD_BY_REQUEUE)) return job.endReason;
  if (job.reservationDeleted === true) return "ReservationDeleted";
  if (job.held !== "") return job.held === "user" ? "JobHeldUser" : "JobHeldAdmin";
  if (isNeverMet(job)) return "DependencyNeverSatisfied";
  if (isDependencyOpen(job)) return "Dependency";
  if (job.beginS > nowS) return "BeginTime";
  if (planned === undefined || isStale(planned.reason)) return "None";
  const unavailable = planned.unavailableNodes ?? [];
  if (planned.reason !== "ReqNodeNotAvail" || unavailable.length === 0) return planned.reason;
  return `ReqNodeNotAvail, UnavailableNodes:${compressHostlist(unavailable)}`;
}

/** A plan from before the hold, the dependency or the begin time was over says nothing any more. */
const isStale = (reason: WaitReason): boolean =>
  reason === "JobHeldUser" ||
  reason === "JobHeldAdmin" ||
  reason === "Dependency" ||
  reason === "DependencyNeverSatisfied" ||
  reason === "BeginTime";
