import type { ChildProcess } from "node:child_process";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findMount } from "../../../agents/node/cgroup-files.ts";
import { CgroupV1 } from "../../../agents/node/cgroup-v1.ts";
import { openLimiter } from "../../../agents/node/limits.ts";
import { agentRoom } from "../agent-room.ts";
import { startOrder } from "../test-controller.ts";

const room = agentRoom();
const { controller, folder } = room;
const limiter = openLimiter({ mode: "auto", folder: `spare-${process.pid}`, taskset: "", ownCpus: false });
const none = !(limiter instanceof CgroupV1);
const why = `spare shepherds need a writable cgroup v1: ${limiter.summary}`;
const MIB = 1_048_576;
const nobody = 65534;

afterAll(() => limiter.close());

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
/** Processes of the spare shepherd of a state directory, or of jobs that were started on one. */
const spareProcesses = (stateDir: string): number[] =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/cmdline`).includes(join(stateDir, "spare.sh")))
    .map(Number);
const memoryGroup = (pid: number) => /^\d+:memory:(.*)$/m.exec(read(`/proc/${pid}/cgroup`))?.[1] ?? "";
/** Waits for one that has joined its cgroups: its shell, and the child that becomes the job. */
const waiting = async (
  stateDir: string,
  hearMs = 50,
): Promise<{ shell: number; child: number; name: string }> => {
  const look = () => {
    const pids = spareProcesses(stateDir);
    // It says that it is ready once it waits for a name.
    const child = pids.find(
      (pid) => memoryGroup(pid).includes("/spare.") && read(`/proc/${pid}/stat`).includes(") S "),
    );
    const shell = pids.find((pid) => pid !== child && read(`/proc/${child}/stat`).includes(`) S ${pid} `));
    return child === undefined || shell === undefined ? undefined : { shell, child };
  };
  await expect.poll(look, { timeout: 10_000 }).toBeDefined();
  // Its agent has to hear that, too.
  await new Promise((resolve) => setTimeout(resolve, hearMs));
  await new Promise((resolve) => setImmediate(resolve));
  const { shell, child } = look()!;
  return { shell, child, name: memoryGroup(child).split("/").at(-1)! };
};
const killed = async (agent: ChildProcess): Promise<void> => {
  agent.kill("SIGKILL");
  await new Promise<void>((resolve) =>
    (agent.exitCode ?? agent.signalCode) === null ? agent.once("exit", () => resolve()) : resolve(),
  );
};
const stateOf = (name: string) => join(folder, name);

describe("a job that is started on the spare shepherd", () => {
  it("has the limits of its order, and its place goes with it", async ({ skip }) => {
    skip(none, why);
    await room.agent({ name: "s1", stateDir: stateOf("s1") });
    const { shell, child } = await waiting(stateOf("s1"));
    const script = `cat /proc/self/cgroup; pwd; readlink /proc/self/fd/0; ls /proc/self/fd | wc -l; env | cut -d= -f1 | sort; while [ ! -e ${folder}/s1.go ]; do sleep 0.02; done`;
    controller.order("s1", startOrder(1, folder, script, { cpus: 1, memMib: 48 }));
    expect((await controller.started(1)).pid).toBe(child);
    expect(Number.parseInt(read(join(stateOf("s1"), "jobs/1.0/shepherd")), 10)).toBe(shell);
    const [memory, cpu] = ["memory", "cpu"].map((controller) => {
      const path = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, "m").exec(
        read(`/proc/${child}/cgroup`),
      )?.[1];
      return join(findMount(controller)?.mount ?? "/none", path ?? "");
    });
    expect(memory).toMatch(/\/rota\/s1-[0-9a-f]{8}\/1\.0$/);
    expect(read(join(memory!, "memory.limit_in_bytes"))).toBe(`${48 * MIB}\n`);
    if (cpu!.endsWith("/1.0")) {
      const quota = spawnSync("nproc", { encoding: "utf8" }).stdout.trim() === "1" ? "-1" : "100000";
      expect(read(join(cpu!, "cpu.cfs_quota_us"))).toBe(`${quota}\n`);
    }
    writeFileSync(join(folder, "s1.go"), "");
    expect(await controller.ended(1)).toMatchObject({ exitCode: 0, cause: "exit" });
    await expect.poll(() => existsSync(memory!), { timeout: 8_000 }).toBe(false);
  });

  it("finds the same as one that is not: directory, descriptors, environment", async ({ skip }) => {
    skip(none, why);
    // One with less memory than the spare shepherd may have itself is started by the nursery.
    const script = "pwd; readlink /proc/self/fd/*; env | sort; umask; trap; ulimit -a";
    const { child } = await waiting(stateOf("s1"));
    controller.order("s1", startOrder(2, folder, script, { memMib: 300 }));
    expect((await controller.started(2)).pid).toBe(child);
    await controller.ended(2);
    controller.order("s1", startOrder(3, folder, script, { memMib: 4 }));
    await controller.ended(3);
    const plain = (jobId: number) =>
      room
        .read(`${jobId}.out`)
        .replace(/pipe:\[\d+\]|\/proc\/\d+\/fd/g, "pipe")
        .replaceAll(new RegExp(`\\b${jobId}\\b|_PID=\\d+|(MEM_PER_NODE)=\\d+`, "g"), "_");
    expect(plain(2)).toContain("PWD=");
    expect(plain(2)).toBe(plain(3));
  });

  it("is ended when it takes more than its memory, and that is told", async ({ skip }) => {
    skip(none, why);
    const { child } = await waiting(stateOf("s1"));
    controller.order("s1", startOrder(4, folder, 'a=x; while :; do a="$a$a"; done', { memMib: 32 }));
    expect(await controller.ended(4, 20_000)).toMatchObject({ cause: "oom", exitCode: 0, signal: 125 });
    expect((await controller.started(4)).pid).toBe(child);
    await expect.poll(() => room.read("4.out")).toMatch(/Detected \d+ oom_kill events? in StepId=4\.batch/);
  });

  it("takes what it left behind in its cgroup with it", async ({ skip }) => {
    skip(none, why);
    const { child } = await waiting(stateOf("s1"));
    controller.order(
      "s1",
      startOrder(
        5,
        folder,
        "setsid sh -c 'echo $$ >left; exec sleep 300' & while [ ! -s left ]; do sleep 0.01; done",
      ),
    );
    expect(await controller.ended(5)).toMatchObject({ exitCode: 0, cause: "exit" });
    expect((await controller.started(5)).pid).toBe(child);
    await expect.poll(() => existsSync(`/proc/${Number(room.read("left"))}/exe`)).toBe(false);
  });

  it("is another user's when its order says so", async ({ skip }) => {
    skip(none, why);
    skip(process.getuid?.() !== 0, "only root can become another user");
    chmodSync(folder, 0o755);
    const home = join(folder, "theirs");
    mkdirSync(home);
    chmodSync(home, 0o777);
    const { child } = await waiting(stateOf("s1"));
    const files = { workDir: home, stdout: `${home}/o`, stderr: `${home}/o` };
    controller.order(
      "s1",
      startOrder(6, folder, "id -u; exit 9", { user: "nobody", uid: nobody, gid: nobody, ...files }),
    );
    expect(await controller.ended(6)).toMatchObject({ exitCode: 9, cause: "exit" });
    expect((await controller.started(6)).pid).toBe(child);
    expect(read(join(home, "o"))).toBe(`${nobody}\n`);
  });

  it("does not start when its device cannot be bound, and the next one has a spare shepherd again", async ({
    skip,
  }) => {
    skip(none, why);
    const { child } = await waiting(stateOf("s1"));
    controller.order("s1", startOrder(7, folder, "true", { devices: [{ lane: 5, thousandths: 1000 }] }));
    expect(await controller.ended(7)).toMatchObject({ cause: "launch-failed" });
    await expect.poll(() => existsSync(`/proc/${child}/exe`)).toBe(false);
    const next = await waiting(stateOf("s1"));
    controller.order("s1", startOrder(8, folder, "exit 2"));
    expect(await controller.ended(8)).toMatchObject({ exitCode: 2, cause: "exit" });
    expect((await controller.started(8)).pid).toBe(next.child);
  });
});

describe("the spare shepherd", () => {
  it("is none in a burst, and there again after it", async ({ skip }) => {
    skip(none, why);
    await room.agent({ name: "s2", stateDir: stateOf("s2") });
    await waiting(stateOf("s2"));
    const jobIds = Array.from({ length: 30 }, (_, at) => 100 + at);
    for (const jobId of jobIds) controller.order("s2", startOrder(jobId, folder, `exit ${jobId - 99}`));
    for (const jobId of jobIds) expect(await controller.ended(jobId)).toMatchObject({ exitCode: jobId - 99 });
    expect(jobIds.map((jobId) => controller.endings(jobId).length)).toEqual(jobIds.map(() => 1));
    const { child } = await waiting(stateOf("s2"));
    controller.order("s2", startOrder(131, folder, "true"));
    expect((await controller.started(131)).pid).toBe(child);
    await controller.ended(131);
  });

  it("may be killed: the next job starts all the same", async ({ skip }) => {
    skip(none, why);
    for (const [jobId, victim] of [
      [140, "child"],
      [141, "shell"],
    ] as const) {
      const spare = await waiting(stateOf("s2"));
      process.kill(spare[victim], "SIGKILL");
      // Of one whose child is killed this moment the agent cannot know.
      if (victim === "shell") await expect.poll(() => existsSync(`/proc/${spare.shell}/exe`)).toBe(false);
      controller.order("s2", startOrder(jobId, folder, "exit 6"));
      expect(await controller.ended(jobId)).toMatchObject({ exitCode: 6, signal: 0, cause: "exit" });
      await expect.poll(() => existsSync(`/proc/${spare.child}/exe`)).toBe(false);
    }
  });

  it("is replaced when it goes without a run", async ({ skip }) => {
    skip(none, why);
    const spare = await waiting(stateOf("s2"));
    process.kill(spare.child, "SIGKILL");
    await expect.poll(() => existsSync(`/proc/${spare.shell}/exe`)).toBe(false);
    expect((await waiting(stateOf("s2"))).child).not.toBe(spare.child);
    expect(readdirSync(join(stateOf("s2"), "spare"))).toHaveLength(1);
  });

  it("goes with the nursery, and comes back with the next one", async ({ skip }) => {
    skip(none, why);
    const { shell, child } = await waiting(stateOf("s2"));
    const nursery = readdirSync("/proc").find(
      (pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/cmdline`).includes(join(stateOf("s2"), "nursery.sh")),
    );
    process.kill(Number(nursery), "SIGKILL");
    await expect.poll(() => [shell, child].some((pid) => existsSync(`/proc/${pid}/exe`))).toBe(false);
    const next = await waiting(stateOf("s2"));
    controller.order("s2", startOrder(150, folder, "exit 4"));
    expect(await controller.ended(150)).toMatchObject({ exitCode: 4, cause: "exit" });
    expect((await controller.started(150)).pid).toBe(next.child);
  });

  it("is gone with its folders when the agent stops", async ({ skip }) => {
    skip(none, why);
    const agent = await room.agent({ name: "s3", stateDir: stateOf("s3") });
    const { child } = await waiting(stateOf("s3"));
    const group = join(findMount("memory")!.mount, memoryGroup(child));
    await agent.close();
    expect(spareProcesses(stateOf("s3"))).toEqual([]);
    expect(readdirSync(join(stateOf("s3"), "spare"))).toEqual([]);
    expect(existsSync(join(group, ".."))).toBe(false);
  });

  it("leaves no process when the agent is killed, and the next agent clears its folders away", async ({
    skip,
  }) => {
    skip(none, why);
    const options = { name: "s4", stateDir: stateOf("s4") };
    const agent = await room.process(options);
    const { shell, child, name } = await waiting(stateOf("s4"));
    const group = join(findMount("memory")!.mount, memoryGroup(child));
    await killed(agent);
    await expect.poll(() => [shell, child].some((pid) => existsSync(`/proc/${pid}/exe`))).toBe(false);
    expect(existsSync(group)).toBe(true);
    await room.agent(options);
    await expect.poll(() => existsSync(group), { timeout: 8_000 }).toBe(false);
    expect(readdirSync(join(stateOf("s4"), "spare"))).not.toContain(name);
  });

  it("has become a job's shepherd that a killed agent's successor finds again", async ({ skip }) => {
    skip(none, why);
    const options = { name: "s5", stateDir: stateOf("s5") };
    const agent = await room.process(options);
    const { child } = await waiting(stateOf("s5"), 300);
    const wait = (name: string) =>
      `while [ -d ${folder} ] && [ ! -e ${folder}/${name}.go ]; do sleep 0.02; done`;
    controller.order("s5", startOrder(160, folder, `${wait("stays")}; exit 5`));
    expect((await controller.started(160)).pid).toBe(child);
    const second = await waiting(stateOf("s5"), 300);
    controller.order("s5", startOrder(161, folder, `${wait("ends")}; kill -9 $$`));
    expect((await controller.started(161)).pid).toBe(second.child);
    await killed(agent);
    writeFileSync(join(folder, "ends.go"), "");
    await expect.poll(() => existsSync(join(stateOf("s5"), "jobs/161.0/status"))).toBe(true);
    await room.agent(options);
    expect(await controller.ended(161)).toMatchObject({ exitCode: 0, signal: 9, cause: "exit" });
    writeFileSync(join(folder, "stays.go"), "");
    expect(await controller.ended(160)).toMatchObject({ exitCode: 5, signal: 0, cause: "exit" });
    expect([160, 161].map((jobId) => controller.endings(jobId).length)).toEqual([1, 1]);
  });

  it("starts nothing when the agent was killed before it was told of the run", async ({ skip }) => {
    skip(none, why);
    const options = { name: "s6", stateDir: stateOf("s6") };
    const agent = await room.process(options);
    const { child, name } = await waiting(stateOf("s6"));
    // As far as a launch comes before the name is written: folder and cgroup are the run's.
    process.kill(agent.pid!, "SIGSTOP");
    const group = join(findMount("memory")!.mount, memoryGroup(child));
    const { script: _s, environment: _e, args: _a, kind: _k, ...order } = startOrder(170, folder, "");
    const saved = { bootId: read("/proc/sys/kernel/random/boot_id").trim(), receivedMs: 1, order };
    spawnSync("mv", [join(stateOf("s6"), "spare", name), join(stateOf("s6"), "jobs/170.0")]);
    writeFileSync(join(stateOf("s6"), "jobs/170.0/order.json"), JSON.stringify(saved));
    spawnSync("mv", ["-T", group, join(group, "../170.0")]);
    await killed(agent);
    await room.agent(options);
    expect((await controller.hello("s6")).jobs).toEqual([]);
    await expect.poll(() => existsSync(`/proc/${child}/exe`)).toBe(false);
    await expect.poll(() => existsSync(join(group, "../170.0")), { timeout: 8_000 }).toBe(false);
  });
});
