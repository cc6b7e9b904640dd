/**
 * `rota simulate`: reads workloads, replays each with each policy that was asked for, and prints the figures. Loaded by
 * the command of that name; does all its work in this thread.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Terminal } from "../cli/rota/terminal.ts";
import { kernelPath } from "../controller/built-file.ts";
import { RotaError } from "../model/errors.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import { PlanKernel } from "../place/kernel.ts";
import { clusterFor, machineCpus } from "./asked-cluster.ts";
import type { SimulatedCluster } from "./cluster.ts";
import { readFlags, type SimulateFlags, type SimulateSettings } from "./flags.ts";
import { writeJobs } from "./jobs-file.ts";
import { asksForPods } from "./pods/pod-flags.ts";
import { simulatePods } from "./pods/simulate-pods.ts";
import { openPolicies, prepareFiles, type RunPolicies } from "./policies.ts";
import { Progress } from "./progress.ts";
import { readWorkload } from "./read-workload.ts";
import { replay } from "./replay.ts";
import { MAX_REPORT_RUNS, writeReport } from "./report/write-report.ts";
import type { RunSettings } from "./settings.ts";
import type { Simulation } from "./simulation.ts";
import { summaryJson, summaryText } from "./summary-text.ts";
import type { ReadWorkload } from "./workload.ts";

/** What the command uses of its process. */
export interface SimulateOut {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly terminal: Terminal;
  readonly isErrorTerminal: boolean;
  /** The command line, for the report. */
  readonly command: string;
}

const MAX_WORKLOADS = 64;
const EXIT_OK = 0;
const EXIT_FAILED = 1;

/** Resolves with the exit code; anything expected that is wrong is one line on stderr, with what to do. */
export async function runSimulate(
  io: SimulateOut,
  paths: readonly string[],
  flags: SimulateFlags,
): Promise<number> {
  try {
    const refusal = await simulate(io, paths, flags);
    return refusal === undefined ? EXIT_OK : failed(io, refusal);
  } catch (error) {
    if (RotaError.is(error)) return failed(io, error);
    throw error;
  }
}

const failed = (io: SimulateOut, { code, message }: Pick<Refusal, "code" | "message">): number => {
  io.err(`rota: ${code}: ${message}\n`);
  return EXIT_FAILED;
};

async function simulate(
  io: SimulateOut,
  paths: readonly string[],
  flags: SimulateFlags,
): Promise<Refusal | undefined> {
  if (asksForPods(flags)) return simulatePods(io, paths, flags);
  const settings = readFlags(flags);
  if (!settings.ok) return settings.refusal;
  const { orders, modes } = settings.value;
  const runCount = paths.length * orders.length * modes.length;
  if (paths.length > MAX_WORKLOADS)
    return refuse("INVALID_SPEC", `at most ${MAX_WORKLOADS} workloads can be named`).refusal;
  if (flags.jobs !== undefined && runCount > 1)
    return refuse("INVALID_SPEC", "--jobs writes one run; give one workload, one --order and one --backfill")
      .refusal;
  if (flags.report !== undefined && runCount > MAX_REPORT_RUNS)
    return refuse("INVALID_SPEC", `--report shows at most ${MAX_REPORT_RUNS} runs, and these are ${runCount}`)
      .refusal;
  const opened: RunPolicies[] = [];
  for (const order of orders) {
    const { placement, topology } = settings.value;
    const prepared = await prepareFiles({ order, placement, topology });
    if (!prepared.ok) return prepared.refusal;
    const policies = openPolicies({ order, placement, topology });
    if (!policies.ok) return policies.refusal;
    opened.push(policies.value);
  }
  const runs: Simulation[] = [];
  for (const path of paths) {
    const read = await readWorkload(path, machineCpus(settings.value.cluster));
    if (!read.ok) return read.refusal;
    const cluster = clusterFor(settings.value.cluster, read.value.workload);
    if (!cluster.ok) return cluster.refusal;
    if (read.value.left > 0)
      note(io, path, `${read.value.left} jobs of the log cannot be replayed and are left out`);
    for (const [i, order] of orders.entries()) {
      for (const mode of modes) {
        const run = runOnce(io, read.value, cluster.value, opened[i]!, {
          label: labelOf(settings.value, order.module, mode),
          backfill: { mode, order: settings.value.backfillOrder },
          eventOrder: settings.value.eventOrder,
          estimates: settings.value.estimates,
          seed: settings.value.seed,
          keepPlacements: flags.report !== undefined,
        });
        for (const line of run.notes ?? []) note(io, path, line);
        if (flags.json === true) io.out(summaryJson(run.summary));
        runs.push(run);
      }
    }
  }
  if (flags.json !== true) io.out(summaryText(runs, io.terminal));
  if (flags.jobs !== undefined) {
    const written = writeJobs(runs[0]!, flags.jobs);
    if (!written.ok) return written.refusal;
  }
  return flags.report === undefined ? undefined : report(io, runs, flags.report);
}

/** The page, with the settings of each run on it. */
async function report(
  { command }: SimulateOut,
  runs: readonly Simulation[],
  path: string,
): Promise<Refusal | undefined> {
  try {
    await writeReport(runs, path, { command });
    return undefined;
  } catch (error) {
    return refuse("INVALID_SPEC", `--report ${path} cannot be written: ${(error as Error).message}`).refusal;
  }
}

const note = (io: SimulateOut, path: string, line: string): void => io.err(`rota: ${path}: ${line}\n`);

function runOnce(
  io: SimulateOut,
  { workload }: ReadWorkload,
  cluster: SimulatedCluster,
  policies: RunPolicies,
  settings: RunSettings,
): Simulation {
  const nowMs = (): number => performance.now();
  const progress = new Progress(
    { write: io.err, nowMs, isTerminal: io.isErrorTerminal },
    `${basename(workload.name)}  ${settings.label}`,
    workload.jobs.length,
    "jobs ended",
  );
  const run = replay({
    workload,
    cluster,
    policies,
    kernel: new PlanKernel(readFileSync(kernelPath())),
    settings,
    nowMs,
    peakRssMib: () => process.resourceUsage().maxRSS / 1024,
    ...(io.isErrorTerminal ? { onProgress: (ended) => progress.to(ended) } : {}),
  });
  progress.end();
  return run;
}

/** What distinguishes the run: what was asked beyond the defaults comes last. */
function labelOf(settings: SimulateSettings, order: string, mode: string): string {
  const { backfillOrder, placement, topology, estimates, eventOrder } = settings;
  return [
    mode === "none" || backfillOrder === "queue" ? mode : `${mode} ${backfillOrder} first`,
    basename(order),
    basename(placement.module),
    ...(topology === undefined ? [] : [basename(topology.module)]),
    ...(estimates === "exact" ? ["exact estimates"] : []),
    ...(eventOrder === "serial" ? ["serial"] : []),
  ].join(", ");
}
