/**
 * Steps of `true` in one job of four agents: one after the other, as a script has them, and eight at a time; the last of
 * them leaves the job with nothing running. Fails only when a step fails, never on time.
 * `npx tsx bench/steps/steps.ts [--json] [--tiny] [--steps N]`
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "../../core/model/views.ts";
import { specOf, until } from "../../test/e2e/programs.ts";
import { startCluster } from "../cluster/cluster.ts";
import { report } from "../report.ts";

const isTiny = process.argv.includes("--tiny");
const at = process.argv.indexOf("--steps");
const COUNT = isTiny ? 8 : at < 0 ? 1000 : Number(process.argv[at + 1]);
const AGENTS = 4;
const AT_ONCE = 8;
const BIN = new URL("../../dist/bin/", import.meta.url).pathname;

/** Prints the seconds that each part took, and how many of its steps failed. */
const SCRIPT = `#!/bin/bash
export PATH=${BIN}:$PATH
count() {
  local began=$EPOCHREALTIME failed=0
  "$@" || failed=1
  echo "$1 $began $EPOCHREALTIME $failed"
}
series() {
  local failed=0 i
  for ((i = 0; i < ${COUNT}; i++)); do srun -N1 -n1 true || failed=1; done
  return $failed
}
together() { seq ${COUNT} | xargs -P ${AT_ONCE} -I{} srun -N1 -n1 --exact true; }
bare() {
  local i
  for ((i = 0; i < 20; i++)); do node -e 0; done
}
count bare; count series; count together
`;

const cluster = await startCluster(AGENTS, 4);
try {
  const output = join(cluster.folder, "steps.out");
  const spec = specOf(SCRIPT, cluster.folder, {
    output,
    minNodes: AGENTS,
    maxNodes: AGENTS,
    ntasksPerNode: 4,
    environment: { PATH: process.env["PATH"] ?? "", ROTA_STATE_DIR: cluster.stateDir },
  });
  const made = await cluster.client.post<{ jobId: number }>("/v1/jobs", spec);
  const job = await until(
    "the job has ended",
    async () => {
      const { jobs } = await cluster.client.get<{ jobs: JobView[] }>(`/v1/jobs/${made.jobId}`);
      return jobs[0]!.state === "RUNNING" || jobs[0]!.state === "PENDING" ? undefined : jobs[0];
    },
    COUNT * 2_000 + 60_000,
  );
  const lines = readFileSync(output, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  const seconds = (name: string): number => {
    const line = lines.find(([word]) => word === name);
    return Number(line?.[2]) - Number(line?.[1]);
  };
  const isRight =
    job.state === "COMPLETED" && lines.length === 3 && lines.every(([, , , failed]) => failed === "0");
  report("steps", isRight, {
    steps: COUNT,
    agents: AGENTS,
    perSecondOneByOne: Math.round((COUNT / seconds("series")) * 10) / 10,
    perSecondEightAtOnce: Math.round((COUNT / seconds("together")) * 10) / 10,
    nodeStartMs: Math.round((seconds("bare") / 20) * 1000),
  });
} finally {
  await cluster.stop();
}
