/** The contract's four nodes, and what admission makes of a submission there. */
import { admit } from "../../core/admit/admit.ts";
import { askOf } from "../../core/admit/ask.ts";
import type { AdmitCluster } from "../../core/admit/cluster.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import { partitionsOf } from "../../core/admit/queue-asked.ts";
import { requestOf } from "../../core/admit/sizing.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { Refusal, Result } from "../../core/model/refusal.ts";
import type { Request } from "../../core/model/request.ts";
import { fourNodes, NOW_S, spec } from "./cluster.ts";

export const four = admitClusterOf(fourNodes(), () => 0);
export const CALLER = { operator: false };

export const request = (over: Partial<JobSpec>, on: AdmitCluster = four): Request => {
  const result = admit(spec(over), on, NOW_S, CALLER);
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.message}`);
  return result.value.job.request;
};

/** As `request`, of what is understood, whether the planner has it or not. */
export const understood = (over: Partial<JobSpec>, on: AdmitCluster = four): Result<Request> => {
  const asked = spec(over);
  const partitions = partitionsOf(asked, on);
  if (!partitions.ok) return partitions;
  const ask = askOf(asked, on);
  return ask.ok ? requestOf(ask.value, partitions.value, on) : ask;
};

export const refused = (over: Partial<JobSpec>, on: AdmitCluster = four): Refusal => {
  const result = admit(spec(over), on, NOW_S, CALLER);
  if (result.ok) throw new Error(`admitted: ${JSON.stringify(result.value.job.request)}`);
  return result.refusal;
};
