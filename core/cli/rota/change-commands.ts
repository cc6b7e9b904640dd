/** The commands that change jobs: cancel, hold, release, suspend, resume. One request a job, in order; the first refusal is the exit code. */
import { isEnded } from "../../model/job.ts";
import { type Refusal, type Result, refuse } from "../../model/refusal.ts";
import { parseSignal } from "../../model/signal-spec.ts";
import type { CancelRequest } from "../../model/views.ts";
import { type CommandContext, EXIT_FAILED, EXIT_OK, fail } from "./context.ts";
import { type FilterOptions, filterOf, isFiltered } from "./job-filter.ts";

export interface CancelOptions extends FilterOptions {
  readonly json?: boolean;
  readonly signal?: string;
  readonly batch?: boolean;
}

/** Ends the jobs that are named, or all that the filters select; with `--signal` only sends it. */
export async function runCancel(
  context: CommandContext,
  refs: readonly string[],
  options: CancelOptions,
): Promise<number> {
  const request = cancelRequest(options);
  if (!request.ok) return fail(context, request.refusal, options.json);
  const chosen = await chosenRefs(context, refs, options);
  if (!chosen.ok) return fail(context, chosen.refusal, options.json);
  const done = request.value.signal === undefined ? "cancelled" : "signalled";
  return onEach(context, chosen.value, options.json ?? false, done, (ref) =>
    context.client.cancel(ref, request.value),
  );
}

export async function runHold(
  context: CommandContext,
  refs: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  return onEach(context, refs, options.json ?? false, "held", (ref) => context.client.hold(ref));
}

export async function runRelease(
  context: CommandContext,
  refs: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  return onEach(context, refs, options.json ?? false, "released", (ref) => context.client.release(ref));
}

export async function runSuspend(
  context: CommandContext,
  refs: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  return onEach(context, refs, options.json ?? false, "suspended", (ref) => context.client.suspend(ref));
}

export async function runResume(
  context: CommandContext,
  refs: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  return onEach(context, refs, options.json ?? false, "resumed", (ref) => context.client.resume(ref));
}

function cancelRequest(options: CancelOptions): Result<CancelRequest> {
  if (options.signal === undefined) {
    if (options.batch) return refuse("INVALID_SPEC", "--batch says whom a signal goes to; give --signal too");
    return { ok: true, value: {} };
  }
  const signal = parseSignal(options.signal);
  if (!signal.ok) return refuse("INVALID_SPEC", `--signal: ${signal.message}`);
  return { ok: true, value: { signal: signal.value, batchOnly: options.batch ?? false } };
}

async function chosenRefs(
  context: CommandContext,
  refs: readonly string[],
  options: CancelOptions,
): Promise<Result<readonly string[]>> {
  if (!isFiltered(options)) {
    if (refs.length > 0) return { ok: true, value: refs };
    return refuse(
      "INVALID_SPEC",
      "name jobs, or say which with --me, --user, --partition, --name or --state",
    );
  }
  const jobs = await context.client.jobs(filterOf(refs, options));
  if (!jobs.ok) return jobs;
  const alive = jobs.value.filter((job) => !isEnded(job.state));
  const named = new Set(alive.map(({ jobId }) => jobId));
  // The waiting rest of an array is named by the array's id, which would end its running tasks too. A component whose
  // leader is named as well is ended with it.
  const value = alive
    .filter(({ hetJobId, hetOffset }) => hetOffset === undefined || hetOffset === 0 || !named.has(hetJobId!))
    .map((job) =>
      job.arrayTasks === "" ? refOf(job) : `${job.arrayJobId}_[${job.arrayTasks.split("%")[0]}]`,
    );
  return { ok: true, value };
}

const refOf = (job: {
  readonly jobId: number;
  readonly arrayJobId: number;
  readonly arrayTaskId: number;
}): string => (job.arrayTaskId >= 0 ? `${job.arrayJobId}_${job.arrayTaskId}` : `${job.jobId}`);

async function onEach(
  context: CommandContext,
  refs: readonly string[],
  json: boolean,
  done: string,
  act: (ref: string) => Promise<Result<unknown>>,
): Promise<number> {
  const outcomes: { job: string; error?: Refusal }[] = [];
  for (const ref of refs) {
    const result = await act(ref);
    outcomes.push(result.ok ? { job: ref } : { job: ref, error: result.refusal });
    if (!json && result.ok) context.out(`${ref} ${done}\n`);
    if (!json && !result.ok) fail(context, naming(ref, result.refusal));
    // No other job will be answered for either.
    if (!result.ok && result.refusal.code === "CONTROLLER_UNREACHABLE") break;
  }
  if (json) context.out(`${JSON.stringify(outcomes, null, 2)}\n`);
  else if (refs.length === 0) context.out("No jobs match.\n");
  return outcomes.some((outcome) => outcome.error !== undefined) ? EXIT_FAILED : EXIT_OK;
}

/** The refusal with the job that it is about, where its message does not name it. */
function naming(ref: string, refusal: Refusal): Refusal {
  return refusal.message.endsWith(`: ${ref}`)
    ? refusal
    : { ...refusal, message: `${ref}: ${refusal.message}` };
}
