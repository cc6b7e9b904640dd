/** `scontrol hold`, `release`, `requeue` and their like: one request for each job that is named. */
import type { Refusal, Result } from "../../model/refusal.ts";
import type { ControllerClient } from "../controller-client.ts";
import { type Failure, loadFailure, plainFailure } from "../failure.ts";
import { slurmSentence } from "../slurm-sentence.ts";

type Ask = (client: ControllerClient, ref: string) => Promise<Result<null>>;

export interface JobVerb {
  readonly ask: Ask;
  /** Slurm's commands for holds say what failed once more at the end. */
  readonly summary: boolean;
}

const hold: JobVerb = { ask: (client, ref) => client.hold(ref), summary: true };

export const JOB_VERBS: Readonly<Record<string, JobVerb>> = {
  hold,
  holdu: hold,
  uhold: hold,
  release: { ask: (client, ref) => client.release(ref), summary: true },
  requeue: { ask: (client, ref) => client.requeue(ref, false), summary: false },
  suspend: { ask: (client, ref) => client.suspend(ref), summary: false },
  resume: { ask: (client, ref) => client.resume(ref), summary: false },
  requeuehold: { ask: (client, ref) => client.requeue(ref, true), summary: false },
};

/** Applies the verb to jobs by id, or by `JobName=`; the failure where one could not be done. */
export const applyVerb = async (
  name: string,
  verb: JobVerb,
  words: readonly string[],
  client: ControllerClient,
): Promise<Failure | undefined> => {
  const refs = await refsOf(words, client);
  if ("text" in refs) return refs;
  if (refs.length === 0) return plainFailure(`too few arguments for keyword:${name}\n`);
  let text = "";
  let last: Refusal | undefined;
  for (const ref of refs) {
    const answer = isRef(ref) ? await verb.ask(client, ref) : INVALID;
    if (answer.ok) continue;
    last = answer.refusal;
    text += `${sentenceOf(name, last)} for job ${ref}\n`;
  }
  if (last === undefined) return undefined;
  return plainFailure(verb.summary ? `${text}slurm_suspend error: ${sentenceOf(name, last)}\n` : text);
};

export const isRef = (text: string): boolean =>
  /^[1-9]\d{0,9}(_\d{1,7}|_\[[\d,:%-]+\]|\+\d{1,3})?$/.test(text);

const INVALID: Result<null> = {
  ok: false,
  refusal: { code: "INVALID_JOB_ID", message: "Invalid job id specified" },
};

/** A job that waits cannot be requeued or suspended, and one that has ended cannot be held; Slurm has sentences for these. */
const sentenceOf = (verb: string, refusal: Refusal): string => {
  const isSuspending = verb === "suspend" || verb === "resume";
  if (refusal.code === "JOB_NOT_RUNNING" && (isSuspending || verb.startsWith("requeue")))
    return "Job is pending execution";
  if (refusal.code === "JOB_ENDED" && !isSuspending) return "Job has already finished";
  return slurmSentence(refusal);
};

const refsOf = async (words: readonly string[], client: ControllerClient): Promise<string[] | Failure> => {
  const refs: string[] = [];
  for (const word of words) {
    const match = /^(\w+)=(.*)$/.exec(word);
    const key = match?.[1]?.toLowerCase();
    if (key === "jobname" || key === "name") {
      const jobs = await client.jobs({ names: [match![2]!] });
      if (!jobs.ok) return loadFailure("slurm_load_jobs error", jobs.refusal);
      refs.push(
        ...new Set(
          jobs.value.map(({ jobId, arrayJobId, hetJobId }) => String(hetJobId ?? (arrayJobId || jobId))),
        ),
      );
    } else {
      const list = key === "jobid" || key === "job" ? match![2]! : word;
      refs.push(...list.split(/,(?![^[]*\])/).filter((ref) => ref !== ""));
    }
  }
  return refs;
};
