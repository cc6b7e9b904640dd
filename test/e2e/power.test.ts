/** Nodes that are switched off and on by a site's programs, which here end and start real agents. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NodeView } from "../../core/model/views.ts";
import { ROTA, stopAll, until } from "./programs.ts";
import { TestCluster } from "./test-cluster.ts";

const SUSPEND_TIME_S = 5;
const FOLDER_WORD = "@FOLDER@";
const yaml = `
cluster: sleepy
nodes:
  - { names: "n[1-2]", cpus: 4 }
  - { names: n3, cpus: 4, weight: 10 }
power:
  suspend_time: ${SUSPEND_TIME_S}s
  suspend_program: ${FOLDER_WORD}/off
  resume_program: ${FOLDER_WORD}/on
  reboot_program: ${FOLDER_WORD}/again
  suspend_timeout: 10s
  resume_timeout: 30s
  except_nodes: n1
timing:
  kill_wait: 2s
  requeue_delay: 0s
  node_grace: 500ms
  node_timeout: 2s
  heartbeat: 300ms
`;

let cluster: TestCluster;
const path = (name: string): string => join(cluster.folder, name);
const calls = (): readonly string[] =>
  existsSync(path("calls")) ? readFileSync(path("calls"), "utf8").trim().split("\n") : [];

/** Writes a program that does this for each node `$n` of its list. */
function program(name: string, each: string): void {
  const text = `#!/bin/bash
cd '${cluster.folder}'
echo "${name} $1" >> calls
# n[2-3] and n[1,3] as the shell's own lists.
for n in $(eval echo "$(echo "$1" | sed 's/\\[\\(.*\\)-\\(.*\\)\\]/{\\1..\\2}/; s/\\[\\(.*\\)\\]/{\\1}/')"); do
${each}
done
`;
  writeFileSync(path(name), text);
  chmodSync(path(name), 0o755);
}

const START =
  (): string => `  setsid nohup '${process.execPath}' '${ROTA}' agent --controller ${cluster.url} \\
    --token-file '${cluster.stateDir}/token' --name $n --state-dir '${cluster.folder}'/$n --cpus 4 --memory 4000M \\
    >>$n.log 2>&1 </dev/null &
  echo $! >$n.pid`;
const STOP = "  kill -9 $(cat $n.pid)";

const node = async (name: string): Promise<NodeView> =>
  (await cluster.nodes()).find((view) => view.name === name)!;
const untilNode = (name: string, what: string, is: (view: NodeView) => boolean): Promise<NodeView> =>
  until(
    () => `${name} ${what}; ${cluster.logs()}`,
    async () => {
      const view = await node(name);
      return is(view) ? view : undefined;
    },
    90_000,
  );
