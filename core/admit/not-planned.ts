/**
 * What is understood, checked and sized, and what the planner does not honour yet: refused by name, since a job that
 * starts without what it asked is worse than one that is refused. A line leaves this table when the planner has it.
 * Where an option changes nothing (one node is always contiguous) it is taken. Pure.
 */
import { parseConstraint } from "../model/constraint.ts";
import type { JobSpec } from "../model/job-spec.ts";
import type { Refusal } from "../model/refusal.ts";
import type { Request } from "../model/request.ts";
import { parseSwitches } from "../model/switches.ts";
import type { AdmitCluster } from "./cluster.ts";

interface NotPlanned {
  readonly option: string;
  readonly isAsked: (spec: JobSpec, request: Request, cluster: AdmitCluster) => boolean;
  /** Of an option that means nothing wrong, why not even so. */
  readonly why?: string;
}

const NOT_PLANNED: readonly NotPlanned[] = [
  { option: "--constraint with [] or *", isAsked: ({ constraint = "" }) => !isPlain(constraint) },
  { option: "--contiguous", isAsked: ({ contiguous }, { maxNodes }) => contiguous === true && maxNodes > 1 },
  { option: "--exclusive=user", isAsked: ({ exclusiveUser }) => exclusiveUser === true },
  { option: "--gpus-per-socket", isAsked: ({ gpusPerSocket = "" }) => gpusPerSocket !== "" },
  {
    option: "--gres-flags=enforce-binding",
    isAsked: isBound,
    why: "which CPUs of a node with several sockets a job gets does not go by its devices",
  },
  { option: "--ntasks-per-core", isAsked: sharesCores },
  { option: "--switches", isAsked: ({ switches = "" }, { maxNodes }) => maxNodes > leavesOf(switches) },
];

/** The first such option of the submission; undefined when there is none. */
export function notPlanned(spec: JobSpec, request: Request, cluster: AdmitCluster): Refusal | undefined {
  const found = NOT_PLANNED.find(({ isAsked }) => isAsked(spec, request, cluster));
  if (found === undefined) return undefined;
  const why = found.why === undefined ? "" : `: ${found.why}`;
  const message = `${found.option} is not supported by this version of Rota${why}`;
  return { code: "NOT_SUPPORTED", message, details: { option: found.option } };
}

/** One expression of features that each node must have, whatever way that is written. */
function isPlain(text: string): boolean {
  const constraint = parseConstraint(text);
  if (!constraint.ok) return true;
  const [option, ...others] = constraint.value.options;
  return others.length === 0 && option?.counts.length === 0;
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

/** A core with more threads than tasks are wanted on it may get more of them. */
function sharesCores({ ntasksPerCore }: JobSpec, request: Request, { classes }: AdmitCluster): boolean {
  if (ntasksPerCore === undefined || request.oneThreadPerCore === 1) return false;
  return classes.some(({ threadsPerCore }) => threadsPerCore > ntasksPerCore);
}

function leavesOf(switches: string): number {
  const asked = switches === "" ? undefined : parseSwitches(switches);
  return asked?.ok === true ? asked.value.count : Number.POSITIVE_INFINITY;
}
