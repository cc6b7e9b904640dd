/**
 * 1,000 jobs of `true` on four agents, from the first submission to the last end on record: once on programs that have
 * just been started, whose code is still being compiled, and then on the same ones.
 * `npx tsx bench/cluster/throughput.ts [--json] [--tiny] [--cpus N]`
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HistoryView, StatsView } from "../../core/model/views.ts";
import { specOf, until } from "../../test/e2e/programs.ts";
import { report } from "../report.ts";
import { startCluster } from "./cluster.ts";
import { postAll } from "./load.ts";

const isTiny = process.argv.includes("--tiny");
const COUNT = isTiny ? 20 : 1000;
const AGENTS = 4;
const at = process.argv.indexOf("--cpus");
const CPUS = at < 0 ? 4 : Number(process.argv[at + 1]);

const cluster = await startCluster(AGENTS, CPUS);
try {
  const token = readFileSync(join(cluster.stateDir, "token"), "utf8").trim();
  const body = (): unknown => specOf("#!/bin/sh\ntrue\n", cluster.folder, { output: "/dev/null" });
  const run = async (count: number): Promise<number> => {
    const done = (await cluster.client.get<StatsView>("/v1/stats")).jobsCompleted;
    const beganMs = performance.now();
    await postAll({ url: cluster.url, path: "/v1/jobs", token, inFlight: 32, count, body });
    await until(
      "all jobs ended",
      async () => {
        const stats = await cluster.client.get<StatsView>("/v1/stats");
        return stats.jobsCompleted - done + stats.jobsFailed >= count ? true : undefined;
      },
      120_000,
    );
    return performance.now() - beganMs;
  };
  const coldMs = await run(COUNT);
  const warmMs = await run(COUNT);
  const { history } = await cluster.client.get<{ history: HistoryView[] }>("/v1/history?limit=10000");
  const stats = await cluster.client.get<StatsView>("/v1/stats");
  report("throughput", history.every(({ state }) => state === "COMPLETED") && history.length === 2 * COUNT, {
    jobs: COUNT,
    agents: AGENTS,
    cpusPerAgent: CPUS,
    jobsPerSecond: Math.round(COUNT / (warmMs / 1000)),
    jobsPerSecondJustStarted: Math.round(COUNT / (coldMs / 1000)),
    passes: stats.passes,
    passMeanUs: stats.passMeanUs,
    commits: stats.commits,
    goalPerSecond: 150,
  });
} finally {
  await cluster.stop();
}
