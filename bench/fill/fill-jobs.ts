/** The jobs of the fill benchmark: those of a file, or a seeded queue of the same mix, as submissions. */
import { specOf } from "../../test/e2e/programs.ts";
import { type BenchJob, makeWorkload, readWorkload } from "../pass/workload.ts";
import { NODE_CPUS, NODE_MEM_MIB } from "./fill-node.ts";

const SEED = 3;
const WARM_UP_SEED = 5;

/** The jobs of the file, or where there is none a seeded queue that fits on `nodes`. */
export function workloadOf(path: string | undefined, isTiny: boolean, nodes: number): readonly BenchJob[] {
  if (path !== undefined) return readWorkload(path);
  return fitting(makeWorkload(isTiny ? 200 : 10_000, SEED, false), nodes);
}

const fitting = (jobs: readonly BenchJob[], nodes: number): readonly BenchJob[] =>
  jobs.map((job) => ({ ...job, nodes: Math.min(job.nodes, Math.ceil(nodes / 4)) }));

/** Jobs that start and end before anything is measured, so that the controller's code is compiled as it is in service. */
export function warmUpOf(isTiny: boolean, nodes: number): readonly BenchJob[] {
  return fitting(makeWorkload(isTiny ? 50 : 1_000, WARM_UP_SEED, false), nodes);
}

export const isWarmUp = (name: string): boolean => name.startsWith(WARM_UP);
export const WARM_UP = "warm-up-";

/** The body of a submission, named `<prefix><id>`; `beginS` 0 for a job that may start at once. */
export function submissionOf(job: BenchJob, folder: string, beginS: number, prefix = "fill-"): unknown {
  return specOf("#!/bin/sh\nsleep 100000\n", folder, {
    name: `${prefix}${job.id}`,
    environment: ENVIRONMENT,
    output: "/dev/null",
    minNodes: job.nodes,
    maxNodes: job.nodes,
    ntasks: job.nodes,
    ntasksPerNode: 1,
    cpusPerTask: job.cpus,
    memPerCpuMib: NODE_MEM_MIB / NODE_CPUS,
    gpusPerNode: String(job.gpusPerNode),
    timeLimitS: job.timeLimitS,
    ...(beginS === 0 ? {} : { beginS }),
  });
}

/** What a login shell exports, about. */
const ENVIRONMENT = {
  HOME: "/home/tester",
  LANG: "C.UTF-8",
  LOGNAME: "tester",
  MAIL: "/var/mail/tester",
  OLDPWD: "/home/tester",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/tools/bin",
  PWD: "/home/tester/runs",
  SHELL: "/bin/bash",
  SHLVL: "1",
  TERM: "xterm-256color",
  USER: "tester",
  XDG_RUNTIME_DIR: "/run/user/1000",
};
