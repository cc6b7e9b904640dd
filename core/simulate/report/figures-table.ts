/** The table of figures: one row a run. */
import type { Simulation, SimulationSummary } from "../simulation.ts";
import { escapeHtml } from "./html.ts";
import { durationText, grouped } from "./scale.ts";
import { RUN_COLOURS } from "./style.ts";

interface Figure {
  readonly name: string;
  readonly text: (summary: SimulationSummary) => string;
}

const FIGURES: readonly Figure[] = [
  { name: "jobs", text: ({ jobs }) => grouped(jobs) },
  { name: "makespan", text: ({ makespanS }) => durationText(makespanS) },
  { name: "utilisation", text: ({ utilization }) => `${number(100 * utilization, 1)}\u202f%` },
  { name: "wait, mean", text: ({ waitMeanS }) => durationText(waitMeanS) },
  { name: "wait, median", text: ({ waitP50S }) => durationText(waitP50S) },
  { name: "wait, 99\u202f%", text: ({ waitP99S }) => durationText(waitP99S) },
  { name: "bounded slowdown, mean", text: ({ boundedSlowdownMean }) => number(boundedSlowdownMean, 2) },
  {
    name: "promised start off by, median",
    text: ({ predictionErrorP50S }) => durationText(predictionErrorP50S),
  },
  { name: "passes", text: ({ passes }) => grouped(passes) },
  { name: "jobs looked at", text: ({ decisions }) => grouped(decisions) },
  { name: "computed in", text: ({ wallS }) => durationText(wallS) },
  { name: "memory, peak", text: ({ peakRssMib }) => `${number(peakRssMib, 0)}\u202fMiB` },
];

export function figuresTable(simulations: readonly Simulation[]): string {
  const heads = FIGURES.map(({ name }) => `<th>${name}</th>`).join("");
  const rows = simulations.map(({ summary }, at) => {
    const cells = FIGURES.map(({ text }) => `<td>${text(summary)}</td>`).join("");
    return `<tr><td>${runName(simulations, at)}</td>${cells}</tr>`;
  });
  return `<div class="wide"><table><thead><tr><th>run</th>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

/** What else the runs have to say, a sentence a line. */
export const runNotes = (simulations: readonly Simulation[]): string =>
  simulations
    .flatMap(({ notes = [] }, at) =>
      notes.map((note) => `<p class="note">${runName(simulations, at)}: ${escapeHtml(note)}</p>`),
    )
    .join("");

/** What each run was of: its workload and its cluster. */
export function settingsTable(simulations: readonly Simulation[]): string {
  const rows = simulations.map(({ workload, clusterNodes, clusterCpus, clusterGpus }, at) => {
    const numbers = [clusterNodes, clusterCpus, clusterGpus]
      .map((amount) => `<td>${grouped(amount)}</td>`)
      .join("");
    return (
      `<tr><td>${runName(simulations, at)}</td><td class="text">${escapeHtml(workload.name)}</td>` +
      `<td>${grouped(workload.jobs.length)}</td>${numbers}</tr>`
    );
  });
  const heads =
    '<th>run</th><th class="text">workload</th><th>jobs in it</th><th>nodes</th><th>CPUs</th><th>GPUs</th>';
  return `<div class="wide"><table><thead><tr>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

/** The run's label behind its colour. */
export const runName = (simulations: readonly Simulation[], at: number): string =>
  `<i class="run r${at % RUN_COLOURS}"></i>${escapeHtml(simulations[at]!.label)}`;

const number = (value: number, digits: number): string =>
  Number.isFinite(value) ? grouped(value, digits) : "\u2013";
