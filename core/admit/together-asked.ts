/** Where a job asks its nodes to lie together: next to each other, or on few leaf switches for as long as it waits. Pure. */
import type { JobSpec } from "../model/job-spec.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { Request, SwitchLimit } from "../model/request.ts";
import { parseSwitches } from "../model/switches.ts";
import type { AdmitCluster } from "./cluster.ts";

export interface TogetherAsk {
  readonly contiguous: boolean;
  /** undefined for any number. */
  readonly switches: SwitchLimit | undefined;
}

/** A job waits for few switches no longer than the site lets it, which is also what one that says no time waits. */
export function togetherAsked(spec: JobSpec, { maxSwitchWaitS }: AdmitCluster): Result<TogetherAsk> {
  const { contiguous = false, switches = "" } = spec;
  if (switches === "") return ok({ contiguous, switches: undefined });
  const limit = parseSwitches(switches);
  if (!limit.ok) return refuse(limit.code, `--switches: ${limit.message}`);
  const { count, waitS = maxSwitchWaitS } = limit.value;
  return ok({ contiguous, switches: { count, waitS: Math.min(waitS, maxSwitchWaitS) } });
}

/** The request without what changes nothing: one node is next to itself, and so many nodes hang on no more switches. */
export function withoutIdle(request: Request): Request {
  const { contiguous, switches, ...rest } = request;
  if (contiguous === undefined && switches === undefined) return request;
  const most = Math.max(request.minNodes, request.maxNodes);
  return {
    ...rest,
    ...(contiguous === true && most > 1 ? { contiguous } : {}),
    ...(switches !== undefined && most > switches.count ? { switches } : {}),
  };
}
