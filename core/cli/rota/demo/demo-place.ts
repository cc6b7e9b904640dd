/**
 * The folder that a demo runs in, and the processes that could be left of its jobs. Made and removed by the demo; the
 * cluster's state and the jobs' files lie side by side in it.
 */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, parseStat, readText, sessionMembers } from "../../../../agents/node/proc.ts";
import { DEMO_SUBMISSIONS } from "./demo-jobs.ts";

export interface DemoPlace {
  readonly root: string;
  readonly stateDir: string;
  /** With the scripts in it. */
  readonly workDir: string;
  /** Text of a file in the work directory; undefined when there is none. */
  file(name: string): string | undefined;
  /** Ends what is left of the jobs: only after trouble is anything. */
  endLeftovers(): void;
  remove(): void;
}

export function makeDemoPlace(): DemoPlace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "rota-demo-")));
  const stateDir = join(root, "state");
  const workDir = join(root, "work");
  mkdirSync(workDir);
  for (const { job, script } of DEMO_SUBMISSIONS) writeFileSync(join(workDir, `${job}.sh`), script);
  return {
    root,
    stateDir,
    workDir,
    file: (name) => readOrUndefined(join(workDir, name)),
    endLeftovers: () => endJobProcesses(join(stateDir, "agents")),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Kills the sessions that agents' job folders name and that are still those processes. */
function endJobProcesses(agents: string): void {
  for (const agent of namesIn(agents)) {
    for (const run of namesIn(join(agents, agent, "jobs"))) {
      for (const file of ["shepherd", "pid"]) {
        const leader = parseStat(readText(join(agents, agent, "jobs", run, file)) ?? "");
        if (leader === undefined || !isAlive(leader)) continue;
        for (const member of sessionMembers(leader.session)) kill(member.pid);
      }
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
