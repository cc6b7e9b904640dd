import { spawnSync } from "node:child_process";
import os from "node:os";
import { beforeAll, describe, expect, it } from "vitest";
import type { StartOrder } from "../../../agents/protocol/frames.ts";
import { agentRoom } from "../agent-room.ts";
import { startOrder } from "../test-controller.ts";

const room = agentRoom();
const { controller, folder } = room;
let jobs = 0;

const environmentOf = async (more: Partial<StartOrder> = {}): Promise<Map<string, string>> => {
  const jobId = ++jobs;
  controller.order("n1", startOrder(jobId, folder, "#!/bin/cat /proc/self/environ\n", more));
  await controller.ended(jobId);
  // No shell between, which would drop what it cannot export; cat prints the script behind the environment.
  const entries = room.read(`${jobId}.out`).split("\0").slice(0, -1);
  return new Map(
    entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
};

beforeAll(async () => {
  await room.agent();
});

describe("a job's environment", () => {
  it("has what the order says and what only the node knows", async () => {
    const jobId = jobs + 1;
    const environment = await environmentOf({
      environment: { SLURM_JOB_ID: `${jobId}`, SLURM_CPUS_ON_NODE: "3", MINE: "x" },
    });
    const { pid } = await controller.started(jobId);
    expect(Object.fromEntries(environment)).toMatchObject({
      SLURM_JOB_ID: `${jobId}`,
      SLURM_CPUS_ON_NODE: "3",
      MINE: "x",
      SLURMD_NODENAME: "n1",
      SLURM_TASK_PID: `${pid}`,
      TMPDIR: "/tmp",
    });
  });

  it("keeps values with quotes, newlines and dollars, and names that no shell can export", async () => {
    const asked = {
      QUOTES: `it's "so" \`id\` $HOME \\ `,
      LINES: "a\nb\n",
      EMPTY: "",
      "BASH_FUNC_ml%%": "() {  echo 'a b'\n}",
      "a.b": "dot",
      UID: "12",
      IFS: ":",
      LC_ALL: "C.UTF-8",
      pid: "p",
      dir: "d",
      SHLVL: "2",
    };
    expect(Object.fromEntries(await environmentOf({ environment: asked }))).toMatchObject(asked);
  });

  it("has nothing of the agent's or of the shells between", async () => {
    const environment = await environmentOf({ environment: {} });
    expect([...environment.keys()].sort()).toEqual(
      [
        "CUDA_VISIBLE_DEVICES",
        "HOME",
        "LOGNAME",
        "PATH",
        "PWD",
        "SHELL",
        "SLURMD_NODENAME",
        "SLURM_TASK_PID",
        "TMPDIR",
        "USER",
      ].sort(),
    );
    expect(environment.get("HOME")).toBe(os.userInfo().homedir);
    expect(environment.get("PWD")).toBe(folder);
  });

  it("does not override what the user's shell had", async () => {
    const asked = { HOME: "/h", PATH: "/p:/usr/bin:/bin", TMPDIR: "/t", SHELL: "/bin/zsh" };
    expect(Object.fromEntries(await environmentOf({ environment: asked }))).toMatchObject(asked);
  });

  it("reaches bash functions of the user's shell", async () => {
    if (spawnSync("/bin/bash", ["-c", "true"]).status !== 0) return;
    const jobId = ++jobs;
    const environment = { "BASH_FUNC_greet%%": "() { echo hello $1; }" };
    controller.order("n1", startOrder(jobId, folder, "#!/bin/bash\ngreet you", { environment }));
    await controller.ended(jobId);
    expect(room.read(`${jobId}.out`)).toBe("hello you\n");
  });

  it("shows the devices that the job was given, and hides them from a job without", async () => {
    const whole = (lane: number) => ({ lane, thousandths: 1000 });
    expect(Object.fromEntries(await environmentOf({ devices: [whole(1)] }))).toMatchObject({
      CUDA_VISIBLE_DEVICES: "1",
      SLURM_JOB_GPUS: "1",
      SLURM_GPUS_ON_NODE: "1",
    });
    const both = await environmentOf({
      devices: [whole(1), whole(0)],
      environment: { CUDA_VISIBLE_DEVICES: "7" },
    });
    expect(both.get("CUDA_VISIBLE_DEVICES")).toBe("0,1");
    expect(both.get("SLURM_JOB_GPUS")).toBe("0,1");
    const none = await environmentOf();
    expect([none.get("CUDA_VISIBLE_DEVICES"), none.has("SLURM_JOB_GPUS")]).toEqual(["", false]);
  });

  it("never comes to be for a device that the node has not", async () => {
    const jobId = ++jobs;
    controller.order("n1", startOrder(jobId, folder, "true", { devices: [{ lane: 5, thousandths: 1000 }] }));
    expect(await controller.ended(jobId)).toMatchObject({
      cause: "launch-failed",
      text: "This node has no device 5; it has 2.",
    });
  });
});
