// What the author of a topology imports who chooses a job's whole set of nodes: extend SetTopology with one method.
import { Job } from "./generated/node-block";

export { Job, Node, nodeAt } from "./generated/node-block";
export { isFeasible, take, takeAny, takeBest, taken } from "./drivers/set-topology";
export {
  ANY, bestFit, countFeasible, countIdle, depth, prepareUnits, rowOfUnit, Unit, unitAt, unitCount, unitOf,
} from "./drivers/units";
export { log, random } from "./env";

/** Chooses the nodes of a job, by calling `take` or `takeBest` until `taken` is what it wants. */
export abstract class SetTopology {
  /** Once a pass, before any job: the columns are new and have rows 0 to count - 1. */
  prepare(count: i32): void {}

  /** The job wants `want` nodes, and at least as many are feasible. Less than that taken is a fault. */
  abstract choose(job: Job, want: i32): void;
}
