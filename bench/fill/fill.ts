/**
 * Fills a cluster for real: a controller process with its journal, fake agents on real sockets, the jobs of a file over
 * REST. Two runs, each on a cluster of its own, after a thousand short jobs that have the controller's code compiled as it
 * is in service (`--cold` leaves them out):
 *
 * - `held`: all jobs are submitted with one begin time, so that the whole queue is there before anything may start.
 *   The clock runs from that second to the arrival of the last start order at its agent.
 * - `direct`: the jobs may start as they come. The clock runs from the first submission to the last order.
 *
 * `submit_rate` is acknowledged submissions a second (on disk), `started_per_s` is started jobs by the time to full,
 * times of passes are of the worker, CPU seconds of all the controller's threads from the first submission to full,
 * lag is that of the controller's event loop in the same time, and `main_thread_starved_s` how long its thread waited for
 * a CPU meanwhile (0 on a quiet machine). What was started is checked; exit 1 when it is wrong.
 *
 * `npx tsx bench/fill/fill.ts [--workload FILE.csv] [--nodes N] [--only held|direct]
 * [--sure-rate N] [--cold] [--json] [--tiny]`
 */
import type { JobView, StatsView } from "../../core/model/views.ts";
import { stopAll, until } from "../../test/e2e/programs.ts";
import { postAll } from "../cluster/load.ts";
import { report } from "../report.ts";
import { findWrong } from "./fill-check.ts";
import {
  cpuSeconds,
  type FillCluster,
  loopLag,
  residentMib,
  snapshotMostMib,
  startFillCluster,
  starvedSeconds,
} from "./fill-cluster.ts";
import { submissionOf, WARM_UP, warmUpOf, workloadOf } from "./fill-jobs.ts";

const isTiny = process.argv.includes("--tiny");
const NODES = Number(option("nodes") ?? (isTiny ? 50 : 12_500));
const IN_FLIGHT = 64;
/** Without a new order for so long, the cluster is full. */
const QUIET_MS = isTiny ? 500 : 2_000;
const SAMPLE_MS = 100;
/** Submissions a second that the held run counts on, and what it adds. */
const SURE_RATE = Number(option("sure-rate") ?? 500);
const SPARE_S = 2;
const LIMIT_MS = 300_000;
/** Started jobs of the published files on 12,500 nodes, their order being that of priority. */
const EXPECTED: Readonly<Record<string, number>> = { "fill-10000.csv": 2546, "fill-1000.csv": 1000 };

type Way = "held" | "direct";

interface Fill {
  readonly wrong: string;
  readonly figures: Readonly<Record<string, number>>;
}

const jobs = workloadOf(option("workload"), isTiny, NODES);
const expected = NODES === 12_500 ? EXPECTED[(option("workload") ?? "").split("/").pop() ?? ""] : undefined;
const only = option("only");
const fills = new Map<Way, Fill>();
for (const way of ["held", "direct"] as const)
  if (only === undefined || only === way) fills.set(way, await fill(way));
const first = fills.values().next().value;
const direct = fills.size === 2 ? fills.get("direct")!.figures : {};
report(
  "fill",
  [...fills.values()].every(({ wrong }) => wrong === ""),
  {
    nodes: NODES,
    jobs: jobs.length,
    wrong: [...fills.values()]
      .map(({ wrong }) => wrong)
      .join(" ")
      .trim(),
    ...first?.figures,
    ...Object.fromEntries(Object.entries(direct).map(([key, value]) => [`direct_${key}`, value])),
  },
);

async function fill(way: Way): Promise<Fill> {
  const cluster = await startFillCluster(NODES);
  try {
    return await measure(cluster, way);
  } finally {
    await cluster.stop();
    await stopAll();
  }
}

async function warmUp({ client, url, token, folder }: FillCluster): Promise<void> {
  const first = warmUpOf(isTiny, NODES);
  await postAll({
    url,
    path: "/v1/jobs",
    token,
    inFlight: IN_FLIGHT,
    count: first.length,
    body: (i) => submissionOf(first[i]!, folder, 0, WARM_UP),
  });
  const areOver = async (): Promise<true | undefined> =>
    (await client.get<StatsView>("/v1/stats")).jobsCompleted >= first.length ? true : undefined;
  await until("the first jobs have ended", areOver, LIMIT_MS);
}

