import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openLimiter } from "../../../agents/node/limits.ts";
import { ResourceLimits } from "../../../agents/node/resource-limits.ts";
import { agentRoom } from "../agent-room.ts";
import { startOrder } from "../test-controller.ts";

const room = agentRoom();
const { controller, folder } = room;
const isRoot = process.getuid?.() === 0;
const limiter = openLimiter({ mode: "auto", folder: `test-${process.pid}`, taskset: "", ownCpus: false });
const hasCgroups = !(limiter instanceof ResourceLimits);
/** A shell that grows until something stops it. */
const GROW = 'a=x; while :; do a="$a$a"; done';
const nobody = 65534;

afterAll(() => limiter.close());

describe("limits by cgroup", () => {
  it("end a job that takes more than its memory, and say so as Slurm does", async ({ skip }) => {
    skip(!hasCgroups, limiter.summary);
    await room.agent({ name: "l1" });
    controller.order("l1", startOrder(1, folder, GROW, { memMib: 32 }));
    expect(await controller.ended(1, 20_000)).toMatchObject({ cause: "oom", exitCode: 0, signal: 125 });
    await expect
      .poll(() => room.read("1.out"))
      .toMatch(
        /slurmstepd: error: Detected \d+ oom_kill events? in StepId=1\.batch\. Some of the step tasks/,
      );
  });

  it("hold the job's processes and are gone after it", async ({ skip }) => {
    skip(!hasCgroups, limiter.summary);
    await room.agent({ name: "l2" });
    controller.order(
      "l2",
      startOrder(2, folder, "cat /proc/self/cgroup; (sleep 300 &) ; exit 0", { memMib: 64 }),
    );
    const ended = await controller.ended(2);
    expect(ended.maxRssMib).toBeGreaterThanOrEqual(0);
    const path = /^(?:0:|\d+:memory):(\/.*\/2\.0)$/m.exec(room.read("2.out"))?.[1];
    expect(path).toMatch(/\/rota\/l2-[0-9a-f]{8}\/2\.0$/);
    const mounts = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
    await expect
      .poll(() => mounts.some((mount) => existsSync(join(mount, path!))), { timeout: 8000 })
      .toBe(false);
  });
});

describe("limits without cgroups", () => {
  it("hold each process to a data limit and end what the job left in its session", async () => {
    await room.agent({ name: "l3", limits: "rlimit" });
    const script =
      "ulimit -d; (sh -c 'echo $$ >left; exec sleep 300' &); while [ ! -s left ]; do sleep 0.01; done";
    controller.order("l3", startOrder(3, folder, script, { memMib: 100 }));
    expect(await controller.ended(3)).toMatchObject({ exitCode: 0 });
    expect(room.read("3.out")).toBe(`${(2 * 100 + 512) * 1024}\n`);
    const left = Number(room.read("left"));
    await expect.poll(() => existsSync(`/proc/${left}/exe`)).toBe(false);
  });

  it("stop a runaway", async () => {
    controller.order("l3", startOrder(4, folder, GROW, { memMib: 1 }));
    const ended = await controller.ended(4, 20_000);
    expect(ended.exitCode + ended.signal).toBeGreaterThan(0);
  });

  it.skipIf(os.availableParallelism() < 2)("bind a job to as many CPUs as it has", () => {
    const limits = new ResourceLimits("/usr/bin/taskset", true, "");
    const first = limits.place("1.0", 1, 0).words;
    const second = limits.place("2.0", 1, 0).words;
    expect(first.slice(0, 2)).toEqual(["/usr/bin/taskset", "-c"]);
    expect(second[2]).not.toBe(first[2]);
    limits.release("1.0");
    expect(limits.place("3.0", 1, 0).words).toEqual(first);
    expect(limits.place("4.0", 100_000, 0).words).toEqual([]);
  });
});

describe("another user's job", () => {
  const known = isRoot && spawnSync("getent", ["passwd", `${nobody}`]).status === 0;

  it("runs as that user with that user's groups, and its files are that user's", async ({ skip }) => {
    skip(!known, "only root can become another user, and the user nobody must be known");
    // The job reaches its script through the state directory, so everything above must let it pass.
    chmodSync(folder, 0o755);
    await room.agent({ name: "u1" });
    const home = join(folder, "theirs");
    mkdirSync(home);
    chmodSync(home, 0o777);
    const user = {
      user: "nobody",
      uid: nobody,
      gid: nobody,
      workDir: home,
      stdout: `${home}/o`,
      stderr: `${home}/o`,
    };
    controller.order(
      "u1",
      startOrder(
        5,
        folder,
        "id -u; id -g; id -G; echo $SECRET; umask; trap 'echo termed; exit' TERM; echo ready; while :; do sleep 0.05; done",
        { ...user, environment: { SECRET: "s" } },
      ),
    );
    await expect
      .poll(() => existsSync(join(home, "o")) && readFileSync(join(home, "o"), "utf8"))
      .toContain("ready");
    const [uid, gid, groups, secret] = readFileSync(join(home, "o"), "utf8").split("\n");
    expect([uid, gid, groups, secret]).toEqual([`${nobody}`, `${nobody}`, `${nobody}`, "s"]);
    expect(statSync(join(home, "o")).uid).toBe(nobody);
    controller.order("u1", { kind: "end", jobId: 5, restarts: 0, cause: "cancelled", graceMs: 5000 });
    expect(await controller.ended(5)).toMatchObject({ cause: "cancelled", exitCode: 0 });
    expect(readFileSync(join(home, "o"), "utf8")).toMatch(
      /\*\*\* JOB 5 ON u1 CANCELLED AT .* \*\*\*\n(.*\n)*termed/,
    );
    const kept = readdirSync(folder).find((name) => existsSync(join(folder, name, "jobs/5.0")));
    expect(statSync(join(folder, kept!, "jobs/5.0/launch")).mode & 0o077).toBe(0);
  });

  it("whom the state directory does not let pass never runs, and the report says why", async ({ skip }) => {
    skip(!known, "only root can become another user, and the user nobody must be known");
    const hidden = join(folder, "hidden");
    mkdirSync(hidden, { mode: 0o700 });
    await room.agent({ name: "u2", stateDir: join(hidden, "state") });
    const stdout = join(folder, "theirs", "never");
    const user = { user: "nobody", uid: nobody, gid: nobody, stdout, stderr: stdout };
    controller.order("u2", startOrder(7, folder, "true", user));
    const ended = await controller.ended(7);
    expect(ended.cause).toBe("launch-failed");
    expect(ended.text).toMatch(/^The job could not become its user: .*launch: Permission denied$/);
  });

  it("cannot write where that user cannot", async ({ skip }) => {
    skip(!known, "only root can become another user, and the user nobody must be known");
    const closed = join(folder, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const stdout = join(closed, "x");
    controller.order(
      "u1",
      startOrder(6, folder, "true", { user: "nobody", uid: nobody, gid: nobody, stdout, stderr: stdout }),
    );
    expect(await controller.ended(6)).toMatchObject({
      cause: "launch-failed",
      text: `Could not open stdout file ${stdout}: Permission denied`,
    });
    expect(existsSync(stdout)).toBe(false);
  });
});
