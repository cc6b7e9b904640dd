// What the author of a priority policy imports: extend Priority with one method.
import { Cluster, PendingJob } from "./generated/batch-block";

export { Cluster, PendingJob } from "./generated/batch-block";
export { log, random } from "./env";

/** Says how soon a pending job should run, beside the others. */
export abstract class Priority {
  /** Higher runs first; must be finite. Equal jobs run in order of their ids. */
  score(job: PendingJob, cluster: Cluster): f64 {
    return 0;
  }
}
