/** What squeue --steps can say of a job step. A batch job has one step, its batch script on its first node. Pure. */
import { printDurationShort } from "../../model/time.ts";
import type { JobView } from "../../model/views.ts";
import type { Field } from "../columns.ts";
import { NULL, runTimeS } from "../job-text.ts";
import type { TimePrinter } from "../time-format.ts";

/** A step of a running job. */
export interface StepRow {
  readonly job: JobView;
  /** `12.batch`, `2_0.batch` */
  readonly stepId: string;
  readonly name: string;
}

/** The batch steps of the jobs that run. */
export const stepsOf = (jobs: readonly JobView[]): StepRow[] =>
  jobs
    .filter((job) => job.state === "RUNNING" || job.state === "SUSPENDED")
    .map((job) => ({ job, stepId: `${job.displayId}.batch`, name: "batch" }));

export const stepFields = (nowS: number, time: TimePrinter): readonly Field<StepRow>[] => {
  const field = (
    letter: string,
    names: readonly string[],
    header: string,
    value: Field<StepRow>["value"],
    order?: Field<StepRow>["order"],
  ): Field<StepRow> => ({ letter, names, header, value, ...(order === undefined ? {} : { order }) });
  return [
    field("A", ["numtasks"], "NTASKS", () => "1"),
    field("b", ["trespernode", "gres"], "TRES_PER_NODE", () => NULL),
    field(
      "i",
      ["stepid"],
      "STEPID",
      ({ stepId }) => stepId,
      ({ job }) => job.jobId,
    ),
    field("j", ["stepname", "name"], "NAME", ({ name }) => name),
    field("l", ["timelimit"], "TIME_LIMIT", () => "UNLIMITED"),
    field(
      "M",
      ["timeused"],
      "TIME",
      ({ job }) => printDurationShort(runTimeS(job, nowS)),
      ({ job }) => runTimeS(job, nowS),
    ),
    field("N", ["nodes", "nodelist"], "NODELIST", ({ job }) => job.batchHost),
    field("P", ["partition"], "PARTITION", ({ job }) => job.partition),
    field(
      "S",
      ["starttime"],
      "START_TIME",
      ({ job }) => time(job.startS),
      ({ job }) => job.startS,
    ),
    field("u", ["username", "user"], "USER", ({ job }) => job.user),
    field(
      "U",
      ["userid"],
      "USER",
      ({ job }) => String(job.uid),
      ({ job }) => job.uid,
    ),
  ];
};
