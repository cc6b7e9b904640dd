/** The whole page as text: settings, figures, charts, and the data and the script that draw the nodes. */
import { basename } from "node:path";
import type { Simulation } from "../simulation.ts";
import { figuresTable, runName, runNotes, settingsTable } from "./figures-table.ts";
import { type GanttData, ganttData } from "./gantt-data.ts";
import { embeddedJson, escapeHtml } from "./html.ts";
import { type TimeRange, timeRange } from "./ran-jobs.ts";
import { grouped, linearTicks } from "./scale.ts";
import { seriesChart } from "./series-chart.ts";
import { type SizeClasses, sizeClasses } from "./size-classes.ts";
import { RUN_COLOURS, styleSheet } from "./style.ts";
import { type TimeSeries, timeSeries } from "./time-series.ts";
import { waitChart } from "./wait-chart.ts";
import { waitQuantiles } from "./wait-quantiles.ts";

/** The page may run its own script and style and nothing else, and ask the network for nothing. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/** Height of the picture of the nodes, CSS pixels: rows of this height, within bounds, and its axis. */
const ROW_PIXELS = 22;
const MIN_GANTT_PIXELS = 200;
const MAX_GANTT_PIXELS = 480;
const GANTT_AXES_PIXELS = 38;
/** Least width of a column of a run: two stand side by side on most screens, more where there is room. */
const LEAST_COLUMN_PIXELS = 360;

/** `command`: the command line that made it; `code`: the page's script. */
export function reportPage(simulations: readonly Simulation[], command: string, code: string): string {
  const range = timeRange(simulations);
  const classes = sizeClasses(simulations);
  const series = simulations.map((simulation) => timeSeries(simulation, range));
  const gantts = simulations.map((simulation) => ganttData(simulation, classes, simulations.length));
  const title = `Simulation of ${[...new Set(simulations.map(({ workload }) => basename(workload.name)))].join(", ")}`;
  return [
    `<!doctype html><html lang="en" data-classes="${classes.upTo.length}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="generator" content="rota simulate">',
    `<title>${escapeHtml(title)}</title><style>${styleSheet(classes.upTo.length)}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1>`,
    command === "" ? "" : `<p><code>${escapeHtml(command)}</code></p>`,
    `<h2>Settings</h2>${settingsTable(simulations)}`,
    `<h2>Figures</h2>${figuresTable(simulations)}${runNotes(simulations)}`,
    `<h2>Waiting time by size of job</h2>${waitChart(
      simulations.map((simulation) => waitQuantiles(simulation, classes)),
      classes,
    )}`,
    "<p>Box: the middle half of the jobs; line across: the median; whisker: 5 to 95 %; dot: 99 %.</p>",
    overTime(simulations, series, gantts, range, classes),
    '<div id="tip" hidden></div>',
    `<script type="application/json" id="rota-data">${embeddedJson(pageData(gantts, range))}</script>`,
    `<script>${code}</script></body></html>\n`,
  ].join("\n");
}

/** What the script is given: only runs with a picture. */
const pageData = (gantts: readonly (GanttData | undefined)[], { fromS, toS }: TimeRange) => ({
  fromS,
  toS,
  runs: gantts.flatMap((gantt) => {
    if (gantt === undefined) return [];
    const { nodes, cpus, gpus, jobs, columns } = gantt;
    return [{ nodes, cpus, gpus, jobs, columns }];
  }),
});

function overTime(
  simulations: readonly Simulation[],
  series: readonly TimeSeries[],
  gantts: readonly (GanttData | undefined)[],
  range: TimeRange,
  classes: SizeClasses,
): string {
  const hasNodes = gantts.some((gantt) => gantt !== undefined);
  const tools =
    '<div class="tools"><button data-zoom="all">All</button><button data-zoom="in">Zoom in</button>' +
    '<button data-zoom="out">Zoom out</button> <span class="hint">On the nodes: wheel zooms time, with Shift nodes; drag moves; ' +
    "double click zooms both; pointing at a job tells of it. All runs move together. " +
    "Jobs that share a node are as high as their share of it; their order within it means nothing.</span></div>";
  const longest = Math.max(
    1,
    ...series.map(({ queue }) => queue.reduce((max, value) => Math.max(max, value), 0)),
  );
  const single = simulations.length === 1;
  let pictures = 0;
  const columns = simulations.map((_, at) => {
    const gantt = gantts[at];
    const heading = single ? "" : `<h3>${runName(simulations, at)}</h3>`;
    const nodes =
      gantt === undefined ? "<p>No placements were kept.</p>" : nodesPicture(gantt, pictures++, classes);
    return `<figure class="r${at % RUN_COLOURS}">${heading}${charts(series[at]!, range, longest)}<h4>Nodes</h4>${nodes}</figure>`;
  });
  return (
    `<h2>Over time</h2>${hasNodes ? tools : ""}` +
    `<div class="runs" style="--least:${LEAST_COLUMN_PIXELS}px">${columns.join("")}</div>`
  );
}

function charts({ cpuUse, gpuUse, queue }: TimeSeries, range: TimeRange, longest: number): string {
  const use = seriesChart({
    title: "Utilisation over time",
    range,
    values: gpuUse ?? cpuUse,
    ...(gpuUse === undefined ? {} : { second: cpuUse }),
    max: 1,
    ticks: [0, 0.5, 1].map((value) => ({ value, label: `${100 * value} %` })),
  });
  const waiting = seriesChart({
    title: "Waiting jobs over time",
    range,
    values: queue,
    max: longest * 1.05,
    ticks: linearTicks(0, longest * 1.05, 4, 1),
  });
  const what = gpuUse === undefined ? "CPUs in use" : "GPUs in use (dashed: CPUs)";
  return `<h4>Utilisation: ${what}</h4>${use}<h4>Queue: waiting jobs</h4>${waiting}`;
}

function nodesPicture(gantt: GanttData, number: number, classes: SizeClasses): string {
  const rows = Math.max(MIN_GANTT_PIXELS, Math.min(MAX_GANTT_PIXELS, gantt.nodes * ROW_PIXELS));
  const keys = classes.labels
    .map((label, at) => `<span><i style="background:var(--class-${at})"></i>${label}</span>`)
    .join("");
  const left = gantt.ran - gantt.jobs;
  const note =
    left === 0
      ? ""
      : `<p>The picture holds ${grouped(gantt.jobs)} of ${grouped(gantt.ran)} jobs, those with the most node time for their size here: ` +
        `${(100 * gantt.share).toFixed(1)} % of all node time. The figures and the other charts are of all jobs.</p>`;
  return (
    `<canvas id="gantt-${number}" style="height:${rows + GANTT_AXES_PIXELS}px" role="img" aria-label="Jobs on nodes over time"></canvas>` +
    `<div class="key" id="bars-key-${number}">${classes.unit} of a job: ${keys}</div>` +
    `<div class="key" id="use-key-${number}" hidden>In use: <span>0 % <i class="ramp"></i>100 %</span><span>zoom in for single jobs</span></div>${note}`
  );
}
