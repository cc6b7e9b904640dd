/** How the priority of a waiting job comes about, as the outside sees it. The factors are handed in. Pure. */

import type { FactorNumbers, PriorityView } from "../model/account-views.ts";
import type { Job } from "../model/job.ts";
import { displayId } from "./display-id.ts";

/** The factors of a job in one partition. */
export interface JobFactors {
  readonly normal: FactorNumbers;
  readonly weighted: FactorNumbers;
  readonly site: number;
  readonly nice: number;
  readonly priority: number;
}

export function priorityView(job: Job, partition: string, factors: JobFactors): PriorityView {
  const isSet = job.setPriority >= 0;
  return {
    jobId: job.id,
    displayId: displayId(job),
    name: job.name,
    user: job.spec.user,
    uid: job.spec.uid,
    account: job.account,
    qos: job.qos,
    partition,
    priority: isSet ? job.setPriority : factors.priority,
    isSet,
    site: factors.site,
    nice: factors.nice,
    normal: factors.normal,
    weighted: factors.weighted,
  };
}
