/**
 * The mail that a job asked for with --mail-type, when something has happened to it. Pure; the controller sends it.
 *
 * An array is one job to its owner: its mails are of the whole, when its first task starts and when its last one ends,
 * unless ARRAY_TASKS asks for those of each task.
 */
import type { Job } from "../model/job.ts";
import { MAIL_TYPES_OF_ALL, type MailType } from "../model/mail-type.ts";
import { outputPaths } from "../model/output-paths.ts";
import { printDurationLong } from "../model/time.ts";
import type { ArrayLife } from "../state/array-life.ts";

export type MailChange =
  | "BEGIN"
  /** Any ending; whether it is END's or FAIL's mail follows from the state. */
  | "END"
  | "REQUEUE"
  | "INVALID_DEPEND"
  | "TIME_LIMIT"
  | "TIME_LIMIT_90"
  | "TIME_LIMIT_80"
  | "TIME_LIMIT_50";

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly body: string;
}

/** What is known of the whole array that a task is of. */
export type ArrayFacts = Pick<ArrayLife, "taskCount" | "started" | "ended" | "failed">;

/** undefined when the job asked for no such mail. `array` is needed for mails of arrays as a whole. */
export function mailFor(job: Job, change: MailChange, array?: ArrayFacts): Mail | undefined {
  const types = typesOf(job);
  const isFailure = change === "END" && job.state !== "COMPLETED";
  const isWhole = job.array !== undefined && !types.has("ARRAY_TASKS");
  if (isWhole) return wholeArrayMail(job, change, types, array);
  if (!types.has(change) && !(isFailure && types.has("FAIL"))) return undefined;
  return mail(job, `Slurm ${nameOf(job)} Name=${job.name} ${whatHappened(job, change)}`);
}

function wholeArrayMail(
  job: Job,
  change: MailChange,
  types: ReadonlySet<string>,
  array: ArrayFacts | undefined,
): Mail | undefined {
  if (array === undefined) return undefined;
  const subject = `Slurm Array Summary Job_id=${job.array?.arrayJobId}_* (${job.id}) Name=${job.name}`;
  if (change === "BEGIN" && array.started === 1 && types.has("BEGIN")) return mail(job, `${subject} Began`);
  const isLast = change === "END" && array.ended === array.taskCount;
  if (!isLast || !(types.has("END") || (array.failed > 0 && types.has("FAIL")))) return undefined;
  const state = array.failed === 0 ? "COMPLETED" : array.failed === array.taskCount ? "FAILED" : "Mixed";
  return mail(job, `${subject} ${types.has("END") ? "Ended" : "Failed"}, ${state}`);
}

const typesOf = (job: Job): ReadonlySet<string> => {
  const types = new Set<MailType | string>((job.spec.mailType ?? []).map((type) => type.toUpperCase()));
  if (types.has("ALL")) for (const type of MAIL_TYPES_OF_ALL) types.add(type);
  return types;
};

function mail(job: Job, subject: string): Mail {
  const paths = outputPaths(job, "");
  const lines = [subject, "", `Command: ${job.spec.scriptPath ?? job.name}`, `Output: ${paths.stdOut}`, ""];
  // A subject is one header line.
  return {
    to: job.spec.mailUser ?? job.spec.user,
    subject: subject.replaceAll(/[\r\n]+/g, " "),
    body: lines.join("\n"),
  };
}

const nameOf = (job: Job): string =>
  job.array?.taskId === undefined
    ? `Job_id=${job.id}`
    : `Array Task Job_id=${job.array.arrayJobId}_${job.array.taskId} (${job.id})`;

function whatHappened(job: Job, change: MailChange): string {
  switch (change) {
    case "BEGIN":
      return `Began, Queued time ${printDurationLong(Math.max(0, job.startS - job.submitS))}`;
    case "END": {
      const word = job.state === "COMPLETED" ? "Ended" : "Failed";
      const run = printDurationLong(job.startS === 0 ? 0 : Math.max(0, job.endS - job.startS));
      const code = job.exitSignal > 0 ? "" : `, ExitCode ${job.exitCode}`;
      return `${word}, Run time ${run}, ${job.state}${code}`;
    }
    case "REQUEUE":
      return "Requeued";
    case "INVALID_DEPEND":
      return "Invalid dependency";
    case "TIME_LIMIT":
      return "Reached time limit";
    default:
      return `Reached ${change.slice("TIME_LIMIT_".length)}% of time limit`;
  }
}
