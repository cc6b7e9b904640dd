/**
 * What must have become of the demo's jobs: their states and exit codes, the environment and devices that they saw,
 * their output files, and the order of the one that waited. Pure: looks at what it is given.
 */
import type { JobState } from "../../../model/job.ts";
import type { HistoryView, JobView } from "../../../model/views.ts";
import {
  ARRAY_TASKS,
  DEMO_JOBS,
  type DemoJob,
  EXIT_CODE,
  GANG_NODES,
  GANG_TASKS_PER_NODE,
  LIMIT_S,
  PLAIN_ARGS,
} from "./demo-jobs.ts";

/** What the demo found. */
export interface DemoOutcome {
  readonly ids: Readonly<Record<DemoJob, string>>;
  /** Jobs as they were just after the submissions. */
  readonly queued: readonly JobView[];
  readonly history: readonly HistoryView[];
  /** Text of an output file by its name; undefined when there is none. */
  readonly file: (name: string) => string | undefined;
  /** Directory of the submissions. */
  readonly workDir: string;
}

export interface Check {
  readonly what: string;
  /** What was found instead; undefined when it holds. */
  readonly problem?: string;
}

/** Seconds that a job may run past its limit: both are whole seconds, and a busy machine is slow to end a process. */
const SLACK_S = 5;

export function checkDemo(outcome: DemoOutcome): readonly Check[] {
  return [...stateChecks(outcome), ...fileChecks(outcome), ...gangChecks(outcome), ...orderChecks(outcome)];
}

/** Names of the output files, in the order of submission. */
export function outputFiles(ids: DemoOutcome["ids"]): readonly string[] {
  return DEMO_JOBS.flatMap((job) => {
    if (job === "array")
      return Array.from({ length: ARRAY_TASKS }, (_, task) => `array-${ids.array}_${task}.out`);
    return job === "fail" ? [`fail-${ids.fail}.out`, `fail-${ids.fail}.err`] : [`${job}-${ids[job]}.out`];
  });
}

function stateChecks({ ids, history }: DemoOutcome): readonly Check[] {
  const ended = (id: string): string => {
    const job = history.find((one) => one.displayId === id);
    return job === undefined ? "no record" : `${job.state} ${job.exitCode}:${job.exitSignal}`;
  };
  const check = (what: string, id: string, state: JobState, exit: string): Check =>
    same(`${what} has ended ${state} with ${exit}`, ended(id), `${state} ${exit}`);
  const tasks = Array.from({ length: ARRAY_TASKS }, (_, task) => ended(`${ids.array}_${task}`));
  const overrun = history.find((one) => one.displayId === ids.overrun);
  const ranS = overrun === undefined ? -1 : overrun.endS - overrun.startS;
  return [
    check("plain", ids.plain, "COMPLETED", "0:0"),
    same(
      `all ${ARRAY_TASKS} tasks of array have ended COMPLETED`,
      [...new Set(tasks)].join(", "),
      "COMPLETED 0:0",
    ),
    check("gang", ids.gang, "COMPLETED", "0:0"),
    check("fail", ids.fail, "FAILED", `${EXIT_CODE}:0`),
    same("overrun has ended TIMEOUT", overrun?.state ?? "no record", "TIMEOUT"),
    holds(
      `overrun ran for its limit of ${LIMIT_S} s`,
      ranS >= LIMIT_S - 1 && ranS <= LIMIT_S + SLACK_S,
      `${ranS} s`,
    ),
    check("gpu", ids.gpu, "COMPLETED", "0:0"),
    check("after", ids.after, "COMPLETED", "0:0"),
  ];
}

function fileChecks({ ids, file }: DemoOutcome): readonly Check[] {
  const missing = outputFiles(ids).filter((name) => file(name) === undefined);
  const contains = (what: string, name: string, text: string): Check => {
    const found = file(name) ?? "";
    return holds(what, found.includes(text), JSON.stringify(found.slice(0, 200)));
  };
  const wrongTasks = Array.from({ length: ARRAY_TASKS }, (_, task) => task).filter(
    (task) =>
      file(`array-${ids.array}_${task}.out`) !== `task ${task} of ${ARRAY_TASKS} of array ${ids.array}\n`,
  );
  return [
    holds("every output file is there", missing.length === 0, `no ${missing.join(", ")}`),
    ...PLAIN_ARGS.map((arg) =>
      contains(`plain got its argument "${arg}"`, `plain-${ids.plain}.out`, `argument: ${arg}\n`),
    ),
    holds(
      "each task of array knew its number",
      wrongTasks.length === 0,
      `tasks ${wrongTasks.join(", ")} did not`,
    ),
    contains("fail wrote to its own error file", `fail-${ids.fail}.err`, "this goes wrong\n"),
    contains("overrun was told why it ended", `overrun-${ids.overrun}.out`, "DUE TO TIME LIMIT"),
    holds(
      "overrun did not run on",
      !(file(`overrun-${ids.overrun}.out`) ?? "").includes("never reached"),
      "it did",
    ),
    same("gpu saw two devices", file(`gpu-${ids.gpu}.out`)?.trim() ?? "nothing", "CUDA_VISIBLE_DEVICES=0,1"),
  ];
}

function gangChecks({ ids, file, workDir }: DemoOutcome): readonly Check[] {
  const lines = (file(`gang-${ids.gang}.out`) ?? "").split("\n");
  const environment = new Map(
    lines.map((line): [string, string] => [line.split("=")[0]!, line.slice(line.indexOf("=") + 1)]),
  );
  const tasks = GANG_NODES * GANG_TASKS_PER_NODE;
  const wanted: Readonly<Record<string, string>> = {
    SLURM_JOB_ID: ids.gang,
    SLURM_JOB_NAME: "gang",
    SLURM_JOB_NUM_NODES: `${GANG_NODES}`,
    SLURM_JOB_NODELIST: `n[1-${GANG_NODES}]`,
    SLURM_NNODES: `${GANG_NODES}`,
    SLURM_NTASKS: `${tasks}`,
    SLURM_TASKS_PER_NODE: `${GANG_TASKS_PER_NODE}(x${GANG_NODES})`,
    SLURM_SUBMIT_DIR: workDir,
    SLURM_NODEID: "0",
    SLURM_PROCID: "0",
  };
  const nodes = new Set(Array.from({ length: GANG_NODES }, (_, i) => `n${i + 1}`));
  return [
    ...Object.entries(wanted).map(([name, value]) =>
      same(`gang saw ${name}=${value}`, environment.get(name) ?? "nothing", value),
    ),
    holds(
      "gang ran its script on one of its nodes",
      nodes.has(environment.get("SLURMD_NODENAME") ?? ""),
      environment.get("SLURMD_NODENAME") ?? "nothing",
    ),
  ];
}

function orderChecks({ ids, queued, history }: DemoOutcome): readonly Check[] {
  const waiting = queued.find((job) => job.displayId === ids.after);
  const before = history.find((job) => job.displayId === ids.plain);
  const after = history.find((job) => job.displayId === ids.after);
  return [
    same(
      "after waited for plain",
      waiting === undefined ? "no record" : `${waiting.state} ${waiting.reason}`,
      "PENDING Dependency",
    ),
    holds(
      "after started when plain had ended",
      before !== undefined && after !== undefined && before.endS > 0 && after.startS >= before.endS,
      `it started at ${after?.startS} and plain ended at ${before?.endS}`,
    ),
  ];
}

const same = (what: string, found: string, wanted: string): Check => holds(what, found === wanted, found);

const holds = (what: string, isTrue: boolean, found: string): Check =>
  isTrue ? { what } : { what, problem: found };
