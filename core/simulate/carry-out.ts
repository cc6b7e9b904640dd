/**
 * What a plan comes to on the state that it was made of, in the controller's order: suspended jobs go on, jobs start,
 * others are asked to make room. The controller's own checks and events, with nothing between them; `apply` is called with
 * each event before the next is made.
 */
import { commitPlan, commitPreemptions, commitResumes } from "../controller/commit-plan.ts";
import { preemptEvents } from "../controller/preempt-events.ts";
import { resumeEvents } from "../controller/resume-events.ts";
import { type StartDecision, startEvents } from "../controller/start-events.ts";
import type { JobId } from "../model/ids.ts";
import type { Plan } from "../model/plan.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Event } from "../state/events.ts";

export interface CarriedOut {
  readonly resumed: readonly JobId[];
  readonly starts: readonly StartDecision[];
  /** Asked to end, or to stand still. */
  readonly victims: readonly JobId[];
  readonly conflicts: number;
}

/** Of how long a claim holds here: victims leave as soon as their grace time lets them. */
const NO_KILL_WAIT_S = 0;

export function carryOut(
  state: ClusterState,
  plan: Plan,
  nowS: number,
  apply: (event: Event) => void,
): CarriedOut {
  const goOn = commitResumes(state, plan);
  const { events, resumed } = resumeEvents(goOn.jobs, nowS);
  for (const event of events) apply(event);
  const { starts, conflicts } = commitPlan(state, plan);
  if (starts.length > 0) for (const event of startEvents(state, starts, nowS).events) apply(event);
  const preempted = commitPreemptions(state, plan);
  const making = preemptEvents(state, preempted.preemptions, nowS, NO_KILL_WAIT_S);
  for (const event of making.events) apply(event);
  return {
    resumed,
    starts,
    victims: making.victims,
    conflicts: goOn.conflicts + conflicts + preempted.conflicts,
  };
}
