/**
 * sbatch: submits a batch script. Reads the options twice, as Slurm does: those of the command line and the
 * environment first, so that a mistake there is told before the script is opened, then all with the script's.
 */
import { ok, type Refusal, type Result } from "../../model/refusal.ts";
import { printTimestamp } from "../../model/time.ts";
import type { SubmitAnswer, TestOnlyAnswer } from "../../model/views.ts";
import { ControllerClient } from "../controller-client.ts";
import type { Failure } from "../failure.ts";
import type { GivenOption } from "../getopt.ts";
import { helpText, usageText } from "../help-text.ts";
import { ownHost, ownIdentity, ownSessionId } from "../identity.ts";
import type { Command, Invocation } from "../invocation.ts";
import { noteLines } from "../slurm-sentence.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import { readDirectives } from "./directives.ts";
import type { Draft } from "./draft.ts";
import { hetSpecOf, hetTestOnlyText, readComponents, wholeDraft } from "./het.ts";
import { takeHostFile } from "./host-file.ts";
import type { MadeSpec } from "./job-spec-of.ts";
import { SBATCH_OPTIONS } from "./options.ts";
import { scanComponents } from "./read-options.ts";
import { loadScript } from "./script-file.ts";
import { neverStarts, refusedText } from "./submission-errors.ts";
import { waitForJob } from "./wait-for-job.ts";

const USAGE = "sbatch [OPTIONS...] [SCRIPT [ARGUMENTS...]]";
/** Submissions of one job while the controller's queue is full; the wait grows by a second each time. */
const MAX_RETRIES = 15;
const SECOND_MS = 1000;
const USAGE_STATUS = 255;

export const sbatch: Command = async (invocation) => {
  const { command, args, env, err } = invocation;
  const line = scanComponents(command, args);
  if (!line.ok) return fail(invocation, line);
  const { groups, rest } = line.value;
  if (printedInstead(invocation, groups.flat())) return 0;
  const identity = ownIdentity();
  const input = { command, env, nowS: invocation.nowS(), user: identity.user };
  const first = readComponents(input, groups);
  if (!first.ok) return fail(invocation, first);
  const script = loadScript(invocation, rest, wholeDraft(first.value).wrap);
  if (!script.ok) return fail(invocation, script);
  const directives = readDirectives(command, script.value.text, script.value.file);
  if (!directives.ok) return fail(invocation, directives);
  const drafts = readComponents(input, groups, directives.value);
  if (!drafts.ok) return fail(invocation, drafts);
  const unlisted = takeHostFile(invocation, drafts.value);
  if (unlisted !== undefined) return fail(invocation, unlisted);
  const draft = wholeDraft(drafts.value);
  const made = hetSpecOf(drafts.value, script.value, {
    ...identity,
    host: ownHost(),
    sessionId: ownSessionId(),
    cwd: invocation.cwd,
    env,
  });
  if (!made.ok) return fail(invocation, made);
  if (draft.verbose > 0) err(shownOptions(command, draft));
  return submit(invocation, draft, made.value);
};

const printedInstead = ({ out }: Invocation, given: readonly GivenOption[]): boolean => {
  for (const { spec } of given) {
    if (spec.key === "help") out(helpText(USAGE, SBATCH_OPTIONS));
    else if (spec.key === "usage") out(usageText(USAGE));
    else if (spec.key === "version") out(SLURM_VERSION_LINE);
    else continue;
    return true;
  }
  return false;
};

const submit = async (
  invocation: Invocation,
  draft: Draft,
  { spec, warnings }: MadeSpec,
): Promise<number> => {
  const { command, out, err } = invocation;
  if (!draft.quiet) for (const warning of warnings) err(`${command}: ${warning}\n`);
  const client = new ControllerClient(invocation.env);
  const refused = (refusal: Refusal): number => {
    const text = refusedText(command, refusal, spec.partition, draft.testOnly);
    return fail(invocation, { ok: false, status: 1, text });
  };
  if (draft.testOnly) {
    const answer = await client.testOnly(spec);
    if (!answer.ok) return refused(answer.refusal);
    if (!draft.quiet) err(noteLines(command, answer.value.notes));
    if (answer.value.startS === 0) return refused(neverStarts(answer.value));
    const text = spec.het === undefined ? testOnlyText : hetTestOnlyText;
    if (!draft.quiet) err(text(command, answer.value));
    return 0;
  }
  const answer = await retryWhileFull(invocation, () => client.submit(spec));
  if (!answer.ok) return refused(answer.refusal);
  const { jobId, notes } = answer.value;
  if (!draft.quiet) err(noteLines(command, notes));
  if (!draft.quiet) out(draft.parsable ? `${jobId}\n` : `Submitted batch job ${jobId}\n`);
  return draft.wait ? waitForJob(jobId, client, invocation) : 0;
};

/** Slurm's line of --test-only, which scripts parse. */
export const testOnlyText = (command: string, answer: TestOnlyAnswer): string =>
  `${command}: Job ${answer.jobId} to start at ${printTimestamp(answer.startS)} using ${answer.cpus} processors` +
  ` on nodes ${answer.nodes} in partition ${answer.partition}\n`;

const retryWhileFull = async (
  { command, err, sleep }: Invocation,
  ask: () => Promise<Result<SubmitAnswer>>,
): Promise<Result<SubmitAnswer>> => {
  for (let retry = 0; ; retry++) {
    const answer = await ask();
    if (answer.ok) return ok(answer.value);
    if (answer.refusal.code !== "QUEUE_FULL" || retry === MAX_RETRIES) return answer;
    if (retry === 0)
      err(`${command}: error: Slurm temporarily unable to accept job, sleeping and retrying\n`);
    await sleep((retry + 1) * SECOND_MS);
  }
};

/** What -v prints: the options that were set, by name. */
const shownOptions = (command: string, draft: Draft): string => {
  const rule = `${command}: -------------------- --------------------\n`;
  const lines = [...draft.shown.keys()]
    .sort()
    .map((name) => `${command}: ${name.padEnd(20)}: ${draft.shown.get(name)}\n`);
  return `${command}: defined options\n${rule}${lines.join("")}${rule}${command}: end of defined options\n`;
};

/** SLURM_EXIT_ERROR sets the status of every failure but those of the command line itself. */
const fail = ({ env, err }: Invocation, { status, text }: Failure): number => {
  err(text);
  const wanted = Number(env["SLURM_EXIT_ERROR"]);
  return status !== USAGE_STATUS && Number.isInteger(wanted) && wanted > 0 && wanted <= 255 ? wanted : status;
};
