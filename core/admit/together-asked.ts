/** Where a job asks its nodes to lie together: next to each other, or on few leaf switches for as long as it waits. Pure. */
import type { JobSpec } from "../model/job-spec.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { SwitchLimit } from "../model/request.ts";
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
