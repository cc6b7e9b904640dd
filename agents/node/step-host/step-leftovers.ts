/**
 * Processes that a step's tasks have made and that are not in their groups any more. With a cgroup they are all known;
 * without one those are that stayed in a task's session, which are looked for in one pass over /proc for all steps that
 * ended lately.
 */
import { dirname } from "node:path";
import { readPids } from "../cgroup-files.ts";
import { SIGKILL, tryKill } from "../job-processes.ts";
import { allProcesses, readProcess } from "../proc.ts";
import type { HostStep } from "./control.ts";

const SWEEP_MS = 200;

export class StepLeftovers {
  readonly #folder: string | undefined;

  constructor(step: HostStep) {
    this.#folder = step.tracked ? dirname(step.joins.at(-1)!) : undefined;
  }

  /** To the step's processes besides the tasks' own groups, which have it already. */
  signal(signal: number, tasks: readonly number[]): void {
    const known = new Set(tasks);
    if (this.#folder !== undefined) {
      for (const pid of readPids(this.#folder)) {
        const group = readProcess(pid)?.group;
        if (group !== undefined && !known.has(group)) tryKill(pid, signal);
      }
      return;
    }
    for (const { pid, session, group } of allProcesses())
      if (known.has(session) && !known.has(group)) tryKill(pid, signal);
  }

  /** Ends them all: at once where they are known, else soon. */
  kill(tasks: readonly number[]): void {
    if (this.#folder !== undefined) for (const pid of readPids(this.#folder)) tryKill(pid, SIGKILL);
    else sweepLater(tasks);
  }
}

const sessions = new Set<number>();
let isSweepDue = false;

const sweepLater = (tasks: readonly number[]): void => {
  for (const pid of tasks) sessions.add(pid);
  if (isSweepDue) return;
  isSweepDue = true;
  setTimeout(() => {
    isSweepDue = false;
    for (const { pid, session } of allProcesses()) if (sessions.has(session)) tryKill(pid, SIGKILL);
    sessions.clear();
  }, SWEEP_MS);
};
