/**
 * How a job is kept to its CPUs and memory: by cgroups where this agent may make them, else by resource limits. Chosen
 * once at an agent's start and said in the log; used at each start and end of a job.
 */
import { type CgroupV1, openCgroupV1 } from "./cgroup-v1.ts";
import { type CgroupV2, openCgroupV2 } from "./cgroup-v2.ts";
import { ResourceLimits } from "./resource-limits.ts";

/** What the shepherd does to put a job under its limits. */
export interface Placement {
  /** cgroup.procs files that the job's first process joins. */
  readonly joins: readonly string[];
  /** Limit of private memory of each process, KiB; 0 for none. */
  readonly dataKib: number;
  /** A program in front of the script (taskset). */
  readonly words: readonly string[];
}

export interface JobUsage {
  /** -1 where not measured. */
  readonly cpuTimeMs: number;
  readonly maxRssMib: number;
  /** Processes that the kernel ended for memory. */
  readonly oomKills: number;
}

export interface Limiter {
  /** One line for the log. */
  readonly summary: string;
  /** Makes the place of a job run; throws when the kernel refuses. `key` is `jobId.restarts`. */
  place(key: string, cpus: number, memMib: number): Placement;
  /**
   * Makes the place of a spare shepherd, without limits, to be `take`n for a job; undefined where that cannot be done,
   * or where joining a place costs nothing.
   */
  reserve(key: string): Placement | undefined;
  /** Makes a reserved place the place of a job run; throws when the kernel refuses, and then some of it may be done. */
  take(reserved: string, key: string, cpus: number, memMib: number): Placement;
  /**
   * Makes the place of a job step inside that of its run, `key`, which is made where no script runs on this node. The
   * last of `joins` is the step's own; its processes and usage are those of `<key>/<step>`. Throws as `place` does.
   */
  nest(
    key: string,
    step: string,
    share: {
      readonly cpus: number;
      readonly memMib: number;
      readonly jobCpus: number;
      readonly jobMemMib: number;
    },
  ): Placement;
  /** The file of `word number` lines whose `oom_kill` counts a run's processes that the kernel ended for memory, or "". */
  oomFile(key: string): string;
  /** A job that runs already, found again after a restart of the agent; its first process or 0. */
  adopt(key: string, pid: number): void;
  /** Processes of the job, or undefined where they are not tracked. */
  processes(key: string): readonly number[] | undefined;
  usage(key: string): JobUsage;
  /** Removes the place, at once or as soon as its last process is gone. */
  release(key: string): void;
  /** Removes places that an earlier agent process left behind, but for those of these runs. */
  tidy(keep: ReadonlySet<string>): void;
  /** The agent stops: removes its folders when no job is in them. */
  close(): void;
}

export interface LimiterOptions {
  /** `rlimit` leaves cgroups alone. */
  readonly mode: "auto" | "rlimit";
  /** Folder of this agent among the cgroups; the same at every start of it. */
  readonly folder: string;
  /** taskset(1), or "". */
  readonly taskset: string;
  /** Whether the node's CPUs are this host's, so that binding to them means something. */
  readonly ownCpus: boolean;
}

/** The strongest limiter that works here. */
export const openLimiter = (options: LimiterOptions): Limiter => {
  const why: string[] = [];
  if (options.mode === "auto") {
    for (const open of [openCgroupV2, openCgroupV1]) {
      const limiter: CgroupV2 | CgroupV1 | string = open(options.folder);
      if (typeof limiter !== "string") return limiter;
      why.push(limiter);
    }
  }
  return new ResourceLimits(options.taskset, options.ownCpus, why.join("; "));
};
