/** salloc: an allocation for as long as a command, or a shell, runs here; srun in it starts tasks on its nodes. */

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { isEnded } from "../../model/job.ts";
import { allocate } from "../allocation/allocate.ts";
import { allocationSpec } from "../allocation/allocation-spec.ts";
import { ControllerClient } from "../controller-client.ts";
import { ownIdentity } from "../identity.ts";
import type { Command, Invocation } from "../invocation.ts";
import { aboutText } from "../srun/about.ts";
import { readSrunOptions } from "../srun/read-options.ts";
import { SALLOC_OPTIONS } from "./options.ts";

const USAGE = "salloc [OPTIONS...] [command [args...]]";
const SIGNAL_STATUS = 128;
/** Not found, as shells have it. */
const NO_COMMAND = 127;
const POLL_MS = 50_000;

export const salloc: Command = async (invocation) => {
  const { command, args, env, err, out } = invocation;
  const input = { command, env, nowS: invocation.nowS(), user: ownIdentity().user, options: SALLOC_OPTIONS };
  const request = readSrunOptions(input, args);
  if (!request.ok) {
    err(request.text);
    return request.status;
  }
  const { draft, words, given } = request.value;
  const about = aboutText(given, USAGE, SALLOC_OPTIONS);
  if (about !== undefined) {
    out(about);
    return 0;
  }
  const client = new ControllerClient(env);
  const isKept = draft.step.has("no-shell");
  const immediate = draft.step.get("immediate");
  const held = await allocate({
    invocation,
    client,
    spec: allocationSpec(invocation, draft, isKept ? "no-shell" : "interactive", isKept ? "kept" : "held"),
    quiet: draft.quiet,
    immediateS: immediate === undefined ? undefined : Number(immediate),
    pendingLine: (id) => `${command}: Pending job allocation ${id}\n`,
  });
  if (typeof held === "number") return held;
  const { job, environment, end } = held;
  const say = (text: string): void => {
    if (!draft.quiet) err(`${command}: ${text}\n`);
  };
  say(`Granted job allocation ${job.jobId}`);
  if (isKept) return 0;
  const program = words.length > 0 ? words : [env["SHELL"] ?? "/bin/sh"];
  const status = await runIn(invocation, client, job.jobId, program, environment);
  say(`Relinquishing job allocation ${job.jobId}`);
  await end(status);
  return status;
};

/** Runs the command here; it is hung up when the job is taken from it. */
const runIn = async (
  { command, env, cwd, err }: Invocation,
  client: ControllerClient,
  jobId: number,
  [program = "", ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> => {
  // Keys of the terminal are the command's.
  const passed = (): void => undefined;
  process.on("SIGINT", passed);
  process.on("SIGQUIT", passed);
  const child = spawn(program, args, { stdio: "inherit", cwd, env: { ...env, ...environment } });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  let isOver = false;
  const watch = async (): Promise<void> => {
    while (!isOver) {
      const answer = await client.waitForEnd(String(jobId), POLL_MS);
      if (isOver) return;
      if (answer.ok && answer.value.jobs.every(({ state }) => isEnded(state))) {
        err(`${command}: Job allocation ${jobId} has been revoked.\n`);
        child.kill("SIGHUP");
        return;
      }
      if (!answer.ok) await new Promise((next) => setTimeout(next, 1_000).unref());
    }
  };
  void watch();
  const status = await new Promise<number>((done) => {
    child.once("error", (error) => {
      err(`${command}: error: Unable to exec command "${program}": ${error.message}\n`);
      done(NO_COMMAND);
    });
    child.once("exit", (code, signal) =>
      done(signal === null ? (code ?? 0) : SIGNAL_STATUS + (constants.signals[signal] ?? 0)),
    );
  });
  isOver = true;
  return status;
};