const set = async (name: string, change: object): Promise<void> => {
  const token = readFileSync(join(cluster.stateDir, "token"), "utf8").trim();
  const answer = await fetch(`${cluster.url}/v1/nodes/${name}`, {
    method: "PATCH",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "x-rota-user": "root",
      "x-rota-uid": "0",
    },
    body: JSON.stringify(change),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
};

beforeAll(async () => {
  cluster = await TestCluster.start([], yaml.replaceAll(FOLDER_WORD, "/nowhere"));
  // Where the programs lie is known only now.
  cluster.controller.process.kill("SIGTERM");
  await cluster.controller.exited;
  writeFileSync(path("rota.yaml"), yaml.replaceAll(FOLDER_WORD, cluster.folder));
  program("on", START());
  program("off", STOP);
  program("again", `${STOP}\n  sleep 1\n${START()}`);
  await cluster.startController();
  for (const name of ["n1", "n2", "n3"]) {
    spawnSync(path("on"), [name], { stdio: "ignore" });
  }
  await untilNode("n3", "is there", ({ baseState, responding }) => baseState === "idle" && responding);
}, 180_000);

afterAll(async () => {
  for (const file of readdirSync(cluster.folder).filter((name) => name.endsWith(".pid"))) {
    try {
      process.kill(Number(readFileSync(path(file), "utf8")), "SIGKILL");
    } catch {
      // It was off.
    }
  }
  await stopAll();
});

describe("a cluster whose site saves power", () => {
  it("switches nodes off that are idle for long, but those that it excepts", async () => {
    await untilNode("n2", "sleeps", ({ power }) => power === "down");
    await untilNode("n3", "sleeps", ({ power }) => power === "down");
    expect(await node("n2")).toMatchObject({ baseState: "idle", responding: true, reason: "" });
    expect((await node("n1")).power).toBeUndefined();
    expect(
      calls()
        .filter((call) => call.startsWith("off"))
        .join(),
    ).not.toContain("n1");
  }, 180_000);

  it("gives a job a node that is awake, and wakes no other", async () => {
    const job = await cluster.submit("#!/bin/bash\nhostname >on-awake\n");
    await cluster.untilState(job, "COMPLETED");
    expect((await cluster.job(job)).nodes).toBe("n1");
  }, 180_000);

  it("wakes the lightest node that a job needs besides; the job is configuring until it is there", async () => {
    for (const name of ["n2", "n3"]) await untilNode(name, "sleeps", ({ power }) => power === "down");
    const job = await cluster.submit('#!/bin/bash\necho "$SLURM_JOB_NODELIST" >woken\nsleep 1\n', {
      minNodes: 2,
      timeLimitS: 600,
    });
    const waiting = await until(
      () => `the job is configuring; ${cluster.logs()}`,
      async () => {
        const view = await cluster.job(job);
        return view.configuring === true ? view : undefined;
      },
    );
    expect(waiting.nodes).toBe("n[1-2]");
    // Until it is there the job has as much longer as it may take.
    expect(waiting.endS - waiting.startS).toBeGreaterThan(waiting.timeLimitS);
    const ended = (await cluster.ended(job))[0]!;
    expect([ended.state, readFileSync(join(cluster.workDir, "woken"), "utf8")]).toEqual([
      "COMPLETED",
      "n[1-2]\n",
    ]);
    expect((await node("n3")).power).toBe("down");
  }, 180_000);

  it("ends a job that waits for a node when it is cancelled", async () => {
    await untilNode("n3", "sleeps", ({ power }) => power === "down");
    const job = await cluster.submit("#!/bin/bash\ntrue\n", { nodelist: "n3" });
    await until("it is configuring", async () => (await cluster.job(job)).configuring);
    await cluster.client.post(`/v1/jobs/${job}/cancel`, {});
    expect((await cluster.ended(job))[0]!.state).toBe("CANCELLED");
    // Whether its waking had begun by then is open; what had is gone through with.
    await untilNode("n3", "sleeps or is there", ({ power }) => power === "down" || power === undefined);
  }, 180_000);

  it("takes a node that does not come back in time for down, and runs its job elsewhere or later", async () => {
    await set("n3", { state: "POWER_DOWN" });
    await untilNode("n3", "sleeps", ({ power }) => power === "down");
    program("on", "  exit 3");
    const job = await cluster.submit("#!/bin/bash\ntrue\n", { nodelist: "n3" });
    const failed = await untilNode("n3", "has the program's failure", ({ reason }) => reason !== "");
    expect(failed.reason).toBe("rota: resume program: exit code 3");
    await untilNode("n3", "is down", ({ baseState }) => baseState === "down");
    expect(await node("n3")).toMatchObject({ reason: "rota: ResumeTimeout reached", responding: false });
    expect(await cluster.job(job)).toMatchObject({ state: "PENDING", restarts: 1 });
    program("on", START());
    spawnSync(path("on"), ["n3"], { stdio: "ignore" });
    expect((await cluster.ended(job))[0]!.state).toBe("COMPLETED");
  }, 180_000);

  it("reboots a node when its jobs have ended, which takes no more meanwhile", async () => {
    const job = await cluster.submit("#!/bin/bash\nsleep 2\n", { nodelist: "n1" });
    await cluster.untilState(job, "RUNNING");
    const before = (await node("n1")).agentStartS;
    await set("n1", { state: "REBOOT", asap: true, reason: "kernel" });
    expect(await node("n1")).toMatchObject({ power: "reboot-requested", drain: true, reason: "kernel" });
    expect((await cluster.ended(job))[0]!.state).toBe("COMPLETED");
    await untilNode("n1", "reboots", ({ power }) => power === "rebooting");
    const back = await untilNode("n1", "is back", ({ power }) => power === undefined);
    expect(back).toMatchObject({ baseState: "idle", drain: false, reason: "" });
    expect(back.agentStartS).toBeGreaterThan(before);
  }, 180_000);
});
