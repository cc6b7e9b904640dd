/**
 * On an idle cluster, over REST: from a submission to its process running, and from the process's exit to the end
 * being on record. Both ends of each are read from one clock. `npx tsx bench/cluster/latency.ts [--json] [--tiny]`
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "../../core/model/views.ts";
import { specOf } from "../../test/e2e/programs.ts";
import { median, percentile, report } from "../report.ts";
import { startCluster } from "./cluster.ts";

const isTiny = process.argv.includes("--tiny");
const ROUNDS = isTiny ? 3 : 60;
const WARM_UP = isTiny ? 1 : 10;
const PAUSE_MS = 60;

const cluster = await startCluster(4, 4);
try {
  const startMs: number[] = [];
  const endMs: number[] = [];
  let isRight = true;
  for (let round = 0; round < ROUNDS + WARM_UP; round++) {
    const mark = join(cluster.folder, `mark.${round}`);
    // bash's own clock, so that no process is started to read it.
    const script = `#!/bin/bash\necho $EPOCHREALTIME >${mark}\nsleep 0.1\necho $EPOCHREALTIME >>${mark}\n`;
    const submittedMs = performance.timeOrigin + performance.now();
    const { jobId } = await cluster.client.post<{ jobId: number }>(
      "/v1/jobs",
      specOf(script, cluster.folder, { output: "/dev/null" }),
    );
    const { jobs } = await cluster.client.get<{ jobs: JobView[] }>(`/v1/jobs/${jobId}/end?timeoutMs=10000`);
    const recordedMs = performance.timeOrigin + performance.now();
    const [began, exited] = readFileSync(mark, "utf8")
      .trim()
      .split("\n")
      .map((line) => Number(line) * 1000);
    isRight &&= jobs[0]?.state === "COMPLETED" && began !== undefined && exited !== undefined;
    if (round >= WARM_UP) {
      startMs.push((began ?? 0) - submittedMs);
      endMs.push(recordedMs - (exited ?? 0));
    }
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  report("latency", isRight, {
    rounds: ROUNDS,
    submitToRunningMsMedian: median(startMs),
    submitToRunningMsP95: percentile(startMs, 95),
    exitToRecordMsMedian: median(endMs),
    exitToRecordMsP95: percentile(endMs, 95),
    goalMs: 25,
  });
} finally {
  await cluster.stop();
}
