/**
 * What an agent's report of an ending means for the job: a final state with Slurm's reason, or a return to the queue.
 * Runs for each ended report before its event is written. Pure; writes nothing.
 */
import type { EndedReport } from "../../agents/protocol/frames.ts";
import type { Job, JobState } from "../model/job.ts";
import { signalWords } from "../model/signal-words.ts";

export type EndOutcome =
  | {
      readonly kind: "ended";
      readonly state: JobState;
      readonly exitCode: number;
      /** 0 for none. */
      readonly exitSignal: number;
      /** Slurm's reason, "" for none. */
      readonly endReason: string;
    }
  | { readonly kind: "requeue"; readonly held: Job["held"]; readonly endReason: string };

/** Shown as the reason of a job whose script could not be started, until somebody releases it. */
export const LAUNCH_FAILED = "launch failed requeued held";

/** An agent's signal for "stdin, stdout or stderr could not be opened": Slurm's records have 0:53. */
const FILE_FAILED = 53;

/** What was asked of the job before the report came goes before what the report says. */
export function endOf(report: EndedReport, job: Job): EndOutcome {
  const { ending } = job;
  if (ending?.state === "PENDING") return requeue(ending.held, "");
  if (ending !== undefined) return ended(report, ending.state, reasonOf(ending.state));
  switch (report.cause) {
    case "exit":
      return exited(report);
    case "cancelled":
      return ended(report, "CANCELLED", "");
    case "time-limit":
      return ended(report, "TIMEOUT", reasonOf("TIMEOUT"));
    case "oom":
      return ended(report, "OUT_OF_MEMORY", reasonOf("OUT_OF_MEMORY"));
    case "preemption":
      return ended(report, "PREEMPTED", "");
    case "requeue":
      return requeue("", "");
    case "node-failure":
    case "lost":
      if (job.requeueAllowed) return requeue("", "NodeDown");
      return ended(report, "NODE_FAIL", reasonOf("NODE_FAIL"));
    case "launch-failed":
      // A file of its own that cannot be opened is missing on every node; anything else its owner may release it from.
      if (job.requeueAllowed && report.signal !== FILE_FAILED) return requeue("user", LAUNCH_FAILED);
      return ended(
        { ...report, exitCode: report.exitCode === 0 && report.signal === 0 ? 1 : report.exitCode },
        "FAILED",
        "JobLaunchFailure",
      );
  }
}

function exited(report: EndedReport): EndOutcome {
  if (report.signal > 0) return ended(report, "FAILED", raisedSignal(report.signal));
  if (report.exitCode !== 0) return ended(report, "FAILED", "NonZeroExitCode");
  return ended(report, "COMPLETED", "");
}

const ended = (report: EndedReport, state: JobState, endReason: string): EndOutcome => ({
  kind: "ended",
  state,
  exitCode: report.exitCode,
  exitSignal: report.signal,
  endReason,
});

const requeue = (held: Job["held"], endReason: string): EndOutcome => ({ kind: "requeue", held, endReason });

const reasonOf = (state: JobState): string => {
  switch (state) {
    case "TIMEOUT":
      return "TimeLimit";
    case "NODE_FAIL":
      return "NodeDown";
    case "OUT_OF_MEMORY":
      return "OutOfMemory";
    default:
      return "";
  }
};

/** `RaisedSignal:9(Killed)`, as 26.05 has it; 22.05 says NonZeroExitCode. */
const raisedSignal = (signal: number): string => `RaisedSignal:${signal}(${signalWords(signal)})`;
