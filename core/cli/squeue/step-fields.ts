/** What squeue --steps can say of a job step: those that srun started, and of each batch job its script. Pure. */

import type { StepView } from "../../model/step.ts";
import { printDurationShort, UNLIMITED_S } from "../../model/time.ts";
import type { JobView } from "../../model/views.ts";
import type { Field } from "../columns.ts";
import { NULL, runTimeS } from "../job-text.ts";
import type { TimePrinter } from "../time-format.ts";

/** A step of a running job. */
export interface StepRow {
  readonly job: JobView;
  /** `12.batch`, `2_0.batch`, `12.3` */
  readonly stepId: string;
  readonly name: string;
  /** Absent for the batch script. */
  readonly step?: StepView;
}

/** The steps of the jobs that run: those of srun by id, the batch script's last. */
export const stepsOf = (jobs: readonly JobView[], steps: readonly StepView[] = []): StepRow[] => {
  const byJob = new Map<number, StepView[]>();
  for (const step of steps) {
    const known = byJob.get(step.jobId);
    if (known === undefined) byJob.set(step.jobId, [step]);
    else known.push(step);
  }
  return jobs
    .filter((job) => job.state === "RUNNING" || job.state === "SUSPENDED")
    .flatMap((job) => [
      ...(byJob.get(job.jobId) ?? []).map((step) => ({
        job,
        stepId: `${job.displayId}.${step.stepId}`,
        name: step.name,
        step,
      })),
      { job, stepId: `${job.displayId}.batch`, name: "batch" },
    ]);
};

/** Seconds that it has run. */
const timeOf = ({ job, step }: StepRow, nowS: number): number =>
  step === undefined ? runTimeS(job, nowS) : Math.max(0, nowS - step.startS);

const startOf = ({ job, step }: StepRow): number => step?.startS ?? job.startS;

const limitOf = ({ step }: StepRow): string =>
  step === undefined || step.timeLimitS >= UNLIMITED_S ? "UNLIMITED" : printDurationShort(step.timeLimitS);

export const stepFields = (nowS: number, time: TimePrinter): readonly Field<StepRow>[] => {
  const field = (
    letter: string,
    names: readonly string[],
    header: string,
    value: Field<StepRow>["value"],
    order?: Field<StepRow>["order"],
  ): Field<StepRow> => ({ letter, names, header, value, ...(order === undefined ? {} : { order }) });
  return [
    field("A", ["numtasks"], "NTASKS", ({ step }) => `${step?.tasks ?? 1}`),
    field("b", ["trespernode", "gres"], "TRES_PER_NODE", () => NULL),
    field(
      "i",
      ["stepid"],
      "STEPID",
      ({ stepId }) => stepId,
      ({ job }) => job.jobId,
    ),
    field("j", ["stepname", "name"], "NAME", ({ name }) => name),
    field("l", ["timelimit"], "TIME_LIMIT", limitOf),
    field(
      "M",
      ["timeused"],
      "TIME",
      (row) => printDurationShort(timeOf(row, nowS)),
      (row) => timeOf(row, nowS),
    ),
    field("N", ["nodes", "nodelist"], "NODELIST", ({ job, step }) => step?.nodes ?? job.batchHost),
    field("P", ["partition"], "PARTITION", ({ job }) => job.partition),
    field("S", ["starttime"], "START_TIME", (row) => time(startOf(row)), startOf),
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
