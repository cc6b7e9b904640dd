/**
 * Submissions acknowledged after fsync, 64 in flight over REST, while passes run over the growing queue of a full
 * cluster. Checks that every acknowledged job is there once. `npx tsx bench/cluster/submissions.ts [--json] [--tiny]`
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { StatsView } from "../../core/model/views.ts";
import { specOf } from "../../test/e2e/programs.ts";
import { report } from "../report.ts";
import { startCluster } from "./cluster.ts";
import { postAll } from "./load.ts";

const isTiny = process.argv.includes("--tiny");
const COUNT = isTiny ? 200 : 20_000;
const IN_FLIGHT = 64;

const cluster = await startCluster(1, 1);
try {
  const token = readFileSync(join(cluster.stateDir, "token"), "utf8").trim();
  await cluster.client.post(
    "/v1/jobs",
    specOf("#!/bin/sh\nsleep 600\n", cluster.folder, { output: "/dev/null" }),
  );
  const body = (): unknown => specOf("#!/bin/sh\ntrue\n", cluster.folder, { output: "/dev/null" });
  // A first round compiles what is hot.
  await postAll({
    url: cluster.url,
    path: "/v1/jobs",
    token,
    inFlight: IN_FLIGHT,
    count: isTiny ? 64 : 2000,
    body,
  });
  const before = await cluster.client.get<StatsView>("/v1/stats");
  const beganMs = performance.now();
  const answers = await postAll<{ jobId: number }>({
    url: cluster.url,
    path: "/v1/jobs",
    token,
    inFlight: IN_FLIGHT,
    count: COUNT,
    body,
  });
  const tookMs = performance.now() - beganMs;
  const after = await cluster.client.get<StatsView>("/v1/stats");
  const isRight =
    new Set(answers.map(({ jobId }) => jobId)).size === COUNT &&
    after.jobsSubmitted - before.jobsSubmitted === COUNT;
  report("submissions", isRight, {
    count: COUNT,
    inFlight: IN_FLIGHT,
    perSecond: Math.round(COUNT / (tookMs / 1000)),
    groupCommits: after.commits - before.commits,
    passes: after.passes - before.passes,
    passMaxUs: after.passMaxUs,
    goalPerSecond: 2000,
  });
} finally {
  await cluster.stop();
}
