/** What the `rota` commands say of a job in a few words: state, age, where it runs or why it waits. Pure. */
import type { ShownState } from "../../model/job.ts";
import { printMemory } from "../../model/memory.ts";
import { printDurationShort, printTimestamp, UNLIMITED_S } from "../../model/time.ts";
import type { JobView } from "../../model/views.ts";
import { runTimeS } from "../job-text.ts";
import type { Colours } from "./terminal.ts";

/** The state in its colour: green for what is well, yellow for what waits, red for what failed. */
export const paintState = (text: string, state: ShownState, colours: Colours): string => {
  if (state === "RUNNING" || state === "COMPLETED") return colours.green(text);
  if (state === "PENDING" || state === "SUSPENDED") return colours.yellow(text);
  return state === "CANCELLED" || state === "PREEMPTED" ? colours.dim(text) : colours.red(text);
};

/** `RUNNING`, or `COMPLETING` while its end is awaited, `HELD` for one that waits for its release. */
export const stateWord = (job: JobView): string => {
  if (job.completing) return "COMPLETING";
  if (job.configuring === true) return "CONFIGURING";
  return job.state === "PENDING" && job.held !== "" ? "HELD" : job.state;
};

/** Seconds that it ran, or has run; 0 for one that waits. */
export const ranS = (job: JobView, nowS: number): number => {
  if (job.startIsExpected || job.startS === 0) return 0;
  return runTimeS(job, nowS);
};

/** `0:12 of 10:00`; the limit alone for one that waits. */
export const timeWords = (job: JobView, nowS: number): string => {
  const limit = job.timeLimitS === UNLIMITED_S ? "no limit" : printDurationShort(job.timeLimitS);
  return job.state === "PENDING" ? limit : `${printDurationShort(ranS(job, nowS))} of ${limit}`;
};

/** Nodes of one that runs or ran; why one waits, with its expected start; why one failed. */
export const whereOrWhy = (job: JobView, nowS: number): string => {
  if (job.state === "PENDING") {
    const start =
      job.startIsExpected && job.startS > nowS
        ? `, starts in about ${printDurationShort(job.startS - nowS)}`
        : "";
    return `waits: ${job.reason}${start}`;
  }
  if (job.nodes !== "") return job.nodes;
  return job.reason === "None" ? "" : job.reason;
};

/** `0`, `3`, or `signal 9` for one that a signal ended. */
export const exitWords = (exitCode: number, exitSignal: number): string =>
  exitSignal > 0 ? `signal ${exitSignal}` : `${exitCode}`;

/** Local time; "" for none. */
export const momentWords = (epochS: number): string => (epochS > 0 ? printTimestamp(epochS) : "");

/** `4G`; "" for none. */
export const memoryWords = (mib: number): string => (mib > 0 ? printMemory(mib) : "");
