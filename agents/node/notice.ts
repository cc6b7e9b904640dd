/**
 * The lines that Slurm writes into a job's stderr when it ends the job; scripts and people look for them, so they are
 * kept to the letter. Written as the job's user, so that a link in the user's directory cannot make a root agent write
 * elsewhere.
 */
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { printTimestamp } from "../../core/model/time.ts";
import type { EndCause } from "../protocol/frames.ts";

const REASONS: Readonly<Record<EndCause, string>> = {
  cancelled: "",
  "time-limit": " DUE TO TIME LIMIT",
  "node-failure": " DUE TO NODE FAILURE",
  requeue: " DUE TO JOB REQUEUE",
  preemption: " DUE TO PREEMPTION",
};
/** A write into a pipe that nobody reads must not hold up the ending. */
const NOTICE_TIMEOUT_MS = 1_000;

/** `slurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 2026-11-24T19:07:21 DUE TO TIME LIMIT ***` */
export const endingLine = (jobId: number, nodeName: string, cause: EndCause, atS: number): string =>
  `slurmstepd: error: *** JOB ${jobId} ON ${nodeName} CANCELLED AT ${printTimestamp(atS)}${REASONS[cause]} ***`;

/** What Slurm says when the kernel ended processes of a job for memory. */
export const oomLine = (jobId: number, kills: number): string =>
  `slurmstepd: error: Detected ${kills} oom_kill event${kills === 1 ? "" : "s"} in StepId=${jobId}.batch. Some of the step tasks have been OOM Killed.`;

/**
 * Appends a line to a file of the job, through `asUser` (the words that run a program as the job's user) when that is
 * another. Resolves within NOTICE_TIMEOUT_MS whether or not the line could be written.
 */
export const appendLine = (path: string, line: string, asUser: readonly string[]): Promise<void> => {
  const written = asUser.length > 0 ? appendAs(path, line, asUser) : appendHere(path, line);
  const late = new Promise<void>((resolve) => setTimeout(resolve, NOTICE_TIMEOUT_MS).unref());
  return Promise.race([written.catch(() => undefined), late]);
};

const appendHere = async (path: string, line: string): Promise<void> => {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  try {
    await file.write(`${line}\n`);
  } finally {
    await file.close();
  }
};

const appendAs = (path: string, line: string, asUser: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const [program, ...words] = [
      ...asUser,
      "/bin/sh",
      "-c",
      '[ -p "$2" ] || printf "%s\\n" "$1" >>"$2"',
      "rota",
      line,
      path,
    ];
    const child = spawn(program!, words, { stdio: "ignore", cwd: "/", timeout: NOTICE_TIMEOUT_MS });
    child.on("error", reject);
    child.on("exit", () => resolve());
  });
