/**
 * An allocation for srun and salloc: submits a job without a script, waits until it runs, holds it and ends it. Says what
 * Slurm says meanwhile. Used by whoever then runs something in it.
 */
import type { JobSpec } from "../../model/job-spec.ts";
import type { Refusal } from "../../model/refusal.ts";
import type { JobView } from "../../model/views.ts";
import type { ControllerClient } from "../controller-client.ts";
import type { Invocation } from "../invocation.ts";
import { noteLines, policyLines, slurmSentence } from "../slurm-sentence.ts";

export interface AllocationOptions {
  readonly invocation: Invocation;
  readonly client: ControllerClient;
  readonly spec: JobSpec;
  readonly quiet: boolean;
  /** Seconds that it may wait; absent for any time. */
  readonly immediateS: number | undefined;
  /** Says that it waits, before the line that it is queued: salloc's. */
  readonly pendingLine?: (jobId: number) => string;
}

export interface Allocation {
  readonly job: JobView;
  /** SLURM_ variables of the job. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends the job with this status; says nothing where it has ended before. */
  readonly end: (exitCode: number) => Promise<void>;
}

/** Looks for the start at these times, then once a second. */
const FIRST_LOOKS_MS = [10, 20, 30, 50, 80, 120, 200] as const;
const LOOK_MS = 1_000;
/** It is said that it waits once it has for this long. */
const SILENT_MS = 500;
const HOLD_MS = 20_000;
const SECOND_MS = 1_000;

/** The allocation once its job runs, or the exit status of a command that did not get one. */
export const allocate = async (options: AllocationOptions): Promise<Allocation | number> => {
  const { invocation, client, spec } = options;
  const submitted = await client.submit(spec);
  if (!submitted.ok) return refused(options, submitted.refusal);
  if (!options.quiet) invocation.err(noteLines(invocation.command, submitted.value.notes));
  const ref = String(submitted.value.jobId);
  const cancel = (): void => {
    void client.cancel(ref, {}).then(() => process.exit(1));
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, cancel);
  try {
    const job = await waitForStart(options, submitted.value.jobId);
    if (typeof job === "number") return job;
    const held = await client.holdAllocation(ref);
    if (!held.ok) return refused(options, held.refusal);
    const beat = setInterval(() => void client.holdAllocation(ref), HOLD_MS);
    const end = async (exitCode: number): Promise<void> => {
      clearInterval(beat);
      const ended = await client.completeAllocation(ref, { exitCode, signal: 0 });
      if (!ended.ok && !OVER.has(ended.refusal.code))
        invocation.err(`${invocation.command}: error: ${slurmSentence(ended.refusal)}\n`);
    };
    return { job, environment: held.value, end };
  } finally {
    for (const signal of ENDING_SIGNALS) process.off(signal, cancel);
  }
};

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Of a job that somebody else has ended. */
const OVER: ReadonlySet<Refusal["code"]> = new Set(["JOB_ENDED", "INVALID_JOB_ID"]);

const waitForStart = async (options: AllocationOptions, jobId: number): Promise<JobView | number> => {
  const { invocation, client, quiet, immediateS, pendingLine } = options;
  const { command, err, sleep } = invocation;
  const fromMs = performance.now();
  let isSaid = false;
  let heldMs = fromMs;
  for (let look = 0; ; look++) {
    const found = await client.job(String(jobId));
    if (!found.ok) return refused(options, found.refusal);
    const job = found.value[0]!;
    if (job.state === "RUNNING") {
      if (isSaid && !quiet) err(`${command}: job ${jobId} has been allocated resources\n`);
      return job;
    }
    if (job.state !== "PENDING") {
      err(`${command}: error: Job allocation ${jobId} has been revoked\n`);
      return 1;
    }
    const waitedMs = performance.now() - fromMs;
    if (immediateS !== undefined && waitedMs >= immediateS * SECOND_MS) {
      await client.cancel(String(jobId), {});
      err(`${command}: error: Unable to allocate resources: Requested nodes are busy\n`);
      return 1;
    }
    if (!isSaid && waitedMs >= SILENT_MS && immediateS === undefined) {
      isSaid = true;
      if (!quiet && pendingLine !== undefined) err(pendingLine(jobId));
      if (!quiet) err(`${command}: job ${jobId} queued and waiting for resources\n`);
    }
    if (performance.now() - heldMs > HOLD_MS) {
      heldMs = performance.now();
      await client.holdAllocation(String(jobId));
    }
    await sleep(FIRST_LOOKS_MS[look] ?? LOOK_MS);
  }
};

const refused = ({ invocation, spec }: AllocationOptions, refusal: Refusal): number => {
  const { command, err } = invocation;
  if (refusal.code === "INVALID_PARTITION")
    err(
      `${command}: error: invalid partition specified: ${refusal.details?.["partition"] ?? spec.partition}\n`,
    );
  const what = command === "salloc" ? "Job submit/allocate failed" : "Unable to allocate resources";
  err(`${policyLines(command, refusal)}${command}: error: ${what}: ${slurmSentence(refusal)}\n`);
  return 1;
};
