import { describe, expect, test } from "vitest";
import { startOrder } from "../../core/launch/start-order.ts";
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
