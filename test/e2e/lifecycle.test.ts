/** What a job lives through, on real controllers and agents: starts, ends, limits, signals, the loss of an agent or a node. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, stopAll, until } from "./programs.ts";
import { TestCluster } from "./test-cluster.ts";

let cluster: TestCluster;
const text = (name: string): string => readFileSync(join(cluster.workDir, name), "utf8");

beforeAll(async () => {
  cluster = await TestCluster.start(["n1", "n2", "n3", "n4"]);
});
afterAll(stopAll);

describe("a job on its way", () => {
  it("writes its output where it was submitted and is on record with its exit code", async () => {
    const id = await cluster.submit("#!/bin/bash\necho out; echo err >&2; exit 3\n");
    const [job] = await cluster.ended(id);
    expect(job).toMatchObject({ state: "FAILED", exitCode: 3, exitSignal: 0, reason: "NonZeroExitCode" });
    expect(text(`slurm-${id}.out`)).toBe("out\nerr\n");
    const { history } = await cluster.client.get<{ history: { jobId: number; exitCode: number }[] }>(
      `/v1/history?ids=${id}`,
    );
    expect(history).toMatchObject([{ jobId: id, exitCode: 3 }]);
  });

  it("is told apart when a signal ended it", async () => {
    const killed = await cluster.submit("#!/bin/bash\nkill -9 $$\n");
    const said = await cluster.submit("#!/bin/bash\nexit 137\n");
    expect((await cluster.ended(killed))[0]).toMatchObject({ state: "FAILED", exitCode: 0, exitSignal: 9 });
    expect((await cluster.ended(said))[0]).toMatchObject({ state: "FAILED", exitCode: 137, exitSignal: 0 });
  });

  it("runs once, on the first of its nodes, and knows all of them", async () => {
    const id = await cluster.submit("#!/bin/bash\necho run >>runs.txt\nenv | grep ^SLURM_ | sort\n", {
      minNodes: 4,
      ntasks: 4,
      output: "gang.out",
    });
    await cluster.ended(id);
    expect(text("runs.txt")).toBe("run\n");
    const lines = text("gang.out").split("\n");
    for (const line of [
      "SLURM_JOB_NODELIST=n[1-4]",
      "SLURM_NNODES=4",
      "SLURM_NTASKS=4",
      "SLURM_TASKS_PER_NODE=1(x4)",
      "SLURM_JOB_CPUS_PER_NODE=1(x4)",
      "SLURM_NODEID=0",
      "SLURM_PROCID=0",
    ]) {
      expect(lines).toContain(line);
    }
  });

  it("gets devices of its own, never those of another", async () => {
    const script = "#!/bin/bash\necho $SLURMD_NODENAME $CUDA_VISIBLE_DEVICES\nsleep 0.4\n";
    const ids = await Promise.all(
      [1, 2, 3, 4].map((i) =>
        cluster.submit(script, { gres: "gpu:1", nodelist: i < 3 ? "n1" : "n2", output: `gpu.${i}` }),
      ),
    );
    await Promise.all(ids.map((id) => cluster.ended(id)));
    const seen = [1, 2, 3, 4].map((i) => text(`gpu.${i}`).trim()).sort();
    expect(seen).toEqual(["n1 0", "n1 1", "n2 0", "n2 1"]);
  });

  it("is ended at its time limit with the line that Slurm writes", async () => {
    const id = await cluster.submit("#!/bin/bash\nsleep 60\n", { timeLimitS: 1 });
    const [job] = await cluster.ended(id);
    expect(job).toMatchObject({ state: "TIMEOUT" });
    expect(text(`slurm-${id}.out`)).toMatch(
      new RegExp(
        `^slurmstepd: error: \\*\\*\\* JOB ${id} ON n\\d CANCELLED AT \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d DUE TO TIME LIMIT \\*\\*\\*$`,
        "m",
      ),
    );
  });

  it("is killed when it does not heed SIGTERM", async () => {
    const id = await cluster.submit("#!/bin/bash\ntrap '' TERM\ntouch deaf\nwhile :; do sleep 0.1; done\n");
    await until("it runs", () => (existsSync(join(cluster.workDir, "deaf")) ? true : undefined));
    await cluster.client.post(`/v1/jobs/${id}/cancel`, {});
    expect((await cluster.job(id)).completing).toBe(true);
    expect((await cluster.ended(id))[0]).toMatchObject({ state: "CANCELLED" });
  });

  it("can be signalled, the batch shell alone or all of it", async () => {
    const id = await cluster.submit(
      "#!/bin/bash\ntrap 'echo got; exit 7' USR1\ntouch ready\nwhile :; do sleep 0.05; done\n",
    );
    await until("it runs", () => (existsSync(join(cluster.workDir, "ready")) ? true : undefined));
    await cluster.client.post(`/v1/jobs/${id}/cancel`, { signal: 10, batchOnly: true });
    expect((await cluster.ended(id))[0]).toMatchObject({ state: "FAILED", exitCode: 7 });
    expect(text(`slurm-${id}.out`)).toBe("got\n");
  });
});

describe("a job in the queue", () => {
  it("waits for what it depends on, and for ever when that cannot be", async () => {
    const first = await cluster.submit("#!/bin/bash\nsleep 0.3\n");
    const ok = await cluster.submit("#!/bin/bash\ntrue\n", { dependency: `afterok:${first}` });
    const notOk = await cluster.submit("#!/bin/bash\ntrue\n", { dependency: `afternotok:${first}` });
    expect(await cluster.job(ok)).toMatchObject({ state: "PENDING", reason: "Dependency" });
    await cluster.ended(ok);
    expect((await cluster.job(ok)).startS).toBeGreaterThanOrEqual((await cluster.job(first)).endS);
    expect(await cluster.job(notOk)).toMatchObject({ state: "PENDING", reason: "DependencyNeverSatisfied" });
    await cluster.client.post(`/v1/jobs/${notOk}/cancel`, {});
  });

  it("is held and released, and cancelled while it waits", async () => {
    const id = await cluster.submit("#!/bin/bash\ntrue\n", { hold: true });
    expect(await cluster.job(id)).toMatchObject({ state: "PENDING", reason: "JobHeldUser", priority: 0 });
    await cluster.client.post(`/v1/jobs/${id}/release`, {});
    await cluster.ended(id);
    const other = await cluster.submit("#!/bin/bash\ntrue\n", { hold: true });
    await cluster.client.post(`/v1/jobs/${other}/cancel`, {});
    expect(await cluster.job(other)).toMatchObject({ state: "CANCELLED", startS: 0 });
  });

  it("runs the tasks of an array, no more at once than its limit lets", async () => {
    const script = "#!/bin/bash\necho $SLURM_ARRAY_TASK_ID >>tasks.txt\nsleep 0.2\n";
    const id = await cluster.submit(script, { array: "0-7%2", output: "/dev/null" });
    let most = 0;
    await until("all tasks", async () => {
      const jobs = await cluster.jobs(id);
      most = Math.max(most, jobs.filter(({ state }) => state === "RUNNING").length);
      return jobs.every(({ state }) => state === "COMPLETED") ? true : undefined;
    });
    expect(most).toBeLessThanOrEqual(2);
    expect(
      text("tasks.txt")
        .trim()
        .split("\n")
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect((await cluster.jobs(id)).map(({ displayId }) => displayId).sort()).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((task) => `${id}_${task}`),
    );
  });

  it("goes back to the queue when it is requeued, and says so to the script", async () => {
    const id = await cluster.submit(
      '#!/bin/bash\necho run $SLURM_RESTART_COUNT >>again.txt\n[ -n "$SLURM_RESTART_COUNT" ] || sleep 60\n',
    );
    await until("its first run", () => (existsSync(join(cluster.workDir, "again.txt")) ? true : undefined));
    await cluster.client.post(`/v1/jobs/${id}/requeue`, {});
    const job = await cluster.untilState(id, "COMPLETED");
    expect(job.restarts).toBe(1);
    expect(text("again.txt")).toBe("run\nrun 1\n");
  });
});

describe("the loss of an agent", () => {
  it("loses no running job: the agent that comes back finds it and reports its end", async () => {
    const id = await cluster.submit("#!/bin/bash\ntouch started.$SLURM_JOB_ID\nsleep 1.2\nexit 5\n", {
      nodelist: "n3",
    });
    await until("it runs", () => (existsSync(join(cluster.workDir, `started.${id}`)) ? true : undefined));
    const agent = cluster.agents.get("n3")!;
    agent.process.kill("SIGKILL");
    await agent.exited;
    cluster.startAgent("n3");
    expect((await cluster.ended(id))[0]).toMatchObject({ state: "FAILED", exitCode: 5, restarts: 0 });
  });

  it("runs a job once, and at once, when the agent dies somewhere in its launch", async () => {
    for (let afterMs = 2; afterMs <= 20; afterMs += 3) {
      const id = await cluster.submit("#!/bin/bash\necho once >>launch.$SLURM_JOB_ID\n", { nodelist: "n3" });
      await new Promise((done) => setTimeout(done, afterMs));
      const agent = cluster.agents.get("n3")!;
      agent.process.kill("SIGKILL");
      await agent.exited;
      cluster.startAgent("n3");
      expect((await cluster.ended(id))[0]).toMatchObject({ state: "COMPLETED", restarts: 0 });
      expect(text(`launch.${id}`)).toBe("once\n");
    }
  });

  it("requeues the jobs of a node that stays away, elsewhere, and fails those that forbid it", async () => {
    const script =
      '#!/bin/bash\necho $$ >pid.$SLURM_JOB_ID.$SLURMD_NODENAME\n[ -n "$SLURM_RESTART_COUNT" ] || sleep 60\n';
    const asked = { exclude: "n1,n2" };
    const [moves, fails] = [
      await cluster.submit(script, asked),
      await cluster.submit(script, { ...asked, requeue: false }),
    ];
    await Promise.all([cluster.untilState(moves, "RUNNING"), cluster.untilState(fails, "RUNNING")]);
    const node = (await cluster.job(moves)).nodes;
    expect((await cluster.job(fails)).nodes).toBe(node);
    await until("their pids", () =>
      existsSync(join(cluster.workDir, `pid.${fails}.${node}`)) &&
      existsSync(join(cluster.workDir, `pid.${moves}.${node}`))
        ? true
        : undefined,
    );
    const agent = cluster.agents.get(node)!;
    agent.process.kill("SIGKILL");
    expect(await cluster.untilState(moves, "COMPLETED")).toMatchObject({ restarts: 1 });
    expect((await cluster.job(moves)).nodes).not.toBe(node);
    expect(await cluster.untilState(fails, "NODE_FAIL")).toMatchObject({ restarts: 0 });
    expect((await cluster.nodes()).find(({ name }) => name === node)).toMatchObject({ baseState: "down" });
    // Back again, it is told to end what is no longer its own, and takes jobs.
    cluster.startAgent(node);
    const pid = Number(text(`pid.${moves}.${node}`));
    await until("the old run is gone", () => (existsSync(`/proc/${pid}`) ? undefined : true));
    const again = await cluster.submit("#!/bin/bash\ntrue\n", { nodelist: node });
    expect((await cluster.ended(again))[0]).toMatchObject({ state: "COMPLETED" });
  });
});

describe("the queue's reasons", () => {
  it("names what each waiting job waits for, with numbers", async () => {
    const hog = await cluster.submit("#!/bin/bash\nsleep 60\n", {
      minNodes: 4,
      ntasks: 16,
      cpusPerTask: 1,
      timeLimitS: 600,
    });
    await cluster.untilState(hog, "RUNNING");
    const next = await cluster.submit("#!/bin/bash\ntrue\n", { ntasks: 1 });
    const after = await cluster.submit("#!/bin/bash\ntrue\n", { ntasks: 1 });
    const begin = await cluster.submit("#!/bin/bash\ntrue\n", {
      beginS: Math.floor(Date.now() / 1000) + 3600,
    });
    const limit = await cluster.submit("#!/bin/bash\ntrue\n", { timeLimitS: 7200 });
    await cluster.client.get(`/v1/jobs/${limit}/explain`);
    const reasons = await Promise.all(
      [next, after, begin, limit].map(async (id) => (await cluster.job(id)).reason),
    );
    expect(reasons).toEqual(["Resources", "Priority", "BeginTime", "PartitionTimeLimit"]);
    const { explanations } = await cluster.client.get<{
      explanations: {
        freeNodes: number;
        needNodes: number;
        expectedStartS: number;
        filters: unknown[];
        text: string;
      }[];
    }>(`/v1/jobs/${next}/explain`);
    expect(explanations).toMatchObject([{ needNodes: 1, freeNodes: 0 }]);
    expect(explanations[0]?.expectedStartS).toBeGreaterThan(Date.now() / 1000);
    expect(explanations[0]?.filters.length).toBeGreaterThan(0);
    for (const id of [hog, next, after, begin, limit]) await cluster.client.post(`/v1/jobs/${id}/cancel`, {});
  });

  it("says that no node can hold a job any more, as squeue prints it", async () => {
    const id = await cluster.submit("#!/bin/bash\ntrue\n", { gres: "gpu:2", nodelist: "n4", hold: true });
    const agent = cluster.agents.get("n4")!;
    agent.process.kill("SIGKILL");
    await agent.exited;
    // The node is back without its devices.
    cluster.startAgent("n4", "");
    await until("n4 without devices", async () => {
      const node = (await cluster.nodes()).find(({ name }) => name === "n4");
      return node?.gres === "" && node.responding ? true : undefined;
    });
    await cluster.client.post(`/v1/jobs/${id}/release`, {});
    await cluster.client.get(`/v1/jobs/${id}/explain`);
    const squeue = spawnSync(join(BIN, "squeue"), ["-h", "-j", String(id), "-o", "%R"], {
      encoding: "utf8",
      env: { ...process.env, ROTA_STATE_DIR: cluster.stateDir },
    });
    expect(squeue.stdout).toBe("(BadConstraints)\n");
    await cluster.client.post(`/v1/jobs/${id}/cancel`, {});
  });
});
