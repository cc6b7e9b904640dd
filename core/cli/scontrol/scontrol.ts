/** scontrol: shows and changes jobs, nodes and settings. One keyword a call; there is no interactive mode. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { ControllerClient } from "../controller-client.ts";
import { type Failure, failure, notSupported, plainFailure } from "../failure.ts";
import { helpText, usageText } from "../help-text.ts";
import { ownHost } from "../identity.ts";
import type { Command, Invocation } from "../invocation.ts";
import { slurmSentence } from "../slurm-sentence.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import { applyVerb, isRef, JOB_VERBS } from "./job-verbs.ts";
import { isKeyword, readScontrolOptions, SCONTROL_OPTIONS, type ScontrolRequest } from "./options.ts";
import { pingText } from "./ping.ts";
import { cancelReboot, reboot } from "./reboot.ts";
import { create, isReservationWord, remove, updateReservation } from "./reservation.ts";
import { type Shown, show } from "./show.ts";
import { update } from "./update.ts";

const USAGE =
  "scontrol [OPTIONS] show|create|update|delete|hold|release|requeue|requeuehold|suspend|resume|reboot|cancel_reboot|ping|version|write [...]";

export const scontrol: Command = async (invocation) => {
  const { command, args, out, err } = invocation;
  const read = readScontrolOptions(command, args);
  if (!read.ok) {
    err(read.text);
    return read.status;
  }
  const request = read.value;
  if (request.print === "help") out(helpText(USAGE, SCONTROL_OPTIONS));
  else if (request.print === "usage") out(usageText(USAGE));
  else if (request.print === "version") out(SLURM_VERSION_LINE);
  if (request.print !== "") return 0;
  const shown = await run(invocation, request);
  out(shown.out);
  if (!request.quiet) err(shown.err);
  return shown.status;
};

const run = async (invocation: Invocation, request: ScontrolRequest): Promise<Shown> => {
  const { command, env } = invocation;
  const [keyword, ...rest] = request.words;
  if (keyword === undefined) return ended(notSupported(command, "the interactive mode"));
  const client = new ControllerClient(env);
  if (isKeyword(keyword, "show", 3)) return show(invocation, request, client);
  if (isKeyword(keyword, "create", 2)) return create(invocation, rest, client);
  if (isKeyword(keyword, "delete", 1)) return remove(invocation, rest, client);
  if (isKeyword(keyword, "update", 1) && rest.some(isReservationWord) && !rest.some(namesJobs))
    return updateReservation(invocation, rest, client);
  if (isKeyword(keyword, "update", 1)) return ended(await update(invocation, rest, client));
  if (isKeyword(keyword, "ping", 2)) return pingText(await client.cluster(), ownHost());
  if (isKeyword(keyword, "version", 4)) return { out: SLURM_VERSION_LINE, err: "", status: 0 };
  if (isKeyword(keyword, "help", 2)) return { out: helpText(USAGE, SCONTROL_OPTIONS), err: "", status: 0 };
  if (isKeyword(keyword, "write", 4)) return write(invocation, rest, client);
  if (isKeyword(keyword, "reboot", 3)) return ended(await reboot(rest, client));
  if (isKeyword(keyword, "cancel_reboot", 8)) return ended(await cancelReboot(rest, client));
  const name = keyword.toLowerCase();
  const verb = Object.hasOwn(JOB_VERBS, name) ? JOB_VERBS[name] : undefined;
  if (verb !== undefined) return ended(await applyVerb(name, verb, rest, client));
  if (OTHER_KEYWORDS.includes(name)) return ended(notSupported(command, keyword));
  return ended(plainFailure(`invalid keyword: ${keyword}\n`));
};

/** A job's reservation is changed as well as a reservation is. */
const namesJobs = (word: string): boolean => /^job(id)?(=|$)/i.test(word);

const ended = (failed: Failure | undefined): Shown => ({
  out: "",
  err: failed?.text ?? "",
  status: failed?.status ?? 0,
});

/** Keywords that Slurm has and this version does not. */
const OTHER_KEYWORDS = [
  ...["abort", "cluster", "completing", "errnumstr", "fsdampeningfactor"],
  ...["getaddrs", "listjobs", "listpids", "liststeps", "notify", "pidinfo", "reconfigure"],
  ...["schedloglevel", "setdebug", "setdebugflags", "shutdown", "takeover", "token", "top", "wait_job"],
];

/** `write batch_script ID [FILE|-]`: into slurm-ID.sh where no file is named. */
const write = async (
  { command, cwd }: Invocation,
  words: readonly string[],
  client: ControllerClient,
): Promise<Shown> => {
  const [what, id, file] = words;
  if (what === undefined || !isKeyword(what, "batch_script", 5))
    return ended(notSupported(command, `write ${what ?? ""}`.trim()));
  if (id === undefined) return ended(plainFailure("too few arguments for keyword:write\n"));
  const script = isRef(id) ? await client.script(id) : undefined;
  if (script?.ok !== true) {
    const sentence = script === undefined ? "Invalid job id specified" : slurmSentence(script.refusal);
    return ended(failure(command, `job script retrieval failed: ${sentence}`));
  }
  if (file === "-") return { out: script.value, err: "", status: 0 };
  const path = file ?? `slurm-${id}.sh`;
  try {
    writeFileSync(resolve(cwd, path), script.value, { mode: 0o700 });
  } catch (error) {
    return ended(failure(command, `failed to write job script: ${(error as Error).message}`));
  }
  return { out: `batch script for job ${id} written to ${path}\n`, err: "", status: 0 };
};
