/** The published schedules of SDSC-SP2; skipped where the log is not there. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readWorkload } from "../../core/simulate/read-workload.ts";
import { run } from "./cluster.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = process.env["ROTA_BATCH_DATA"] ?? join(root, "../shared/data/batch");
const log = join(folder, "SDSC-SP2.swf.gz");

/**
 * Bounded slowdown, mean wait and makespan as published, and the column of starts where there is one. The makespan of the
 * conservative schedule was not published: it is ours.
 */
const PUBLISHED = [
  ["none", "queue", "requested", "13823.5339", "1535568.62", 68_579_444, undefined],
  ["easy", "queue", "requested", "87.8703", "20497.76", 63_192_188, 1],
  ["easy", "queue", "exact", "70.4779", "17337.11", 63_189_634, 2],
  ["easy", "shortest", "requested", "84.8889", "20793.59", 63_189_634, undefined],
  ["easy", "shortest", "exact", "56.8362", "16307.08", 63_189_634, 3],
  ["conservative", "queue", "requested", "89.6563", "21889.30", 63_200_818, undefined],
] as const;

describe.skipIf(!existsSync(log))("SDSC-SP2, 54,006 jobs on 128 processors, serial order", () => {
  it.each(PUBLISHED)("%s, %s, %s", async (mode, order, estimates, slowdown, wait, makespanS, column) => {
    const read = await readWorkload(log, 0);
    if (!read.ok) throw new Error(read.refusal.message);
    const { workload } = read.value;
    const { summary, jobs } = run(
      workload,
      { count: 1, cpus: workload.machineCpus },
      { backfill: { mode, order }, estimates, eventOrder: "serial" },
    );
    expect(summary.jobs).toBe(54_006);
    expect(summary.boundedSlowdownMean.toFixed(4)).toBe(slowdown);
    expect(summary.waitMeanS.toFixed(2)).toBe(wait);
    expect(summary.makespanS).toBe(makespanS);
    if (column === undefined) return;
    const lines = gunzipSync(readFileSync(join(folder, "SDSC-SP2.starts.csv.gz")))
      .toString()
      .trim()
      .split("\n");
    const published = new Map(
      lines.slice(1).map((line) => [Number(line.split(",")[0]), Number(line.split(",")[column])]),
    );
    let different = 0;
    for (const [i, { id }] of workload.jobs.entries()) if (published.get(id) !== jobs.startS[i]) different++;
    expect(published.size).toBe(54_006);
    expect(different).toBe(0);
  });
});
