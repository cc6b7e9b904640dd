/** Events of job steps: their starts and ends. A job's end, or its return to the queue, ends the steps that still run. */
import type { JobId } from "../model/ids.ts";
import { isEnded } from "../model/job.ts";
import {
  type JobSteps,
  MAX_KEPT_STEPS,
  MAX_STEP_TASKS,
  MAX_STEPS_PER_JOB,
  type Step,
} from "../model/step.ts";
import type { ClusterState } from "./cluster-state.ts";
import { demand, type EventOf, jobOf } from "./event-of.ts";

export function applyStepStarted(state: ClusterState, event: EventOf<"step.started">): void {
  const job = jobOf(state, event);
  demand(job.state === "RUNNING", state, event, `job ${job.id} does not run`);
  const { stepId, step, atS } = event;
  const known = state.steps.get(job.id);
  demand(stepId === (known?.nextStepId ?? 0), state, event, `step ${stepId} is not the next`);
  demand(stepId < MAX_STEPS_PER_JOB, state, event, "the job has too many steps");
  demand(
    step.shares.length > 0 && step.tasks <= MAX_STEP_TASKS,
    state,
    event,
    "a step without nodes, or too large",
  );
  const isHeld = step.shares.every(({ node }) => job.allocation?.nodes.some((share) => share.node === node));
  demand(isHeld, state, event, `a node is not of job ${job.id}`);
  const steps: JobSteps = known ?? { nextStepId: 0, running: [], ended: [] };
  steps.nextStepId = stepId + 1;
  steps.running.push({ ...step, stepId, startS: atS, state: "RUNNING", endS: 0, exitCode: 0, exitSignal: 0 });
  if (known === undefined) state.steps.set(job.id, steps);
}

export function applyStepEnded(state: ClusterState, event: EventOf<"step.ended">): void {
  const steps = state.steps.get(event.jobId as JobId);
  const at = steps?.running.findIndex(({ stepId }) => stepId === event.stepId) ?? -1;
  demand(steps !== undefined && at >= 0, state, event, `step ${event.jobId}.${event.stepId} does not run`);
  demand(event.state !== "RUNNING" && isEnded(event.state), state, event, `${event.state} is no end`);
  const [step] = steps!.running.splice(at, 1);
  endStep(steps!, step!, event);
}

/** The job has ended: whatever of its steps has not been reported is over with it. */
export function endSteps(state: ClusterState, jobId: JobId, atS: number): void {
  const steps = state.steps.get(jobId);
  if (steps === undefined) return;
  for (const step of steps.running.splice(0))
    endStep(steps, step, { state: "CANCELLED", atS, exitCode: 0, exitSignal: 15 });
}

function endStep(
  steps: JobSteps,
  step: Step,
  end: Pick<EventOf<"step.ended">, "state" | "atS" | "exitCode" | "exitSignal">,
): void {
  step.state = end.state;
  step.endS = end.atS;
  step.exitCode = end.exitCode;
  step.exitSignal = end.exitSignal;
  steps.ended.push(step);
  if (steps.ended.length > MAX_KEPT_STEPS) steps.ended.shift();
}
