/**
 * Priority in plain TypeScript: first in, first out by job id. Serves when a site has no priority module, and when a
 * module has given a wrong answer. Cannot fail.
 */
import type { PriorityPolicy } from "../model/policy.ts";

/** Greatest priority, that of a job with id 0; one less for each id. The figure is the one of Slurm's priority/basic. */
const FIRST_PRIORITY = 4_294_901_760;

export function fifoPriority(): PriorityPolicy {
  return {
    name: "fifo",
    time: "static",
    rank: (batch, out) => {
      for (let i = 0; i < batch.count; i++) out[i] = FIRST_PRIORITY - batch.jobId[i]!;
      return undefined;
    },
  };
}
