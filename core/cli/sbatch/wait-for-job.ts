/** sbatch --wait: stays until the job, or every task of the array, has ended, and takes its exit status. */
import type { JobView } from "../../model/views.ts";
import type { ControllerClient } from "../controller-client.ts";
import type { Invocation } from "../invocation.ts";
import { slurmSentence } from "../slurm-sentence.ts";

/** One question to the controller waits as long. */
const POLL_MS = 50_000;
/** A controller that is away may be starting again. */
const MAX_FAILURES_IN_A_ROW = 120;
const RETRY_MS = 5_000;

/** The highest exit status of the job's tasks; 1 for one that did not end by itself. */
export const waitForJob = async (
  jobId: number,
  client: ControllerClient,
  { command, err, sleep }: Invocation,
): Promise<number> => {
  for (let failures = 0; failures < MAX_FAILURES_IN_A_ROW; ) {
    const answer = await client.waitForEnd(String(jobId), POLL_MS);
    if (answer.ok) {
      if (answer.value.ended) return exitStatusOf(answer.value.jobs);
      failures = 0;
      continue;
    }
    failures++;
    const { code } = answer.refusal;
    if (code === "INVALID_JOB_ID" || failures === MAX_FAILURES_IN_A_ROW) {
      err(`${command}: error: Job wait failed: ${slurmSentence(answer.refusal)}\n`);
      return 1;
    }
    await sleep(RETRY_MS);
  }
  return 1;
};

export const exitStatusOf = (jobs: readonly JobView[]): number =>
  jobs.reduce((worst, job) => {
    const status = job.exitSignal > 0 ? 1 : job.state === "COMPLETED" ? 0 : Math.max(job.exitCode, 1);
    return Math.max(worst, status);
  }, 0);
