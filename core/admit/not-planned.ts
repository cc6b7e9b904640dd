/**
 * What is understood, checked and sized, and what the planner does not honour yet: refused by name, since a job that
 * starts without what it asked is worse than one that is refused. A line leaves this table when the planner has it.
 * Where an option changes nothing it is taken. Pure.
 */
import type { JobSpec } from "../model/job-spec.ts";
import type { Refusal } from "../model/refusal.ts";
import type { Request } from "../model/request.ts";
import type { AdmitCluster } from "./cluster.ts";

interface NotPlanned {
  readonly option: string;
  readonly isAsked: (spec: JobSpec, request: Request, cluster: AdmitCluster) => boolean;
  /** Of an option that means nothing wrong, why not even so. */
  readonly why?: string;
}

const NOT_PLANNED: readonly NotPlanned[] = [
  {
    option: "--gres-flags=enforce-binding",
    isAsked: isBound,
    why: "which CPUs of a node with several sockets a job gets does not go by its devices",
  },
  {
    option: "--threads-per-core",
    isAsked: leavesThreads,
    why: "of cores with more threads a job gets one or all",
  },
];

/** The first such option of the submission; undefined when there is none. */
export function notPlanned(spec: JobSpec, request: Request, cluster: AdmitCluster): Refusal | undefined {
  const found = NOT_PLANNED.find(({ isAsked }) => isAsked(spec, request, cluster));
  if (found === undefined) return undefined;
  const why = found.why === undefined ? "" : `: ${found.why}`;
  const message = `${found.option} is not supported by this version of Rota${why}`;
  return { code: "NOT_SUPPORTED", message, details: { option: found.option } };
}

/**
 * Devices and CPUs of one socket, where there is more than one and the job has not all of them. The other flags say what
 * steps may do, or how shared devices go to tasks, and jobs are given whole devices only.
 */
function isBound({ gresFlags = "" }: JobSpec, request: Request, { classes }: AdmitCluster): boolean {
  if (!gresFlags.split(",").includes("enforce-binding")) return false;
  if (request.gres.length === 0 || request.exclusive) return false;
  return classes.some(
    ({ sockets, gres }) => sockets > 1 && request.gres.some(({ dimension }) => (gres?.[dimension] ?? 0) > 0),
  );
}

/** Some of a core's threads, where there are more. */
function leavesThreads({ threadsPerCore = 1 }: JobSpec, _: Request, { classes }: AdmitCluster): boolean {
  return threadsPerCore > 1 && classes.some((nodeClass) => nodeClass.threadsPerCore > threadsPerCore);
}
