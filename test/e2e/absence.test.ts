/**
 * A controller that is away for a whole minute, killed while jobs run on four agents, and started again where it was:
 * jobs run on, end, fail and overrun their limits meanwhile; nothing is stopped, lost or run twice. Takes 70 seconds,
 * of which the minute is the point.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import { stopAll, until } from "./programs.ts";
import { TestCluster } from "./test-cluster.ts";

const AWAY_MS = 60_000;
/** What a minute's test may take on a busy machine. */
const TEST_MS = 180_000;
const LIMIT_S = 8;
const KILL_WAIT_S = 2;
const YAML = `
partitions:
  - name: debug
    nodes: n[1-4]
    default: true
    def_mem_per_cpu: 100M
timing:
  kill_wait: ${KILL_WAIT_S}s
  requeue_delay: 0s
`;

afterAll(stopAll);

it(
  "stops no job, loses no ending and runs none twice while the controller is away for a minute",
  async () => {
    const cluster = await TestCluster.start(["n1", "n2", "n3", "n4"], YAML);
    const path = (name: string): string => join(cluster.workDir, name);
    const lines = (name: string): string[] => readFileSync(path(name), "utf8").trim().split("\n");
    /** Each run of a script leaves a line; then it does its own. */
    const submit = (node: string, script: string, more: Record<string, unknown> = {}): Promise<number> =>
      cluster.submit(`#!/bin/bash\necho $$ >>run.$SLURM_JOB_ID\n${script}\n`, { nodelist: node, ...more });
    const untilAway = "until [ -e away ]; do sleep 0.2; done\n";

    // One of a kind on each node, so that both agents have everything to remember.
    const ids = await Promise.all(
      ["n1", "n2"].map(async (node) => ({
        node,
        stays: await submit(node, "until [ -e back ]; do sleep 0.2; done\nexit 0"),
        ends: await submit(node, `${untilAway}sleep 3`),
        fails: await submit(node, `${untilAway}sleep 5; exit 7`),
        dies: await submit(node, `${untilAway}sleep 4; kill -9 $$`),
      })),
    );
    const started = ids.flatMap(({ stays, ends, fails, dies }) => [stays, ends, fails, dies]);
    for (const id of started) await cluster.untilState(id, "RUNNING");
    for (const id of started)
      await until("its first line", () => (existsSync(path(`run.${id}`)) ? true : undefined));
    const next = await cluster.submit("#!/bin/bash\necho $$ >>run.$SLURM_JOB_ID\n", {
      dependency: `afterok:${ids[0]!.ends}`,
    });
    const notNext = await cluster.submit("#!/bin/bash\ntrue\n", { dependency: `afterok:${ids[1]!.fails}` });
    const limited = await limitedJobs(cluster, ["n3", "n4"]);

    cluster.controller.process.kill("SIGKILL");
    await cluster.controller.exited;
    const goneMs = Date.now();
    writeFileSync(path("away"), "");

    // The limit, the grace after SIGTERM for the one that is deaf to it, and some seconds for a busy machine.
    for (const { id, deaf } of limited) {
      const pid = Number(lines(`run.${id}`)[0]);
      const allowedMs = (LIMIT_S + (deaf ? KILL_WAIT_S : 0) + 15) * 1000;
      await until(`job ${id} is ended by its agent`, () => (isAlive(pid) ? undefined : true), allowedMs);
    }
    for (const { stays } of ids) expect(isAlive(Number(lines(`run.${stays}`)[0]))).toBe(true);
    await sleep(Math.max(0, goneMs + AWAY_MS - Date.now()));
    for (const { stays } of ids) expect(isAlive(Number(lines(`run.${stays}`)[0]))).toBe(true);
    expect(existsSync(path(`run.${next}`))).toBe(false);

    await cluster.startController();
    const ended = async (id: number) => (await cluster.ended(id))[0]!;
    for (const { ends, fails, dies } of ids) {
      expect(await ended(ends)).toMatchObject({
        state: "COMPLETED",
        exitCode: 0,
        exitSignal: 0,
        restarts: 0,
      });
      expect(await ended(fails)).toMatchObject({ state: "FAILED", exitCode: 7, exitSignal: 0, restarts: 0 });
      expect(await ended(dies)).toMatchObject({ state: "FAILED", exitCode: 0, exitSignal: 9, restarts: 0 });
    }
    for (const { id } of limited) {
      const job = await ended(id);
      expect(job).toMatchObject({ state: "TIMEOUT", restarts: 0 });
      // When it ended, not when the controller heard of it.
      expect(job.endS * 1000).toBeLessThan(goneMs + AWAY_MS - 10_000);
      expect(readFileSync(path(`slurm-${id}.out`), "utf8")).toContain("DUE TO TIME LIMIT");
    }
    // What waited for them goes on; what never can start says so.
    expect(await ended(next)).toMatchObject({ state: "COMPLETED", restarts: 0 });
    await until("the other says that it never will", async () =>
      (await cluster.job(notNext)).reason === "DependencyNeverSatisfied" ? true : undefined,
    );
    for (const { stays } of ids) expect((await cluster.job(stays)).state).toBe("RUNNING");
    writeFileSync(path("back"), "");
    for (const { stays } of ids)
      expect(await ended(stays)).toMatchObject({ state: "COMPLETED", restarts: 0 });

    for (const id of [...started, ...limited.map(({ id }) => id), next])
      expect([id, lines(`run.${id}`).length]).toEqual([id, 1]);
    const { history } = await cluster.client.get<{ history: { jobId: number }[] }>("/v1/history?limit=100");
    const told = history.map(({ jobId }) => jobId);
    for (const id of [...started, ...limited.map(({ id }) => id), next])
      expect([id, told.filter((one) => one === id).length]).toEqual([id, 1]);
    const nodes = await cluster.nodes();
    expect(
      nodes.map(({ allocCpus, allocMemMib, responding }) => [allocCpus, allocMemMib, responding]),
    ).toEqual([
      [0, 0, true],
      [0, 0, true],
      [0, 0, true],
      [0, 0, true],
    ]);
  },
  TEST_MS,
);

/** On each node one that ends at SIGTERM and one that does not; resolves once they run. */
async function limitedJobs(
  cluster: TestCluster,
  nodes: readonly string[],
): Promise<readonly { readonly id: number; readonly deaf: boolean }[]> {
  const jobs: { id: number; deaf: boolean }[] = [];
  for (const node of nodes) {
    for (const deaf of [false, true]) {
      const script = `#!/bin/bash\n${deaf ? "trap '' TERM\n" : ""}echo $$ >>run.$SLURM_JOB_ID\nwhile :; do sleep 0.2; done\n`;
      jobs.push({ id: await cluster.submit(script, { nodelist: node, timeLimitS: LIMIT_S }), deaf });
    }
  }
  for (const { id } of jobs) {
    await cluster.untilState(id, "RUNNING");
    await until("its first line", () =>
      existsSync(join(cluster.workDir, `run.${id}`)) &&
      readFileSync(join(cluster.workDir, `run.${id}`), "utf8").endsWith("\n")
        ? true
        : undefined,
    );
  }
  return jobs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
