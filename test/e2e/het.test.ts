/** Heterogeneous jobs typed at a real cluster: submitted, shown, started together, ended together. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobView } from "../../core/model/views.ts";
import { plain, QUEUE_HEADER, queueRow, Shell, untimed } from "./command-run.ts";
import { stopAll } from "./programs.ts";
import { TestCluster } from "./test-cluster.ts";

let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2", "n3", "n4"]);
  shell = new Shell(cluster);
});
afterAll(stopAll);

const path = (name: string): string => join(cluster.workDir, name);
const output = (name: string): string => readFileSync(path(name), "utf8");
const script = (name: string, ...lines: readonly string[]): void =>
  writeFileSync(path(name), `${["#!/bin/bash", ...lines].join("\n")}\n`, { mode: 0o755 });
const states = async (id: number): Promise<JobView["state"][]> =>
  (await cluster.jobs(id)).map(({ state }) => state);

describe("a heterogeneous job", () => {
  it("runs its script once, on the leader's node, and tells it of all components", async () => {
    script(
      "het.sh",
      "#SBATCH -n1 -t 5 -J alpha",
      "#SBATCH hetjob",
      "#SBATCH -n2 -N2 -c2 --gres=gpu:1",
      "env",
    );
    const id = await shell.submit("-W -o het.out het.sh");
    const lines = output("het.out").split("\n");
    const [leader, other] = await cluster.jobs(id);
    for (const line of [
      "SLURM_HET_SIZE=2",
      `SLURM_JOB_ID=${id}`,
      `SLURM_JOB_ID_HET_GROUP_0=${id}`,
      `SLURM_JOB_ID_HET_GROUP_1=${id + 1}`,
      `SLURM_JOB_NODELIST=${leader?.nodes}`,
      `SLURM_JOB_NODELIST_HET_GROUP_1=${other?.nodes}`,
      "SLURM_JOB_NUM_NODES_HET_GROUP_1=2",
      "SLURM_NTASKS_HET_GROUP_1=2",
      "SLURM_CPUS_PER_TASK_HET_GROUP_1=2",
      "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1=2(x2)",
      "SLURM_JOB_NAME_HET_GROUP_1=alpha",
    ])
      expect(lines).toContain(line);
    expect(lines.filter((line) => line.startsWith("SLURM_JOB_ID="))).toHaveLength(1);
    expect(leader).toMatchObject({ state: "COMPLETED", displayId: `${id}+0`, timeLimitS: 300 });
    expect(other).toMatchObject({ state: "COMPLETED", displayId: `${id}+1`, timeLimitS: 300, numGpus: 2 });
    expect(other?.startS).toBe(leader?.startS);
  });

  it("is shown, held, released and cancelled as one, and no component that waits is cancelled alone", async () => {
    const id = await shell.submit("--begin=now+1hour -n1 -J two : -n2 -p long --wrap true");
    expect(untimed(await shell.text(`squeue -j ${id}`))).toBe(
      QUEUE_HEADER +
        queueRow(`${id}+0`, "debug", "two", "PD", 1, "(BeginTime)") +
        queueRow(`${id}+1`, "long", "two", "PD", 1, "(BeginTime)"),
    );
    expect(await shell.text(`squeue -h -O HetJobID,HetJobOffset,HetJobIDSet -j ${id}+1`)).toBe(
      `${String(id).padEnd(20)}${"1".padEnd(20)}${`${id}-${id + 1}`.padEnd(20)}\n`,
    );
    const shown = plain(await shell.text(`scontrol show job ${id}+1`));
    expect(shown).toContain(`JobId=${id + 1} HetJobId=${id} HetJobOffset=1 JobName=two\n   HetJobIdSet=`);
    expect(shown).toContain(`HetJobIdSet=${id}-${id + 1}\n   UserId=root(0)`);
    const message = "Operation not permitted on individual component of heterogeneous job";
    for (const ref of [`${id}+1`, `${id + 1}`, `${id}+0`]) {
      const ran = await shell.run(`scancel ${ref}`);
      expect(ran.code).toBe(1);
      expect(ran.err).toBe(`scancel: error: Kill job error on job id ${ref}: ${message}\n`);
    }
    await shell.text(`scontrol hold ${id}`);
    const held = "JobHeldUser";
    expect(await shell.text(`squeue -h -o %r -j ${id}`)).toBe(`${held}\n${held}\n`);
    await shell.text(`scontrol release ${id}`);
    await shell.text(`scancel ${id}`);
    expect(await states(id)).toEqual(["CANCELLED", "CANCELLED"]);
  });

  it("waits until all of it fits, and then starts all of it at one moment", async () => {
    const hog = await shell.submit("-n1 -w n4 --exclusive --wrap 'sleep 3'");
    await cluster.untilState(hog, "RUNNING");
    const id = await shell.submit("-n1 -N1 -w n1 : -N1 -w n4 --wrap 'sleep 1'");
    await cluster.ended(hog);
    const [leader, other] = await cluster.ended(id);
    expect([leader?.state, other?.state]).toEqual(["COMPLETED", "COMPLETED"]);
    expect(leader?.startS).toBe(other?.startS);
    expect(leader?.startS).toBeGreaterThanOrEqual((await cluster.job(hog)).endS);
  });

  it("lets a running component go alone, and a requeue brings all of it back", async () => {
    const id = await shell.submit("-n1 : -n2 --wrap 'sleep 30'");
    await cluster.untilState(id, "RUNNING");
    await shell.text(`scancel ${id}+1`);
    expect(await states(id)).toEqual(["RUNNING", "CANCELLED"]);
    await shell.text(`scontrol requeue ${id}`);
    await shell.until(`squeue -h -t R -o %i -j ${id}`, `${id}+0\n${id}+1`);
    expect((await cluster.jobs(id)).map(({ restarts }) => restarts)).toEqual([1, 1]);
    await shell.text(`scancel ${id}`);
    await cluster.ended(id);
    expect(await states(id)).toEqual(["CANCELLED", "CANCELLED"]);
  });

  it("ends a component at a limit of its own that is shorter than its leader's", async () => {
    const id = await cluster.submit("#!/bin/bash\nsleep 4\n", { timeLimitS: 60, het: [{ timeLimitS: 1 }] });
    expect((await cluster.ended(id)).map(({ state, reason }) => [state, reason])).toEqual([
      ["COMPLETED", "None"],
      ["TIMEOUT", "TimeLimit"],
    ]);
  });

  it("goes on over the end of its controller, and runs its script once", async () => {
    const id = await shell.submit("-n1 -w n1 : -w n2 : -w n3 --wrap 'echo run >>once.txt; sleep 3'");
    await cluster.untilState(id, "RUNNING");
    cluster.controller.process.kill("SIGKILL");
    await cluster.controller.exited;
    await cluster.startController();
    expect((await cluster.ended(id)).map(({ state }) => state)).toEqual(Array(3).fill("COMPLETED"));
    expect(output("once.txt")).toBe("run\n");
  });

  it("ends with its leader's exit code, and a job that waits for the leader starts then", async () => {
    const id = await shell.submit("-n1 : -n1 --wrap 'sleep 0.5; exit 3'");
    const after = await shell.submit(`-d afternotok:${id} --wrap true`);
    const ended = await cluster.ended(id);
    expect(ended.map(({ state, exitCode }) => [state, exitCode])).toEqual([
      ["FAILED", 3],
      ["FAILED", 3],
    ]);
    expect((await cluster.ended(after))[0]?.state).toBe("COMPLETED");
  });

  it("is tried with --test-only, and refused as an array", async () => {
    const tried = await shell.run("sbatch --test-only -n1 : -n2 --wrap true");
    expect(tried.err).toMatch(/^sbatch: Job \d+ to start at \S+ using 3 processors on n\S+\n$/);
    const array = await shell.run("sbatch -n1 : --array=1-2 --wrap true");
    expect(array.err).toBe("sbatch: error: Batch job submission failed: Invalid job array specification\n");
  });

  it("fails or comes back as a whole when a node of one component is lost", async () => {
    const id = await shell.submit("--no-requeue -w n1 : -w n3 --wrap 'sleep 60'");
    await cluster.untilState(id, "RUNNING");
    cluster.agents.get("n3")?.process.kill("SIGKILL");
    const ended = await cluster.ended(id);
    expect(ended.map(({ state }) => state)).toEqual(["NODE_FAIL", "NODE_FAIL"]);
  });
});
