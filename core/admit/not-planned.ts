/**
 * What is understood, checked and sized, and what the planner does not honour yet: refused by name, since a job that
 * starts without what it asked is worse than one that is refused. A line leaves this table when the planner has it.
 * Where an option changes nothing it is taken. Pure.
 */
import { parseDistribution } from "../model/distribution.ts";
import type { JobSpec } from "../model/job-spec.ts";
import type { Refusal } from "../model/refusal.ts";
import type { Request } from "../model/request.ts";
import type { AdmitCluster } from "./cluster.ts";

interface NotPlanned {
  readonly option: string;
  readonly isAsked: (spec: JobSpec, request: Request, cluster: AdmitCluster) => boolean;
}

const NOT_PLANNED: readonly NotPlanned[] = [
  { option: "--distribution", isAsked: ({ distribution = "" }) => !isBlock(distribution) },
  { option: "--exclusive=user", isAsked: ({ exclusiveUser }) => exclusiveUser === true },
  { option: "--gpus-per-socket", isAsked: ({ gpusPerSocket = "" }) => gpusPerSocket !== "" },
  { option: "--gres-flags", isAsked: ({ gresFlags = "" }) => gresFlags !== "" && gresFlags !== NO_BINDING },
  { option: "--ntasks-per-core", isAsked: sharesCores },
  { option: "--overcommit", isAsked: ({ overcommit }) => overcommit === true },
];

/** Devices are never bound to sockets. */
const NO_BINDING = "disable-binding";

/** The first such option of the submission; undefined when there is none. */
export function notPlanned(spec: JobSpec, request: Request, cluster: AdmitCluster): Refusal | undefined {
  const found = NOT_PLANNED.find(({ isAsked }) => isAsked(spec, request, cluster));
  if (found === undefined) return undefined;
  const message = `${found.option} is not supported by this version of Rota`;
  return { code: "NOT_SUPPORTED", message, details: { option: found.option } };
}

/** Tasks in a row on each node, as they are without the option. */
function isBlock(text: string): boolean {
  const asked = text === "" ? undefined : parseDistribution(text);
  if (asked === undefined || !asked.ok) return true;
  const { nodes, sockets, cores, pack } = asked.value;
  return (
    (nodes === "default" || nodes === "block") && [sockets, cores, pack].every((word) => word === "default")
  );
}

/** A core with more threads than tasks are wanted on it may get more of them. */
function sharesCores({ ntasksPerCore }: JobSpec, request: Request, { classes }: AdmitCluster): boolean {
  if (ntasksPerCore === undefined || request.oneThreadPerCore === 1) return false;
  return classes.some(({ threadsPerCore }) => threadsPerCore > ntasksPerCore);
}
