/** `rota simulate` for lists of pods: reads the lists, replays the arrivals, and prints or writes the curve. */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { printFacts } from "../../cli/rota/table.ts";
import type { Terminal } from "../../cli/rota/terminal.ts";
import { type Refusal, refuse } from "../../model/refusal.ts";
import { listOrder, readArrivals } from "./arrivals.ts";
import { curveText } from "./curve.ts";
import { readNodes } from "./node-list.ts";
import { openPlacement } from "./open-placement.ts";
import { type PodFlags, type PodSettings, readPodFlags } from "./pod-flags.ts";
import { readPods } from "./pod-list.ts";
import { type PodRun, replayPods } from "./replay-pods.ts";
import { podReportPage } from "./report-page.ts";

interface PodsOut {
  readonly out: (text: string) => void;
  /** The command line, for the report. */
  readonly command: string;
  readonly terminal: Terminal;
}

/** What is wrong, or nothing when all is printed and written. */
export async function simulatePods(
  io: PodsOut,
  paths: readonly string[],
  flags: PodFlags,
): Promise<Refusal | undefined> {
  const settings = readPodFlags(paths, flags);
  if (!settings.ok) return settings.refusal;
  const { podsPath, nodesPath, arrivalsPath, placement, seed, untilArrivedPct } = settings.value;
  const pods = await readPods(podsPath);
  if (!pods.ok) return pods.refusal;
  const nodes = await readNodes(nodesPath);
  if (!nodes.ok) return nodes.refusal;
  if (!nodes.value.gpus.some((gpus) => gpus > 0))
    return refuse("WORKLOAD_INVALID", `${nodesPath}: no node has a GPU, so there is nothing to measure`)
      .refusal;
  const podRows = pods.value.shapeOf.length;
  const nodeRows = nodes.value.gpus.length;
  const arrivals =
    arrivalsPath === undefined
      ? { ok: true as const, value: listOrder(podRows, nodeRows) }
      : readArrivals(arrivalsPath, seed, podRows, nodeRows);
  if (!arrivals.ok) return arrivals.refusal;
  const policy = await openPlacement(placement, seed);
  if (!policy.ok) return { ...policy.refusal, message: `--placement: ${policy.refusal.message}` };
  const beganMs = performance.now();
  const run = replayPods({
    pods: pods.value,
    nodes: nodes.value,
    arrivals: arrivals.value,
    policy: policy.value,
    untilArrivedPct,
  });
  if ("code" in run) return refuse(run.code, `--placement: ${run.message}`).refusal;
  const wallS = (performance.now() - beganMs) / 1000;
  if (flags.curve !== undefined) {
    const refusal = write("curve", flags.curve, curveText(run.curve));
    if (refusal !== undefined) return refusal;
  }
  const facts = factsOf(run, wallS, settings.value);
  if (flags.report !== undefined) {
    const title = `${basename(podsPath)}, ${basename(placement)}`;
    const page = podReportPage({ title, command: io.command, facts, curve: run.curve });
    const refusal = write("report", flags.report, page);
    if (refusal !== undefined) return refusal;
  }
  if (flags.json === true) io.out(runJson(run, wallS));
  else {
    const isKept = flags.curve !== undefined || flags.report !== undefined;
    io.out(isKept ? printFacts(facts, io.terminal) : curveText(run.curve));
  }
  return undefined;
}

function write(option: string, path: string, text: string): Refusal | undefined {
  try {
    writeFileSync(path, text);
    return undefined;
  } catch (error) {
    return refuse("INVALID_SPEC", `--${option} ${path} cannot be written: ${(error as Error).message}`)
      .refusal;
  }
}

/** One object on one line, with these names and no others. */
const runJson = (run: PodRun, wallS: number): string =>
  `${JSON.stringify({
    pods_arrived: run.arrived,
    pods_placed: run.placed,
    gpu_total_milli: run.gpuTotalMilli,
    gpu_used_milli: run.gpuUsedMilli,
    allocation_pct: pct(run.gpuUsedMilli, run),
    fragmentation_pct: pct(run.fragmentationMilli, run),
    wall_s: wallS,
    curve: run.curve.map(({ arrivedPct, allocationPct, fragmentationPct }) => ({
      arrived_pct: arrivedPct,
      allocation_pct: allocationPct,
      fragmentation_pct: fragmentationPct,
    })),
  })}\n`;

const factsOf = (
  run: PodRun,
  wallS: number,
  settings: PodSettings,
): readonly (readonly [string, string])[] => [
  ["pods", basename(settings.podsPath)],
  ["placement", `${settings.placement}, seed ${settings.seed}`],
  ["arrived", `${run.arrived} pods`],
  ["placed", `${run.placed} pods`],
  ["allocation", `${pct(run.gpuUsedMilli, run).toFixed(2)} %`],
  ["fragmentation", `${pct(run.fragmentationMilli, run).toFixed(2)} %`],
  ["wall s", wallS.toFixed(3)],
];

const pct = (milli: number, { gpuTotalMilli }: PodRun): number => (100 * milli) / gpuTotalMilli;
