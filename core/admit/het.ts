/**
 * Admission of a heterogeneous job: each component is admitted as a job of its own with the identity, script and start
 * of the whole, and one refusal refuses all. Pure.
 */
import { MAX_HET_COMPONENTS } from "../model/het.ts";
import type { HetComponent, JobSpec } from "../model/job-spec.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { SubmittedFields } from "../state/events.ts";
import { type Admitted, admit } from "./admit.ts";
import type { AdmitCaller, AdmitCluster } from "./cluster.ts";

export interface AdmittedHet {
  /** What the journal keeps of each component, the leader's first. */
  readonly jobs: readonly SubmittedFields[];
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Admits all components or none. As `admit`; an array cannot be heterogeneous. */
export function admitHet(
  spec: JobSpec,
  cluster: AdmitCluster,
  nowS: number,
  caller: AdmitCaller,
): Result<AdmittedHet> {
  const { het = [], ...leader } = spec;
  const size = het.length + 1;
  if (size > MAX_HET_COMPONENTS)
    return refuse("TOO_LARGE", `${size} components are above ${MAX_HET_COMPONENTS}`, {
      components: size,
      max: MAX_HET_COMPONENTS,
    });
  if (spec.array !== undefined) return refuse("INVALID_ARRAY", "a heterogeneous job cannot be an array");
  const jobs: SubmittedFields[] = [];
  for (let offset = 0; offset < size; offset++) {
    const asked = offset === 0 ? leader : componentSpec(leader, het[offset - 1]!);
    const admitted = admit(asked, cluster, nowS, caller, size);
    if (!admitted.ok) return inComponent(offset, admitted);
    jobs.push(fieldsOf(admitted.value, jobs[0]));
  }
  return ok({ jobs, script: spec.script, environment: spec.environment });
}

/** What a component has in place of the leader's, which is checked with the leader and may have megabytes. */
const CHECKED = { script: "#!", environment: {} } as const;

/** The whole's identity and start with the request of the component. */
function componentSpec(leader: JobSpec, component: HetComponent): JobSpec {
  const { name, scriptPath, args, user, uid, group, gid, submitHost, submitSid } = leader;
  const { workDir, beginS, deadlineS, hold, requeue, nice, reservation } = leader;
  const { output, error, input, openMode } = leader;
  const whole = {
    ...CHECKED,
    ...{ name, scriptPath, args, user, uid, group, gid, submitHost, submitSid, workDir },
    ...{ beginS, deadlineS, hold, requeue, nice, reservation, output, error, input, openMode },
  };
  const said = Object.entries({ ...whole, ...component }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as unknown as JobSpec;
}

/** A component returns to the queue when its leader does. */
const fieldsOf = ({ job }: Admitted, leader: SubmittedFields | undefined): SubmittedFields =>
  leader === undefined ? job : { ...job, requeueAllowed: leader.requeueAllowed };

function inComponent(offset: number, { refusal }: Extract<Result<Admitted>, { ok: false }>): Result<never> {
  const { code, message, details } = refusal;
  return refuse(code, `component ${offset}: ${message}`, { ...details, component: offset });
}
