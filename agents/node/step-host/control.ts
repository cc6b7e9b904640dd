/**
 * What an agent and its step host tell each other: one JSON value a line, over a socket in the agent's state directory
 * that only the agent's user can open. Both are of one build, so nothing is negotiated. Types only, and the codec.
 */
import type { EndCause, StepEndedReport, StepKey, StepOrder } from "../../protocol/frames.ts";

/** One node's part of a step, with what only the agent knows of the host and the job's place on it. */
export interface HostStep extends StepOrder {
  readonly nodeName: string;
  /** Environment of each task by local id: the variables of its devices. One entry serves all where they are alike. */
  readonly taskEnvironments: readonly Readonly<Record<string, string>>[];
  readonly passwd: { readonly home: string; readonly shell: string };
  /** cgroup.procs files that each task joins, the last one being the step's own. */
  readonly joins: readonly string[];
  /** Whether the last of `joins` names all processes of the step. */
  readonly tracked: boolean;
  /** Limit of private memory of each process, KiB; 0 for none. */
  readonly dataKib: number;
  /** Programs in front of the task's: taskset. */
  readonly words: readonly string[];
  /** Words that run a program as the job's user; none when that is the agent's. */
  readonly asUser: readonly string[];
  /** A file of `word number` lines whose `oom_kill` counts what the kernel ended for memory; "" where there is none. */
  readonly oomFile: string;
}

export type ToHost =
  | { readonly do: "launch"; readonly step: HostStep }
  | { readonly do: "end"; readonly step: StepKey; readonly cause: EndCause; readonly graceMs: number }
  | { readonly do: "signal"; readonly step: StepKey; readonly signal: number }
  | { readonly do: "forget"; readonly step: StepKey };

export type FromHost =
  /** The first word to each agent: every step that runs or is not forgotten. */
  | { readonly say: "steps"; readonly steps: readonly { step: StepKey; ended?: StepEndedReport }[] }
  | { readonly say: "ended"; readonly report: StepEndedReport };

export const stepName = ({ jobId, restarts, stepId }: StepKey): string => `${jobId}.${restarts}.${stepId}`;

/** A line of either side is below this; a longer one is a bug of this build. */
const MAX_LINE_CHARS = 64 * 1024 * 1024;

/** Gives each whole line's value to `take`. */
export const lineReader = <T>(take: (value: T) => void): ((bytes: Buffer) => void) => {
  let parts: Buffer[] = [];
  let length = 0;
  return (bytes) => {
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      parts.push(bytes.subarray(from, end));
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      length = 0;
      from = end + 1;
      take(JSON.parse(line) as T);
    }
    if (from === bytes.length) return;
    parts.push(bytes.subarray(from));
    length += bytes.length - from;
    if (length > MAX_LINE_CHARS) throw new Error("a line without an end");
  };
};

export const line = (value: ToHost | FromHost): string => `${JSON.stringify(value)}\n`;
