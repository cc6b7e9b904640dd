/** Preemption with real controllers and agents: a job gives way to an urgent one, and runs again later. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stopAll, until } from "./programs.ts";
import { CONTRACT_YAML, TestCluster } from "./test-cluster.ts";

const YAML = `${CONTRACT_YAML}
qos:
  - {name: low}
  - {name: scavenger, preempt_mode: cancel, grace_time: 3s}
  - {name: high, priority: 100, preempt: [low, scavenger]}
preemption:
  by: qos
  mode: requeue
`;

let cluster: TestCluster;
const text = (name: string): string => readFileSync(join(cluster.workDir, name), "utf8");
const line = (id: number): RegExp =>
  new RegExp(
    `^slurmstepd: error: \\*\\*\\* JOB ${id} ON n1 CANCELLED AT \\S+ DUE TO PREEMPTION \\*\\*\\*$`,
    "m",
  );
/** A job runs before its script's first line does: a signal that came between the two would find no trap. */
const untilSet = (name: string): Promise<true> =>
  until(`the script has set its trap (${name})`, () =>
    existsSync(join(cluster.workDir, name)) ? true : undefined,
  );

beforeAll(async () => {
  cluster = await TestCluster.start(["n1"], YAML);
});
afterAll(stopAll);

describe("a job of a QOS that may preempt", () => {
  it("has a job of a low QOS requeued, runs in its place, and lets it run again", async () => {
    const low = await cluster.submit(
      '#!/bin/bash\necho $SLURM_RESTART_COUNT >>runs.txt\nsleep 1\n[ -n "$SLURM_RESTART_COUNT" ] || sleep 60\n',
      {
        qos: "low",
        cpusPerTask: 4,
        output: "low.out",
        openMode: "append",
      },
    );
    await cluster.untilState(low, "RUNNING");
    await until("the low job has begun", async () =>
      existsSync(join(cluster.workDir, "runs.txt")) ? true : undefined,
    );
    const high = await cluster.submit("#!/bin/bash\necho urgent\nsleep 0.5\n", {
      qos: "high",
      cpusPerTask: 4,
      output: "high.out",
    });
    const [ran] = await cluster.ended(high);
    expect(ran).toMatchObject({ state: "COMPLETED", nodes: "n1" });
    expect(text("high.out")).toBe("urgent\n");
    const [again] = await cluster.ended(low);
    expect(again).toMatchObject({ state: "COMPLETED", restarts: 1 });
    expect(again!.startS).toBeGreaterThanOrEqual(ran!.endS);
    expect(text("runs.txt")).toBe("\n1\n");
    expect(text("low.out")).toMatch(line(low));
  });

  it("has a job cancelled after its grace time where its QOS says so", async () => {
    const script =
      "#!/bin/bash\ntrap 'echo got it' TERM\ntouch graced.set\nfor i in $(seq 100); do sleep 0.2; done\n";
    const scavenger = await cluster.submit(script, {
      qos: "scavenger",
      cpusPerTask: 4,
      output: "scavenger.out",
    });
    const running = await cluster.untilState(scavenger, "RUNNING");
    await untilSet("graced.set");
    expect(running.preemptEligibleS).toBe(running.startS);
    const high = await cluster.submit("#!/bin/bash\ntrue\n", { qos: "high", cpusPerTask: 4 });
    const completing = await until("the job is ending", async () => {
      const job = await cluster.job(scavenger);
      return job.completing ? job : undefined;
    });
    expect(completing.preemptS).toBeGreaterThanOrEqual(running.startS);
    const [ended] = await cluster.ended(scavenger);
    expect(ended).toMatchObject({ state: "PREEMPTED", exitCode: 0 });
    expect(ended!.endS - completing.preemptS!).toBeGreaterThanOrEqual(2);
    expect(text("scavenger.out")).toMatch(line(scavenger));
    expect(text("scavenger.out")).toMatch(/got it/);
    expect((await cluster.ended(high))[0]).toMatchObject({ state: "COMPLETED" });
  });

  it("has the place that was made for it although the controller is killed meanwhile", async () => {
    const script = "#!/bin/bash\ntrap '' TERM\ntouch killed.set\nfor i in $(seq 100); do sleep 0.2; done\n";
    const scavenger = await cluster.submit(script, {
      qos: "scavenger",
      cpusPerTask: 4,
      output: "killed.out",
    });
    await cluster.untilState(scavenger, "RUNNING");
    await untilSet("killed.set");
    const high = await cluster.submit("#!/bin/bash\ntrue\n", { qos: "high", cpusPerTask: 4 });
    await until("the job is ending", async () => (await cluster.job(scavenger)).completing || undefined);
    cluster.controller.process.kill("SIGKILL");
    await cluster.controller.exited;
    await cluster.startController();
    const later = await cluster.submit("#!/bin/bash\ntrue\n", { qos: "high", cpusPerTask: 4 });
    expect((await cluster.ended(scavenger))[0]).toMatchObject({ state: "PREEMPTED" });
    const [[first], [second]] = [await cluster.ended(high), await cluster.ended(later)];
    expect([first!.state, second!.state]).toEqual(["COMPLETED", "COMPLETED"]);
    expect(second!.startS).toBeGreaterThanOrEqual(first!.startS);
    expect(text("killed.out")).toMatch(line(scavenger));
  });
});
