/** The contract's four nodes, and what admission makes of a submission there. */
import { admit } from "../../core/admit/admit.ts";
import type { AdmitCluster } from "../../core/admit/cluster.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { Refusal } from "../../core/model/refusal.ts";
import type { Request } from "../../core/model/request.ts";
import { fourNodes, NOW_S, spec } from "./cluster.ts";

export const four = admitClusterOf(fourNodes(), () => 0);
export const CALLER = { operator: false };

export const request = (over: Partial<JobSpec>, on: AdmitCluster = four): Request => {
  const result = admit(spec(over), on, NOW_S, CALLER);
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.message}`);
  return result.value.job.request;
};

export const refused = (over: Partial<JobSpec>, on: AdmitCluster = four): Refusal => {
  const result = admit(spec(over), on, NOW_S, CALLER);
  if (result.ok) throw new Error(`admitted: ${JSON.stringify(result.value.job.request)}`);
  return result.refusal;
};
