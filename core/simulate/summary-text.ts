/** The figures of replays as they are printed: a list for one run, a table for several, or a JSON object a line. Pure. */
import { type Column, printFacts, printTable } from "../cli/rota/table.ts";
import type { Terminal } from "../cli/rota/terminal.ts";
import type { Simulation, SimulationSummary } from "./simulation.ts";

/** One object on one line, with these names and no others. */
export const summaryJson = (summary: SimulationSummary): string =>
  `${JSON.stringify({
    jobs: summary.jobs,
    makespan_s: summary.makespanS,
    utilization: summary.utilization,
    wait_mean_s: summary.waitMeanS,
    wait_p50_s: summary.waitP50S,
    wait_p99_s: summary.waitP99S,
    bounded_slowdown_mean: summary.boundedSlowdownMean,
    passes: summary.passes,
    decisions: summary.decisions,
    wall_s: summary.wallS,
    peak_rss_mib: summary.peakRssMib,
    prediction_error_p50_s: summary.predictionErrorP50S,
  })}\n`;

type Row = { readonly title: string; readonly value: (run: Simulation) => string };

const SCHEDULE: readonly Row[] = [
  { title: "jobs", value: ({ summary }) => String(summary.jobs) },
  { title: "makespan s", value: ({ summary }) => String(summary.makespanS) },
  { title: "utilisation", value: ({ summary }) => summary.utilization.toFixed(4) },
  { title: "wait mean s", value: ({ summary }) => summary.waitMeanS.toFixed(2) },
  { title: "wait p50 s", value: ({ summary }) => String(summary.waitP50S) },
  { title: "wait p99 s", value: ({ summary }) => String(summary.waitP99S) },
  { title: "bounded slowdown", value: ({ summary }) => summary.boundedSlowdownMean.toFixed(4) },
  { title: "promise error p50 s", value: ({ summary }) => String(summary.predictionErrorP50S) },
];
const COST: readonly Row[] = [
  { title: "passes", value: ({ summary }) => String(summary.passes) },
  { title: "decisions", value: ({ summary }) => String(summary.decisions) },
  { title: "wall s", value: ({ summary }) => summary.wallS.toFixed(3) },
  { title: "peak RSS MiB", value: ({ summary }) => String(Math.round(summary.peakRssMib)) },
];

export function summaryText(runs: readonly Simulation[], terminal: Terminal): string {
  const [first] = runs;
  if (first === undefined) return "";
  if (runs.length === 1) {
    const nodes = first.clusterNodes === 1 ? "1 node" : `${first.clusterNodes} nodes`;
    const cluster = `${nodes}, ${first.clusterCpus} CPUs${first.clusterGpus > 0 ? `, ${first.clusterGpus} GPUs` : ""}`;
    return printFacts(
      [
        ["workload", first.workload.name],
        ["cluster", cluster],
        ["policy", first.label],
        ...[...SCHEDULE, ...COST].map(({ title, value }) => [title, value(first)] as const),
      ],
      terminal,
    );
  }
  const columns: Column<Simulation>[] = [
    { title: "WORKLOAD", cell: ({ workload }) => workload.name },
    { title: "POLICY", cell: ({ label }) => label },
    ...[...SCHEDULE, ...COST.slice(2)].map(
      ({ title, value }): Column<Simulation> => ({ title: title.toUpperCase(), align: "right", cell: value }),
    ),
  ];
  return printTable(columns, runs, terminal);
}
