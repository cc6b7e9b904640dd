/** srun: runs tasks on the nodes of the allocation that it is called in. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ControllerClient } from "../controller-client.ts";
import { done } from "../failure.ts";
import { helpText, usageText } from "../help-text.ts";
import { ownHost, ownIdentity } from "../identity.ts";
import type { Command, Invocation } from "../invocation.ts";
import { SLURM_VERSION_LINE } from "../slurm-version.ts";
import { SRUN_OPTIONS } from "./options.ts";
import { findProgram, multiPrograms } from "./programs.ts";
import { readSrunOptions, type SrunRequest } from "./read-options.ts";
import { runStep, type StepPlan } from "./run-step.ts";
import { stepWish } from "./step-ask.ts";
import { terminalOf } from "./terminal.ts";

const USAGE = "srun [OPTIONS...] executable [args...]";

export const srun: Command = async (invocation) => {
  const { command, args, env, err, out } = invocation;
  const identity = ownIdentity();
  const input = { command, env, nowS: invocation.nowS(), user: identity.user, options: SRUN_OPTIONS };
  const request = readSrunOptions(input, args);
  if (!request.ok) {
    err(request.text);
    return request.status;
  }
  const { draft, words, given } = request.value;
  const asked = given.map(({ spec }) => spec.key);
  if (asked.includes("help")) out(helpText(USAGE, SRUN_OPTIONS));
  else if (asked.includes("usage")) out(usageText(USAGE));
  else if (asked.includes("version")) out(SLURM_VERSION_LINE);
  else if (draft.step.get("mpi") === "list") out(MPI_LIST);
  else if (words.length === 0) {
    err(`${command}: fatal: No command given to execute.\n`);
    return 1;
  } else return start(invocation, request.value);
  return 0;
};

const MPI_LIST = "MPI plugin types are...\n\tnone\n\tpmi1\n\tpmi2\n";

const start = async (invocation: Invocation, request: SrunRequest): Promise<number> => {
  const { command, env, err } = invocation;
  const client = new ControllerClient(env);
  const job = request.draft.step.get("jobid");
  if (job === undefined) {
    err(`${command}: error: srun needs an allocation\n`);
    return 1;
  }
  return runStep(invocation, client, stepPlan(invocation, request, job));
};

/** What the step is, once its job is known. */
export const stepPlan = (
  invocation: Invocation,
  { draft, words }: SrunRequest,
  job: string,
  env = invocation.env,
): StepPlan => {
  const { command, err } = invocation;
  const workDir =
    draft.chdir === undefined || draft.chdir === "" ? invocation.cwd : resolve(invocation.cwd, draft.chdir);
  const [named = "", ...rest] = words;
  const place = { workDir, path: env["PATH"] };
  const pty = draft.step.has("pty") ? terminalOf(command, err) : null;
  return {
    job,
    draft,
    wish: stepWish(
      {
        draft,
        program: named.slice(named.lastIndexOf("/") + 1),
        srunHost: ownHost(),
        srunPid: process.pid,
        hosts: hostsOf(env["SLURM_HOSTFILE"]),
      },
      (text) => {
        if (!draft.quiet) err(`${command}: ${text}\n`);
      },
    ),
    workDir,
    programs: (ntasks) =>
      draft.step.has("multi-prog")
        ? multiPrograms(command, named, ntasks, place)
        : done([{ argv: [findProgram(named, workDir, place.path), ...rest] }]),
    env,
    user: ownIdentity().user,
    pty,
  };
};

/** Names of a file of hosts, one a line, `n1*4` for four of it. */
const hostsOf = (path: string | undefined): readonly string[] | undefined => {
  if (path === undefined || path === "") return undefined;
  try {
    return readFileSync(path, "utf8")
      .split(/[\s,]+/)
      .filter((word) => word !== "" && !word.startsWith("#"))
      .flatMap((word) => {
        const [name = "", times = "1"] = word.split("*");
        return Array.from({ length: Math.min(Number(times) || 1, MAX_TIMES) }, () => name);
      });
  } catch {
    return [];
  }
};
const MAX_TIMES = 65_536;
