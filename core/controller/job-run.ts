/** One run of a job as the dispatcher and the agents name it, and what stands for an agent's word of its end. Pure. */
import type { EndCause, EndedReport, JobRunKey } from "../../agents/protocol/frames.ts";
import type { Job, JobState } from "../model/job.ts";

export const SIGTERM = 15;

/** What stands for the report of an agent that will never send one. */
export const reportWithout = (job: Job, cause: EndedReport["cause"], signal: number): EndedReport => ({
  ...keyOf(job),
  exitCode: 0,
  signal,
  cause,
  text: "",
  startedMs: job.startS * 1000,
  endedMs: 0,
  cpuTimeMs: -1,
  maxRssMib: -1,
});

export const runOf = (job: Job): string => `${job.id}.${job.restarts}`;

export const keyOf = (job: Job): JobRunKey => ({ jobId: job.id, restarts: job.restarts });

/** What an agent is told of why it ends a job that is to end in this state. */
export function causeOf(state: JobState): EndCause {
  switch (state) {
    case "PENDING":
      return "requeue";
    case "TIMEOUT":
      return "time-limit";
    case "NODE_FAIL":
      return "node-failure";
    case "PREEMPTED":
      return "preemption";
    default:
      return "cancelled";
  }
}
