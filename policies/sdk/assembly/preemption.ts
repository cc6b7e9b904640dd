// What the author of a preemption policy imports: extend Preemption with one method.
import { RunningJob } from "./generated/victim-block";

export { RunningJob } from "./generated/victim-block";
export { log, random } from "./env";

/** Says what it costs to end a running job so that a more urgent one can start. */
export abstract class Preemption {
  /** The least is taken first; must be finite. Of equal jobs the one with the greater id is taken first. */
  cost(job: RunningJob): f64 {
    return 0;
  }
}
