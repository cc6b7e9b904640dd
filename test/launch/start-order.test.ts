import { describe, expect, test } from "vitest";
import { outputPaths } from "../../core/launch/output-paths.ts";
import { startOrder } from "../../core/launch/start-order.ts";
import { jobId } from "../../core/model/ids.ts";
import type { Job } from "../../core/model/job.ts";
import { job, nodeSpec, share } from "./jobs.ts";

const order = (of: Job, devices: readonly { lane: number; thousandths: number }[] = []) =>
  startOrder({
    job: of,
    allocation: { nodes: [share(0, { cpus: 2, memMib: 200, devices }), share(1)] },
    nodes: [nodeSpec("n1.example.org"), nodeSpec("n2")],
    clusterName: "oracle",
    controllerUrl: "http://127.0.0.1:1",
    environment: { HOME: "/root" },
    script: "#!/bin/sh\n",
    graceMs: 30_000,
  });

describe("the order to the batch host", () => {
  test("has its own share of the allocation, and the job's limits", () => {
    const devices = [{ lane: 1, thousandths: 1000 }];
    const made = order(job({ of: { args: ["a b"], openMode: "append" } }), devices);
    expect(made).toMatchObject({
      jobId: 1,
      restarts: 0,
      user: "root",
      workDir: "/home/alice/job",
      script: "#!/bin/sh\n",
      args: ["a b"],
      cpus: 2,
      memMib: 200,
      devices,
      timeLimitS: 300,
      graceMs: 30_000,
      openMode: "append",
    });
    expect(made.environment).toMatchObject({
      HOME: "/root",
      SLURM_JOB_NUM_NODES: "2",
      SLURM_CPUS_ON_NODE: "2",
    });
    expect(made).not.toHaveProperty("signal");
  });

  test("has the signal that was asked before the limit", () => {
    const signal = { signal: 10, beforeS: 50, batchOnly: true };
    expect(order(job({ of: { signal } })).signal).toEqual(signal);
  });

  test("names the first node in file names, without its domain", () => {
    expect(order(job({ of: { output: "%N.out" } })).stdout).toBe("/home/alice/job/n1.out");
  });

  test("needs a node", () => {
    expect(() =>
      startOrder({
        job: job(),
        allocation: { nodes: [] },
        nodes: [],
        clusterName: "",
        controllerUrl: "",
        environment: {},
        script: "",
        graceMs: 0,
      }),
    ).toThrow(/without nodes/);
  });
});

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
