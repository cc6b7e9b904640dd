/**
 * What `sbatch` costs a shell: its whole time against that of `node -e 0`, in pairs, one after the other.
 * `npx tsx bench/cluster/command-start.ts [--json] [--tiny]`
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BIN } from "../../test/e2e/programs.ts";
import { median, report } from "../report.ts";
import { startCluster } from "./cluster.ts";

const isTiny = process.argv.includes("--tiny");
const PAIRS = isTiny ? 2 : 40;

const cluster = await startCluster(1, 1);
try {
  const script = join(cluster.folder, "job.sh");
  writeFileSync(script, "#!/bin/sh\n#SBATCH -J bench\n#SBATCH --hold\n#SBATCH -o /dev/null\ntrue\n", {
    mode: 0o755,
  });
  const env = { ...process.env, ROTA_STATE_DIR: cluster.stateDir };
  const time = (command: string, args: readonly string[]): { readonly ms: number; readonly out: string } => {
    const beganMs = performance.now();
    const run = spawnSync(command, args, { env, cwd: cluster.folder, encoding: "utf8" });
    return { ms: performance.now() - beganMs, out: run.stdout + run.stderr };
  };
  const ratios: number[] = [];
  const submitMs: number[] = [];
  const emptyMs: number[] = [];
  let isRight = true;
  for (let pair = -2; pair < PAIRS; pair++) {
    const submit = time(join(BIN, "sbatch"), [script]);
    const empty = time(process.execPath, ["-e", "0"]);
    isRight &&= /^Submitted batch job \d+\n$/.test(submit.out);
    if (pair < 0) continue;
    ratios.push(submit.ms / empty.ms);
    submitMs.push(submit.ms);
    emptyMs.push(empty.ms);
  }
  report("command-start", isRight, {
    pairs: PAIRS,
    sbatchMsMedian: median(submitMs),
    nodeMsMedian: median(emptyMs),
    ratioMedian: median(ratios),
    goalRatio: 1.6,
  });
} finally {
  await cluster.stop();
}