async function measure(cluster: FillCluster, way: Way): Promise<Fill> {
  const { client, controller } = cluster;
  const pid = controller.pid!;
  if (!process.argv.includes("--cold")) await warmUp(cluster);
  const holdS = way === "held" ? Math.ceil(jobs.length / SURE_RATE) + SPARE_S : 0;
  await loopLag(cluster);
  const before = await client.get<StatsView>("/v1/stats");
  const beforeCpuS = cpuSeconds(pid);
  const beganMs = epochMs();
  const beginS = Math.ceil(beganMs / 1000) + holdS;
  const answers = await postAll<{ jobId: number }>({
    url: cluster.url,
    path: "/v1/jobs",
    token: cluster.token,
    inFlight: IN_FLIGHT,
    count: jobs.length,
    body: (i) => submissionOf(jobs[i]!, cluster.folder, way === "held" ? beginS : 0),
  });
  const submittedMs = epochMs();
  const submitCpuS = cpuSeconds(pid) - beforeCpuS;
  if (way === "held" && submittedMs > beginS * 1000)
    throw new Error(`submissions took ${submittedMs - beganMs} ms, longer than they are held for`);
  const releasedMs = way === "held" ? beginS * 1000 : beganMs;
  const submitLag = await loopLag(cluster);
  if (way === "held") await wait(releasedMs - epochMs() - 500);
  const releaseCpuS = cpuSeconds(pid);
  const releaseStarvedS = starvedSeconds(pid);
  const depths: number[] = [];
  let isQuiet = false;
  while (!isQuiet) {
    await wait(SAMPLE_MS);
    const { jobsPending } = await client.get<StatsView>("/v1/stats");
    const { orders, lastMs } = cluster.orderCounts();
    const sinceMs = epochMs() - Math.max(lastMs, submittedMs, releasedMs);
    if (sinceMs < 0 || (orders > 0 && lastMs > releasedMs && sinceMs < QUIET_MS / 2))
      depths.push(jobsPending);
    isQuiet = sinceMs > QUIET_MS;
    if (epochMs() - beganMs > LIMIT_MS) throw new Error(`not full within ${LIMIT_MS} ms`);
  }
  const lag = await loopLag(cluster);
  const { orders, firstMs, lastMs } = cluster.orderCounts();
  const fullCpuS = cpuSeconds(pid);
  const starvedS = starvedSeconds(pid) - releaseStarvedS;
  const after = await client.get<StatsView>("/v1/stats");
  const memory = residentMib(pid);
  const snapshotMib = await snapshotMostMib(cluster);
  const { jobs: running } = await client.get<{ jobs: JobView[] }>("/v1/jobs?states=RUNNING");
  const asked = new Map(answers.map(({ jobId }, i) => [jobId, jobs[i]!]));
  let wrong = findWrong(running, await cluster.orders(), asked);
  if (wrong === "" && way === "held" && expected !== undefined && running.length !== expected)
    wrong = `${running.length} jobs started where ${expected} should`;
  if (wrong === "" && after.jobsSubmitted - before.jobsSubmitted !== jobs.length)
    wrong = "a submission is missing";
  const passes = after.passes - before.passes;
  return {
    wrong,
    figures: {
      registered_s: round(cluster.registeredMs / 1000),
      submit_rate: Math.round(jobs.length / ((submittedMs - beganMs) / 1000)),
      time_to_first_s: round((firstMs - releasedMs) / 1000),
      time_to_full_s: round((lastMs - releasedMs) / 1000),
      started_jobs: orders,
      started_per_s: Math.round(orders / ((lastMs - releasedMs) / 1000)),
      passes,
      pass_mean_us: Math.round(
        (after.passMeanUs * after.passes - before.passMeanUs * before.passes) / Math.max(1, passes),
      ),
      pass_max_us: after.passMaxUs,
      conflicts: after.conflicts - before.conflicts,
      queue_depth_mean: depths.length === 0 ? 0 : Math.round(depths.reduce((a, b) => a + b) / depths.length),
      controller_rss_mib: memory.now,
      controller_rss_most_mib: memory.most,
      controller_rss_snapshot_most_mib: snapshotMib,
      controller_cpu_s: round(
        submitCpuS + fullCpuS - (way === "held" ? releaseCpuS : beforeCpuS + submitCpuS),
      ),
      submit_cpu_s: round(submitCpuS),
      main_thread_starved_s: round(starvedS),
      submit_lag_p999_ms: submitLag.p999Ms,
      submit_lag_max_ms: submitLag.maxMs,
      lag_p99_ms: lag.p99Ms,
      lag_p999_ms: lag.p999Ms,
      lag_max_ms: lag.maxMs,
    },
  };
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

function wait(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, Math.max(0, ms)));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
