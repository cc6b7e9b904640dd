/**
 * The report of a replay of pods as one HTML page that needs nothing else: the figures, and what is allocated and what is
 * fragmented over the load that has arrived. Pure.
 */
import { escapeHtml } from "../report/html.ts";
import { grouped, linearTicks, type Tick } from "../report/scale.ts";
import { styleSheet } from "../report/style.ts";
import type { CurvePoint } from "./curve.ts";

/** The page may have its own style and nothing else, and ask the network for nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/** Units of a drawing, which is stretched to its frame. */
const WIDTH = 600;
const HEIGHT = 100;
const TICKS = 6;

export interface PodReport {
  readonly title: string;
  /** The command line that made it. */
  readonly command: string;
  /** Name and value, as they are printed. */
  readonly facts: readonly (readonly [string, string])[];
  readonly curve: readonly CurvePoint[];
}

export function podReportPage({ title, command, facts, curve }: PodReport): string {
  const rows = facts.map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td class="text">${escapeHtml(value)}</td></tr>`,
  );
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="generator" content="rota simulate">',
    `<title>${escapeHtml(title)}</title><style>${styleSheet(1)}</style></head><body>`,
    `<h1>${escapeHtml(title)}</h1><p><code>${escapeHtml(command)}</code></p>`,
    `<h2>Figures</h2><table>${rows.join("")}</table>`,
    '<h2>Over the load that has arrived</h2><div class="runs" style="--least:360px"><figure class="r0">',
    `<h4>GPUs allocated, percent of all</h4>${chart("GPUs allocated over arrived load", curve, (point) => point.allocationPct)}`,
    `<h4>GPUs free that typical pods cannot use, percent of all</h4>${chart("Fragmentation over arrived load", curve, (point) => point.fragmentationPct)}`,
    "</figure></div></body></html>\n",
  ].join("\n");
}

/** A line over arrived percent; its axes begin at 0. */
function chart(title: string, curve: readonly CurvePoint[], pctOf: (point: CurvePoint) => number): string {
  const most = Math.max(1, ...curve.map(pctOf)) * 1.05;
  const last = Math.max(1, curve.at(-1)?.arrivedPct ?? 0);
  const points = curve.map(
    (point) => `${spot(point.arrivedPct / last, WIDTH)},${spot(1 - pctOf(point) / most, HEIGHT)}`,
  );
  const grid = linearTicks(0, most, TICKS - 2).map(({ value }) => {
    const y = spot(1 - value / most, HEIGHT);
    return `<line class="grid" x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>`;
  });
  const labels = (
    ticks: readonly Tick[],
    className: "x" | "y",
    side: "left" | "bottom",
    end: number,
  ): string =>
    ticks
      .map(
        ({ value }) =>
          `<span class="${className}" style="${side}:${spot(value / end, 100)}%">${grouped(value)}</span>`,
      )
      .join("");
  return [
    `<div class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}">`,
    ...grid,
    points.length === 0 ? "" : `<path class="line" d="M${points.join("L")}"/>`,
    "</svg>",
    labels(linearTicks(0, most, TICKS - 2, 1), "y", "bottom", most),
    labels(linearTicks(0, last, TICKS, 1), "x", "left", last),
    '<span class="unit">percent of all GPUs that pods have asked for</span></div>',
  ].join("");
}

const spot = (share: number, length: number): number => Math.round(100 * share * length) / 100;
