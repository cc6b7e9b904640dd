/** What is said of the job under the pointer. */
import { durationText, grouped } from "../scale.ts";
import type { GanttRun } from "./gantt-picture.ts";

/** The job at a time and a row (a node being one high), or -1. The last drawn one wins, as on the picture. */
export function jobAt({ jobs, bars }: GanttRun, timeS: number, row: number): number {
  for (let at = bars.count - 1; at >= 0; at--) {
    if (row < bars.top[at]! || row >= bars.bottom[at]!) continue;
    const i = bars.job[at]!;
    if (jobs.startS[i]! <= timeS && timeS < jobs.startS[i]! + jobs.runS[i]!) return i;
  }
  return -1;
}

/** Lines; the first names the job. */
export function jobWords({ jobs }: GanttRun, i: number, zeroS: number): string {
  const startS = jobs.startS[i]!;
  const user = jobs.user[i]!;
  const parts = [plural(jobs.nodes[i]!, "node"), plural(jobs.cpus[i]!, "CPU")];
  if (jobs.gpus[i]! > 0) parts.push(plural(jobs.gpus[i]!, "GPU"));
  return [
    `Job ${jobs.id[i]!}${user < 0 ? "" : `, user ${user}`}`,
    parts.join(", "),
    `submitted at ${durationText(startS - jobs.waitS[i]! - zeroS)}, waited ${durationText(jobs.waitS[i]!)}`,
    `started at ${durationText(startS - zeroS)}, ran ${durationText(jobs.runS[i]!)} of ${durationText(jobs.timeLimitS[i]!)}`,
    `on ${nodeRanges(jobs.first.subarray(jobs.offset[i]!, jobs.offset[i + 1]!), jobs.last.subarray(jobs.offset[i]!, jobs.offset[i + 1]!))}`,
  ].join("\n");
}

const MAX_RANGES = 4;

function nodeRanges(first: Int32Array, last: Int32Array): string {
  const shown = Array.from(first.subarray(0, MAX_RANGES), (from, at) =>
    from === last[at]! ? `${from}` : `${from}\u2013${last[at]!}`,
  );
  const rest = first.length - shown.length;
  const word = first.length === 1 && first[0] === last[0] ? "node" : "nodes";
  return `${word} ${shown.join(", ")}${rest > 0 ? ` and ${plural(rest, "more range")}` : ""}`;
}

const plural = (count: number, word: string): string => `${grouped(count)} ${word}${count === 1 ? "" : "s"}`;
