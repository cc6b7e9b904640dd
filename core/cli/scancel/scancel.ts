/**
 * scancel: ends jobs, or sends them a signal. Ids alone are sent as they are, and one that is unknown or has ended is
 * no error; with filters or a signal the jobs are looked up first, as Slurm does.
 */
import type { Refusal, Result } from "../../model/refusal.ts";
import type { CancelRequest, JobView } from "../../model/views.ts";
import { ControllerClient } from "../controller-client.ts";
import type { Failure } from "../failure.ts";
import { loadFailure } from "../failure.ts";
import { helpText, usageText } from "../help-text.ts";
import { ownIdentity } from "../identity.ts";
import type { Command, Invocation } from "../invocation.ts";
import { slurmSentence } from "../slurm-sentence.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import { describeFilters, type MatchedJob, matchJobs } from "./match-jobs.ts";
import { type CancelJobId, readScancelOptions, SCANCEL_OPTIONS, type ScancelRequest } from "./options.ts";

const USAGE = "scancel [OPTIONS] [JOB_ID[_ARRAY_ID]...]";
const SIGKILL = 9;
/** Requests under way at once. */
const PARALLEL = 16;

export const scancel: Command = async (invocation) => {
  const { command, args, env, out, err } = invocation;
  const read = readScancelOptions(command, args, env);
  if (!read.ok) return fail(invocation, read);
  const request = read.value;
  if (request.print === "help") out(helpText(USAGE, SCANCEL_OPTIONS));
  else if (request.print === "usage") out(usageText(USAGE));
  else if (request.print === "version") out(SLURM_VERSION_LINE);
  if (request.print !== "") return 0;
  const client = new ControllerClient(env);
  return isPlain(request)
    ? endByIds(invocation, request, client)
    : endMatching(invocation, request, client, (text) => err(text));
};

const fail = ({ err }: Invocation, { status, text }: Failure): number => {
  err(text);
  return status;
};

const isPlain = (request: ScancelRequest): boolean =>
  Object.keys(request.filters).length === 0 &&
  !request.me &&
  !request.batch &&
  !request.full &&
  !request.interactive &&
  request.signal === undefined &&
  request.ids.every(({ step }) => step === undefined);

const endByIds = async (
  { command, err }: Invocation,
  { ids, verbose }: ScancelRequest,
  client: ControllerClient,
): Promise<number> => {
  const refs = ids.map((id) => ({ text: id.text, ref: refOfId(id) }));
  if (verbose) for (const { text } of refs) err(`${command}: Terminating job ${text}\n`);
  const answers = await allOf(refs, ({ ref }) => client.cancel(ref, {}));
  let status = 0;
  refs.forEach(({ text }, i) => {
    const answer = answers[i]!;
    if (answer.ok) return;
    const known = isOver(answer.refusal);
    if (!known) status = 1;
    if (!known || verbose) err(killError(command, text, answer.refusal));
  });
  return status;
};

const refOfId = ({ jobId, tasks, component }: CancelJobId): string => {
  if (component !== undefined) return `${jobId}+${component}`;
  return tasks === undefined ? String(jobId) : `${jobId}_${tasks}`;
};

const endMatching = async (
  invocation: Invocation,
  request: ScancelRequest,
  client: ControllerClient,
  err: (text: string) => void,
): Promise<number> => {
  const { command } = invocation;
  const { uid } = ownIdentity();
  const jobs = await client.jobs({});
  if (!jobs.ok) return fail(invocation, loadFailure("slurm_load_jobs error", jobs.refusal));
  const matches = matchJobs(jobs.value, request, uid);
  let status = 0;
  for (const { text, step, jobId, tasks } of matches.strangers) {
    if (step !== undefined && /^\d+$/.test(step)) {
      const ref = tasks === undefined ? String(jobId) : `${jobId}_${tasks}`;
      if (request.verbose) err(progressLine(command, request, `step ${text}`));
      const { signal } = request;
      const answer = await client.cancelStep(ref, Number(step), signal === undefined ? {} : { signal });
      if (answer.ok) continue;
    }
    status = 1;
    const what = step === undefined ? "job id" : "job step id";
    err(`${command}: error: Kill job error on ${what} ${text}: Invalid job id specified\n`);
  }
  const filters = describeFilters(request, uid);
  if (matches.jobs.length === 0 && filters !== "" && request.verbose)
    err(`${command}: error: No active jobs match ALL job filters, including: ${filters}\n`);
  const chosen = matches.jobs.filter(({ job }) => !request.interactive || isConfirmed(invocation, job));
  if (request.verbose) for (const { ref } of chosen) err(progressLine(command, request, ref));
  const answers = await allOf(chosen, ({ ref }) => client.cancel(ref, cancelRequestOf(request)));
  answers.forEach((answer, i) => {
    if (answer.ok) return;
    const over = isOver(answer.refusal);
    if (!over || request.signal !== undefined) status = 1;
    if (!over || request.signal !== undefined || request.verbose)
      err(killError(command, chosen[i]!.ref, answer.refusal));
  });
  return status;
};

const isConfirmed = ({ out, readLine }: Invocation, { jobId, name, partition }: JobView): boolean => {
  out(`Cancel job_id=${jobId} name=${name} partition=${partition} [y/n]? `);
  return readLine()?.trim().toLowerCase().startsWith("y") === true;
};

const progressLine = (command: string, { signal }: ScancelRequest, ref: string): string =>
  signal === undefined
    ? `${command}: Terminating job ${ref}\n`
    : `${command}: Signal ${signal} to job ${ref}\n`;

/** SIGKILL for the whole of a job ends it, as no signal does. */
const cancelRequestOf = ({ signal, batch }: ScancelRequest): CancelRequest => {
  if (batch) return { signal: signal ?? SIGKILL, batchOnly: true };
  return signal === undefined || signal === SIGKILL ? {} : { signal };
};

/** Unknown and ended jobs are what was wanted of them. */
const isOver = ({ code }: Refusal): boolean => code === "INVALID_JOB_ID" || code === "JOB_ENDED";

const killError = (command: string, ref: string, refusal: Refusal): string =>
  `${command}: error: Kill job error on job id ${ref}: ${slurmSentence(refusal)}\n`;

/** The answers in the order of the items, a bounded number asked for at once. */
const allOf = async <Item extends { readonly ref: string } | MatchedJob>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Result<null>>,
): Promise<readonly Result<null>[]> => {
  const answers: Result<null>[] = new Array(items.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) answers[i] = await ask(items[i]!);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, work));
  return answers;
};
