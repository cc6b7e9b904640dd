/**
 * File names of a job's input and output, `slurm-%A_%a.out`. Expanded by the agent that opens the file and by the
 * commands that show it; pure, never touches a file.
 */
import { digitsEnd, readNumber } from "./parse-result.ts";

export interface FilenameContext {
  readonly jobId: number;
  /** Id of the array's record; absent for a job that is not of an array. */
  readonly arrayJobId?: number | undefined;
  /** Absent for a job that is not of an array, and for the waiting rest of one. */
  readonly arrayTaskId?: number | undefined;
  readonly jobName: string;
  readonly user: string;
  /** Short host name. */
  readonly node: string;
  /** Rank of the node in the job, from 0. */
  readonly nodeIndex: number;
  /** Rank of the task in the step; 0 when absent. */
  readonly taskId?: number | undefined;
  /** Absent for the batch script. */
  readonly stepId?: number | undefined;
  /** How often the job was requeued. */
  readonly restarts: number;
}

/** Longest pattern that is expanded, in characters; no file name is longer. */
export const MAX_PATTERN_LENGTH = 4096;
/** What stands for the task of a job that has none, as Slurm prints it. */
const NO_TASK = 4_294_967_294;
const MAX_WIDTH = 10;

/**
 * The file name: `%A %a %b %J %j %N %n %r %s %t %u %x %%` replaced, numbers padded with zeros where a width of up to 10
 * is given (`%4j`), unknown letters left as they are. A backslash anywhere turns this off: the backslashes are removed
 * and nothing is replaced. A pattern over MAX_PATTERN_LENGTH is no file name and comes back unchanged.
 */
export const expandPattern = (pattern: string, context: FilenameContext): string => {
  if (pattern.length > MAX_PATTERN_LENGTH) return pattern;
  if (pattern.includes("\\")) return pattern.replaceAll("\\", "");
  let name = "";
  for (let at = 0; at < pattern.length; ) {
    const percent = pattern.indexOf("%", at);
    if (percent < 0) return name + pattern.slice(at);
    name += pattern.slice(at, percent);
    const end = digitsEnd(pattern, percent + 1);
    const width = Math.min(readNumber(pattern, percent + 1, end), MAX_WIDTH);
    const value = replacementFor(pattern.charAt(end), width, context);
    name += value ?? pattern.slice(percent, end + 1);
    at = end + 1;
  }
  return name;
};

const replacementFor = (letter: string, width: number, context: FilenameContext): string | undefined => {
  const number = (n: number): string => `${n}`.padStart(width, "0");
  const task = context.arrayTaskId ?? NO_TASK;
  switch (letter) {
    case "A":
      return number(context.arrayJobId ?? context.jobId);
    case "a":
      return number(task);
    case "b":
      return number(task % 10);
    case "J":
      return context.stepId === undefined
        ? number(context.jobId)
        : `${number(context.jobId)}.${context.stepId}`;
    case "j":
      return number(context.jobId);
    case "N":
      return context.node;
    case "n":
      return number(context.nodeIndex);
    case "r":
      return number(context.restarts);
    case "s":
      return context.stepId === undefined ? "batch" : number(context.stepId);
    case "t":
      return number(context.taskId ?? 0);
    case "u":
      return context.user;
    case "x":
      return context.jobName;
    case "%":
      return "%";
    default:
      return undefined;
  }
};
