/**
 * `rota submit`: submits a batch script as sbatch does, with the script's own directives and the same options, but
 * keeps the seconds of a time limit and says what is wrong in Rota's words.
 */
import type { JobSpec } from "../../model/job-spec.ts";
import { ok, type Result, refuse } from "../../model/refusal.ts";
import { parseDuration, printTimestamp, UNLIMITED_S } from "../../model/time.ts";
import type { Failure } from "../failure.ts";
import { type GivenOption, scanOptions } from "../getopt.ts";
import { ownHost, ownIdentity, ownSessionId } from "../identity.ts";
import { type Directives, readDirectives } from "../sbatch/directives.ts";
import { jobSpecOf } from "../sbatch/job-spec-of.ts";
import { SBATCH_OPTIONS } from "../sbatch/options.ts";
import { readOptions, scanCommandLine } from "../sbatch/read-options.ts";
import { loadScript } from "../sbatch/script-file.ts";
import { neverStarts } from "../sbatch/submission-errors.ts";
import { waitForJob } from "../sbatch/wait-for-job.ts";
import { answer, type CommandContext, EXIT_OK, fail } from "./context.ts";

/** What messages of the option readers begin with; it is cut off again. */
const COMMAND = "rota";

export interface SubmitOptions {
  readonly json?: boolean;
  readonly wait?: boolean;
  readonly testOnly?: boolean;
}

/** `words` are options of sbatch's command line; `script` is absent or `-` for standard input. */
export async function runSubmit(
  context: CommandContext,
  words: readonly string[],
  script: string | undefined,
  args: readonly string[],
  options: SubmitOptions,
): Promise<number> {
  const made = makeSpec(context, words, script === undefined || script === "-" ? [] : [script, ...args]);
  if (!made.ok) return fail(context, made.refusal, options.json);
  const { spec, warnings } = made.value;
  for (const warning of warnings) context.err(`rota: ${warning}\n`);
  if (options.testOnly) {
    const tested = await context.client.testOnly(spec);
    if (tested.ok && tested.value.startS === 0) return fail(context, neverStarts(tested.value), options.json);
    return answer(context, tested, options.json ?? false, (found) => {
      const { startS, cpus, nodes, partition } = found;
      return `would start at ${printTimestamp(startS)} on ${nodes} of ${partition} with ${cpus} CPUs\n`;
    });
  }
  const submitted = await context.client.submit(spec);
  const code = answer(context, submitted, options.json ?? false, ({ jobId, tasks }) =>
    tasks > 1 ? `submitted ${tasks} tasks as job ${jobId}\n` : `submitted job ${jobId}\n`,
  );
  if (!submitted.ok || code !== EXIT_OK || !options.wait) return code;
  return waitForJob(submitted.value.jobId, context.client, { ...context, command: COMMAND });
}

/** The submission that the options and the script make. Reads the script. */
export function makeSpec(
  context: Pick<
    CommandContext,
    "args" | "cwd" | "env" | "err" | "nowS" | "out" | "readAll" | "readLine" | "sleep"
  >,
  words: readonly string[],
  scriptWords: readonly string[],
): Result<{ readonly spec: JobSpec; readonly warnings: readonly string[] }> {
  const line = scanCommandLine(COMMAND, words);
  if (!line.ok) return refusedBy(line);
  const { SBATCH_TIMELIMIT: environmentLimit, ...env } = context.env;
  const given = splitTime(line.value.given);
  const identity = ownIdentity();
  const input = { command: COMMAND, env, given: given.others, nowS: context.nowS(), user: identity.user };
  const first = readOptions(input);
  if (!first.ok) return refusedBy(first);
  const script = loadScript({ ...context, command: COMMAND }, scriptWords, first.value.wrap);
  if (!script.ok) return refusedBy(script);
  const directives = readDirectives(COMMAND, script.value.text, script.value.file);
  if (!directives.ok) return refusedBy(directives);
  const scripted = withoutTime(directives.value);
  const draft = readOptions({ ...input, directives: scripted.directives });
  if (!draft.ok) return refusedBy(draft);
  const limit = timeLimit(given.time ?? environmentLimit ?? scripted.time);
  if (!limit.ok) return limit;
  const submitter = {
    ...identity,
    host: ownHost(),
    sessionId: ownSessionId(),
    cwd: context.cwd,
    env: context.env,
  };
  const { spec, warnings } = jobSpecOf(draft.value, script.value, submitter);
  return ok({ spec: limit.value === undefined ? spec : { ...spec, timeLimitS: limit.value }, warnings });
}

/** Seconds, kept; 0 asks for no limit, as in sbatch. */
function timeLimit(text: string | undefined): Result<number | undefined> {
  if (text === undefined) return ok(undefined);
  const limit = parseDuration(text);
  if (!limit.ok) return refuse("INVALID_SPEC", `--time: ${limit.message}`);
  return ok(limit.value === 0 ? UNLIMITED_S : limit.value);
}

/** The last time limit among the options, and the others. */
function splitTime(given: readonly GivenOption[]): {
  readonly time?: string;
  readonly others: readonly GivenOption[];
} {
  const time = given.findLast(({ spec }) => spec.key === "time")?.value;
  const others = given.filter(({ spec }) => spec.key !== "time");
  return time === undefined ? { others } : { time, others };
}

/** The script's directives without their time limits, which sbatch's reader would round up to minutes. */
function withoutTime(directives: Directives): { readonly time?: string; readonly directives: Directives } {
  const scan = scanOptions(COMMAND, directives.sbatch, SBATCH_OPTIONS, true);
  // What cannot be scanned is told by the reading that follows.
  if (!scan.ok || scan.rest.length > 0) return { directives };
  const { time, others } = splitTime(scan.options);
  if (time === undefined) return { directives };
  return { time, directives: { ...directives, sbatch: others.flatMap(wordsOf) } };
}

function wordsOf({ spec, value }: GivenOption): readonly string[] {
  if (spec.long !== undefined) return [value === undefined ? `--${spec.long}` : `--${spec.long}=${value}`];
  return [`-${spec.short}${value ?? ""}`];
}

/** A failure of sbatch's readers as a refusal. */
function refusedBy({ text }: Failure): {
  readonly ok: false;
  readonly refusal: { code: "INVALID_SPEC" | "NOT_SUPPORTED"; message: string };
} {
  const message = text
    .replaceAll(new RegExp(`^${COMMAND}: (error: |fatal: )?`, "gm"), "")
    .replace(/\nTry ".*" for more information\n$/, "")
    .trim();
  const code = message.includes("is not supported by this version") ? "NOT_SUPPORTED" : "INVALID_SPEC";
  return { ok: false, refusal: { code, message } };
}
