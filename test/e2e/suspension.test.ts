/** Suspension with real controllers and agents: for a job of a higher partition, by hand, and over restarts. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Shell } from "./command-run.ts";
import { stopAll, until } from "./programs.ts";
import { CONTRACT_YAML, TestCluster } from "./test-cluster.ts";

const YAML = `${CONTRACT_YAML}
preemption: {by: partition, mode: "suspend,gang", time_slice: 5s}
`.replace(
  "  - name: long\n",
  "  - {name: shared, nodes: n1, oversubscribe: 'FORCE:2', max_time: 60m, def_mem_per_cpu: 100M}\n  - {name: urgent, nodes: n1, priority_tier: 10, max_time: 60m, def_mem_per_cpu: 100M}\n  - name: long\n",
);

let cluster: TestCluster;
let shell: Shell;

beforeAll(async () => {
  cluster = await TestCluster.start(["n1"], YAML);
  shell = new Shell({ workDir: cluster.workDir, stateDir: cluster.stateDir });
});
afterAll(stopAll);

const beats = (name: string): number => {
  const path = join(cluster.workDir, `${name}.beats`);
  return existsSync(path) ? readFileSync(path, "utf8").length : 0;
};
/** A job that says that it goes on, ten times a second, until its file is there. */
const beating = (name: string): string =>
  `#!/bin/bash\nwhile [ ! -e ${name}.go ]; do printf . >>${name}.beats; sleep 0.1; done\n`;
const goesOn = (name: string): Promise<true> => {
  const before = beats(name);
  return until(`${name} goes on`, async () => (beats(name) > before + 2 ? true : undefined));
};
const standsStill = async (name: string): Promise<void> => {
  const before = beats(name);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(beats(name)).toBe(before);
};
const submitBeating = async (name: string, more: Record<string, unknown> = {}): Promise<number> => {
  const id = await cluster.submit(beating(name), { cpusPerTask: 4, timeLimitS: 600, ...more });
  await cluster.untilState(id, "RUNNING");
  await goesOn(name);
  return id;
};

describe("a job of a lower partition", () => {
  it("stands still while one of a higher runs, and goes on after it", async () => {
    const low = await submitBeating("lower");
    const urgent = await cluster.submit("#!/bin/bash\nsleep 2\n", { partition: "urgent", cpusPerTask: 4 });
    await cluster.untilState(urgent, "RUNNING");
    const still = await cluster.job(low);
    expect(still).toMatchObject({ state: "SUSPENDED", reason: "None", nodes: "n1" });
    await standsStill("lower");
    expect((await shell.run("squeue -h -t S -o '%i %t %R'")).out).toBe(`${low} S n1\n`);
    expect((await cluster.ended(urgent))[0]).toMatchObject({ state: "COMPLETED", restarts: 0 });
    const again = await cluster.untilState(low, "RUNNING");
    expect(again.suspendedS).toBeGreaterThanOrEqual(1);
    expect(again.endS).toBe(again.startS + 600 + again.suspendedS!);
    await goesOn("lower");
    await shell.run("touch lower.go");
    expect((await cluster.ended(low))[0]).toMatchObject({ state: "COMPLETED", restarts: 0 });
  });

  it("is still suspended for a controller that was killed, and goes on after it", async () => {
    const low = await submitBeating("killed");
    const urgent = await cluster.submit("#!/bin/bash\nwhile [ ! -e end.go ]; do sleep 0.1; done\n", {
      partition: "urgent",
      cpusPerTask: 4,
    });
    await cluster.untilState(urgent, "RUNNING");
    cluster.controller.process.kill("SIGKILL");
    await cluster.controller.exited;
    await cluster.startController();
    expect(await cluster.job(low)).toMatchObject({ state: "SUSPENDED" });
    await standsStill("killed");
    await shell.run("touch end.go");
    await cluster.ended(urgent);
    await goesOn("killed");
    await shell.run("touch killed.go");
    expect((await cluster.ended(low))[0]).toMatchObject({ state: "COMPLETED" });
  });
});

describe("jobs of a partition of turns", () => {
  it("have the CPUs one after the other until both are done", async () => {
    const first = await submitBeating("one", { partition: "shared" });
    const second = await submitBeating("two", { partition: "shared" });
    expect(await cluster.job(first)).toMatchObject({ state: "SUSPENDED" });
    await goesOn("one");
    expect(await cluster.job(second)).toMatchObject({ state: "SUSPENDED" });
    expect((await shell.run("sinfo -h -p shared -o %h")).out).toBe("FORCE:2\n");
    await shell.run("touch one.go two.go");
    for (const id of [first, second])
      expect((await cluster.ended(id))[0]).toMatchObject({ state: "COMPLETED", restarts: 0 });
  }, 90_000);
});

describe("scontrol suspend and resume", () => {
  it("have a job stand still for as long as somebody wants, others using its CPUs", async () => {
    const id = await submitBeating("hand");
    expect(await shell.run(`scontrol suspend ${id}`)).toEqual({ out: "", err: "", code: 0 });
    const shown = await shell.run(`scontrol show job ${id}`);
    expect(shown.out).toMatch(/JobState=SUSPENDED Reason=None/);
    expect(shown.out).toMatch(/SuspendTime=20\S+ SecsPreSuspend=\d+ /);
    const other = await cluster.submit("#!/bin/bash\nsleep 1\n", { cpusPerTask: 4 });
    await cluster.untilState(other, "RUNNING");
    await standsStill("hand");
    // There is no room for it yet, so it goes on when there is.
    expect(await shell.run(`scontrol resume ${id}`)).toEqual({ out: "", err: "", code: 0 });
    expect((await cluster.ended(other))[0]).toMatchObject({ state: "COMPLETED" });
    await cluster.untilState(id, "RUNNING");
    await goesOn("hand");
    const failed = await shell.run(`scontrol resume ${id}`);
    expect(failed).toEqual({ out: "", err: `Job is not suspended for job ${id}\n`, code: 1 });
    await shell.run(`scontrol suspend ${id}`);
    await shell.run(`scancel ${id}`);
    const [ended] = await cluster.ended(id);
    expect(ended).toMatchObject({ state: "CANCELLED" });
    expect((await shell.run(`scontrol suspend ${id}`)).err).toBe(
      `Job/step already completing or completed for job ${id}\n`,
    );
    const [node] = await cluster.nodes();
    expect(node).toMatchObject({ allocCpus: 0, allocMemMib: 0 });
  });
});
