import { describe, expect, test } from "vitest";
import { jobId } from "../../core/model/ids.ts";
import { outputPaths } from "../../core/model/output-paths.ts";
import { job } from "../launch/jobs.ts";

describe("output files", () => {
  const array = { arrayJobId: jobId(2), taskCount: 4, taskMin: 0, taskMax: 3, taskStep: 1 };

  test("are one file named after the job, and input is empty, unless asked otherwise", () => {
    expect(outputPaths(job(), "n1")).toEqual({
      stdOut: "/home/alice/job/slurm-1.out",
      stdErr: "/home/alice/job/slurm-1.out",
      stdIn: "/dev/null",
    });
  });

  test("of an array's tasks are named after array and task", () => {
    const task = job({ id: jobId(9), array: { ...array, taskId: 1 } });
    expect(outputPaths(task, "n1").stdOut).toBe("/home/alice/job/slurm-2_1.out");
  });

  test("of an array's waiting rest have the number that stands for no task", () => {
    const rest = job({ id: jobId(2), array, of: { output: "arr_%A_%a.out" } });
    expect(outputPaths(rest, "")).toEqual({
      stdOut: "/home/alice/job/arr_2_4294967294.out",
      stdErr: "/home/alice/job/arr_2_4294967294.out",
      stdIn: "/dev/null",
    });
  });

  test("may be absolute, several, or none", () => {
    const of = { output: "/tmp/%j.out", error: "err/%x-%u", input: "in%%" };
    expect(outputPaths(job({ of }), "n1")).toEqual({
      stdOut: "/tmp/1.out",
      stdErr: "/home/alice/job/err/hello-root",
      stdIn: "/home/alice/job/in%",
    });
    expect(outputPaths(job({ of: { output: "none", workDir: "/" } }), "n1").stdOut).toBe("/dev/null");
    expect(outputPaths(job({ of: { output: "a", workDir: "/" } }), "n1").stdOut).toBe("/a");
  });
});
