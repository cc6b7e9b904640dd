/** What the reports of a step's nodes come to: its state, and the highest exit code and signal of its tasks. Pure. */
import type { StepEndedReport } from "../../agents/protocol/frames.ts";
import type { Step } from "../model/step.ts";

export interface StepEnd {
  readonly state: Step["state"];
  readonly exitCode: number;
  readonly exitSignal: number;
}

export function stepEnd(reports: readonly StepEndedReport[]): StepEnd {
  const exitCode = reports.reduce((worst, report) => Math.max(worst, report.exitCode), 0);
  const exitSignal = reports.reduce((worst, report) => Math.max(worst, report.signal), 0);
  return { state: stateOf(reports, exitCode, exitSignal), exitCode, exitSignal };
}

/** Where nodes differ, what was done to the step goes before what its tasks did. */
function stateOf(reports: readonly StepEndedReport[], exitCode: number, exitSignal: number): Step["state"] {
  const has = (...causes: readonly StepEndedReport["cause"][]): boolean =>
    reports.some(({ cause }) => causes.includes(cause));
  if (has("time-limit")) return "TIMEOUT";
  if (has("preemption")) return "PREEMPTED";
  if (has("cancelled", "requeue")) return "CANCELLED";
  if (has("lost", "node-failure")) return "NODE_FAIL";
  if (has("oom")) return "OUT_OF_MEMORY";
  return has("launch-failed") || exitCode !== 0 || exitSignal !== 0 ? "FAILED" : "COMPLETED";
}
