import { describe, expect, it } from "vitest";
import { checkDemo, type DemoOutcome, outputFiles } from "../../../core/cli/rota/demo/demo-checks.ts";
import { DEMO_JOBS, DEMO_SUBMISSIONS } from "../../../core/cli/rota/demo/demo-jobs.ts";
import type { HistoryView } from "../../../core/model/views.ts";
import { historyView, waitingJob } from "./views.ts";

const ids = { plain: "1", array: "2", gang: "3", fail: "4", overrun: "5", gpu: "6", after: "7" };
const tasks = Array.from({ length: 8 }, (_, task) => `2_${task}`);

const goodHistory: readonly HistoryView[] = [
  ...["1", ...tasks, "3", "6"].map((displayId) => historyView({ displayId, startS: 100, endS: 102 })),
  historyView({ displayId: "4", state: "FAILED", exitCode: 3 }),
  historyView({ displayId: "5", state: "TIMEOUT", exitSignal: 15, startS: 100, endS: 105 }),
  historyView({ displayId: "7", startS: 102, endS: 103 }),
];

const goodFiles: Readonly<Record<string, string>> = {
  "plain-1.out": "job 1 runs\nargument: two words\nargument: and-one\n",
  ...Object.fromEntries(tasks.map((task, i) => [`array-${task}.out`, `task ${i} of 8 of array 2\n`])),
  "gang-3.out": `SLURMD_NODENAME=n1
SLURM_JOB_ID=3
SLURM_JOB_NAME=gang
SLURM_JOB_NUM_NODES=4
SLURM_JOB_NODELIST=n[1-4]
SLURM_NNODES=4
SLURM_NTASKS=8
SLURM_TASKS_PER_NODE=2(x4)
SLURM_SUBMIT_DIR=/demo/a=b
SLURM_NODEID=0
SLURM_PROCID=0
`,
  "fail-4.out": "",
  "fail-4.err": "this goes wrong\n",
  "overrun-5.out":
    "this takes a minute\nslurmstepd: error: *** JOB 5 ON n1 CANCELLED AT 2026-11-24T19:07:21 DUE TO TIME LIMIT ***\n",
  "gpu-6.out": "CUDA_VISIBLE_DEVICES=0,1\n",
  "after-7.out": "the job before has succeeded\n",
};

const outcome = (changes: {
  history?: readonly HistoryView[];
  files?: Readonly<Record<string, string | undefined>>;
  reason?: string;
}): DemoOutcome => {
  const files = { ...goodFiles, ...changes.files };
  return {
    ids,
    queued: [waitingJob({ displayId: "7", reason: changes.reason ?? "Dependency" })],
    history: changes.history ?? goodHistory,
    file: (name) => files[name],
    workDir: "/demo/a=b",
  };
};

const problems = (changes: Parameters<typeof outcome>[0]): string[] =>
  checkDemo(outcome(changes))
    .filter(({ problem }) => problem !== undefined)
    .map(({ what }) => what);

const instead = (displayId: string, changes: Partial<HistoryView>): readonly HistoryView[] =>
  goodHistory.map((job) => (job.displayId === displayId ? { ...job, ...changes } : job));

describe("the demo's checks", () => {
  it("hold for a cluster that does all that it must", () => {
    expect(problems({})).toEqual([]);
  });

  it.each([
    ["a wrong exit code", { history: instead("4", { exitCode: 1 }) }, ["fail has ended FAILED with 3:0"]],
    [
      "a lost record",
      { history: goodHistory.filter((job) => job.displayId !== "3") },
      ["gang has ended COMPLETED with 0:0"],
    ],
    [
      "a failed task",
      { history: instead("2_5", { state: "FAILED" }) },
      ["all 8 tasks of array have ended COMPLETED"],
    ],
    [
      "a time limit that is not kept",
      { history: instead("5", { endS: 160 }) },
      ["overrun ran for its limit of 5 s"],
    ],
    [
      "a job that came too early",
      { history: instead("7", { startS: 101 }) },
      ["after started when plain had ended"],
    ],
    ["a job that did not wait", { reason: "Resources" }, ["after waited for plain"]],
    ["other devices", { files: { "gpu-6.out": "CUDA_VISIBLE_DEVICES=0\n" } }, ["gpu saw two devices"]],
    ["a missing file", { files: { "after-7.out": undefined } }, ["every output file is there"]],
    [
      "a lost argument",
      { files: { "plain-1.out": "argument: two\nargument: words\nargument: and-one\n" } },
      ['plain got its argument "two words"'],
    ],
    [
      "a wrong variable",
      { files: { "gang-3.out": goodFiles["gang-3.out"]!.replace("2(x4)", "8") } },
      ["gang saw SLURM_TASKS_PER_NODE=2(x4)"],
    ],
  ])("find %s", (_, changes, found) => {
    expect(problems(changes)).toEqual(found);
  });
});

describe("the demo's jobs", () => {
  it("are batch scripts with directives, one for each name", () => {
    expect(DEMO_SUBMISSIONS.map(({ job }) => job)).toEqual(DEMO_JOBS);
    for (const { script } of DEMO_SUBMISSIONS) expect(script).toMatch(/^#!\/bin\/sh\n#SBATCH /);
  });

  it("have an output file each, and each task of the array its own", () => {
    expect(outputFiles(ids)).toHaveLength(DEMO_JOBS.length + 8);
  });
});
