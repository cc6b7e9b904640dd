/** srun: runs tasks on the nodes of the allocation that it is called in, or of one that it makes for them. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { JobSpec } from "../../model/job-spec.ts";
import type { JobView } from "../../model/views.ts";
import { allocate } from "../allocation/allocate.ts";
import { allocationSpec } from "../allocation/allocation-spec.ts";
import { ControllerClient } from "../controller-client.ts";
import { done } from "../failure.ts";
import { ownHost, ownIdentity } from "../identity.ts";
import type { Command, Invocation } from "../invocation.ts";
import { testOnlyText } from "../sbatch/sbatch.ts";
import { noteLines, policyLines, slurmSentence } from "../slurm-sentence.ts";
import { aboutText } from "./about.ts";
import { SRUN_OPTIONS } from "./options.ts";
import { findProgram, multiPrograms } from "./programs.ts";
import { readSrunOptions, type SrunRequest } from "./read-options.ts";
import { runStep, type StepPlan } from "./run-step.ts";
import { type StepWish, stepWish } from "./step-ask.ts";
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
  const about = aboutText(given, USAGE, SRUN_OPTIONS);
  if (about !== undefined) out(about);
  else if (draft.step.get("mpi") === "list") out(MPI_LIST);
  else if (words.length === 0) {
    err(`${command}: fatal: No command given to execute.\n`);
    return 1;
  } else return start(invocation, request.value);
  return 0;
};

const MPI_LIST = "MPI plugin types are...\n\tnone\n\tpmi1\n\tpmi2\n";

const start = async (invocation: Invocation, request: SrunRequest): Promise<number> => {
  const { env } = invocation;
  const client = new ControllerClient(env);
  const job = request.draft.step.get("jobid");
  if (job !== undefined) return runStep(invocation, client, stepPlan(invocation, request, job));
  const { draft, words } = request;
  const program = words[0]!.slice(words[0]!.lastIndexOf("/") + 1);
  const spec = allocationSpec(invocation, draft, program, "held");
  if (draft.testOnly) return testOnly(invocation, client, spec);
  const immediate = draft.step.get("immediate");
  const held = await allocate({
    invocation,
    client,
    spec,
    quiet: draft.quiet,
    immediateS: immediate === undefined ? undefined : Number(immediate),
  });
  if (typeof held === "number") return held;
  const plan = stepPlan(invocation, request, String(held.job.jobId), { ...env, ...held.environment });
  const status = await runStep(invocation, client, { ...plan, wish: wholeWish(plan.wish, held.job) });
  await held.end(status);
  return status;
};

const testOnly = async (
  { command, err }: Invocation,
  client: ControllerClient,
  spec: JobSpec,
): Promise<number> => {
  const answer = await client.testOnly(spec);
  if (!answer.ok) {
    const { refusal } = answer;
    // Of a policy's refusal Slurm says here what sbatch does.
    const said = policyLines(command, refusal);
    const what = said === "" ? `${command}: error: Unable to allocate resources` : "allocation failure";
    err(`${said}${what}: ${slurmSentence(refusal)}\n`);
    return 1;
  }
  err(noteLines(command, answer.value.notes));
  err(testOnlyText(command, answer.value));
  return 0;
};

/** A step of the job that was made for it has all of the job: what was asked of devices and memory is the job's. */
const wholeWish = (wish: StepWish, job: JobView): StepWish => {
  const {
    memPerNodeMib: _,
    memPerCpuMib: __,
    gres: ___,
    gpus: ____,
    gpusPerNode: _____,
    exact: ______,
    ...rest
  } = wish;
  const { nodelist: _n, exclude: _x, timeLimitS: _t, ...kept } = rest;
  const ntasks = wish.ntasks ?? (wish.ntasksPerNode ?? 1) * job.numNodes;
  const nodes = Math.min(job.numNodes, ntasks);
  return { ...kept, ntasks, minNodes: nodes, maxNodes: nodes };
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
