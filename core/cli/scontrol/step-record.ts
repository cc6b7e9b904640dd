/** Job steps as `scontrol show step` prints them: those of srun and the batch scripts of running jobs. */
import { printMemory } from "../../model/memory.ts";
import { printDurationLong, UNLIMITED_S } from "../../model/time.ts";
import type { ControllerClient } from "../controller-client.ts";
import { loadFailure } from "../failure.ts";
import { type StepRow, stepsOf } from "../squeue/step-fields.ts";
import type { RecordContext } from "./job-record.ts";
import type { Shown } from "./show.ts";

/** `show step [JOB[.STEP]]`: running steps of all jobs, of one, or one of them. */
export const showSteps = async (
  id: string | undefined,
  context: RecordContext,
  client: ControllerClient,
): Promise<Shown> => {
  const [job = "", step] = (id ?? "").split(".");
  if (job !== "" && !/^\d+(_\d+)?$/.test(job)) return invalid;
  const jobs = job === "" ? await client.jobs({}) : await client.job(job);
  if (!jobs.ok) {
    const { text, status } = loadFailure("slurm_get_job_steps error", jobs.refusal);
    return { out: "", err: text, status };
  }
  const steps = await client.steps();
  if (!steps.ok) {
    const { text, status } = loadFailure("slurm_get_job_steps error", steps.refusal);
    return { out: "", err: text, status };
  }
  // The batch script's comes first, as Slurm has made it first.
  const rows = stepsOf(jobs.value, steps.value).sort(
    (a, b) => a.job.jobId - b.job.jobId || (a.step?.stepId ?? -1) - (b.step?.stepId ?? -1),
  );
  const meant = step === undefined ? rows : rows.filter(({ stepId }) => stepId.endsWith(`.${step}`));
  if (meant.length === 0)
    return job === "" ? { out: "No job steps in the system\n", err: "", status: 0 } : none(id ?? "");
  return { out: meant.map((row) => stepRecord(row, context)).join(""), err: "", status: 0 };
};

const invalid: Shown = { out: "", err: "Invalid step id specified\n", status: 1 };
const none = (id: string): Shown => ({ out: `Job step ${id} not found\n`, err: "", status: 1 });

const stepRecord = ({ job, stepId, name, step }: StepRow, context: RecordContext): string => {
  const limit =
    step === undefined || step.timeLimitS >= UNLIMITED_S ? "UNLIMITED" : printDurationLong(step.timeLimitS);
  const lines = [
    `StepId=${stepId} UserId=${job.uid} StartTime=${context.time(step?.startS ?? job.startS)} TimeLimit=${limit}`,
    `State=RUNNING Partition=${job.partition} NodeList=${step?.nodes ?? job.batchHost}`,
    `Nodes=${step?.numNodes ?? 1} CPUs=${step?.cpus ?? 0} Tasks=${step?.tasks ?? 1} Name=${name} Network=(null)`,
    `TRES=${step === undefined ? "(null)" : tresOf(step)}`,
    "ResvPorts=(null)",
    `CPUFreqReq=Default${step === undefined ? "" : ` Dist=${capital(step.distribution)}`}`,
    `SrunHost:Pid=${step === undefined ? "(null):0" : `${step.srunHost}:${step.srunPid}`}`,
  ];
  return context.oneLine ? `${lines.join(" ")} \n` : `${lines.join("\n   ")}\n\n`;
};

const tresOf = ({ cpus, memMib, numNodes, gpus }: NonNullable<StepRow["step"]>): string =>
  [
    `cpu=${cpus}`,
    ...(memMib > 0 ? [`mem=${printMemory(memMib)}`] : []),
    `node=${numNodes}`,
    ...(gpus > 0 ? [`gres/gpu=${gpus}`] : []),
  ].join(",");

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
