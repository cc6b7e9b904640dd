/** A chart over the whole time of the runs: an area, perhaps a second line, and axes. The same frame as the nodes' picture. */
import type { TimeRange } from "./ran-jobs.ts";
import { type Tick, timeTicks, timeUnit } from "./scale.ts";

export interface SeriesChart {
  /** What a reader who cannot see it is told. */
  readonly title: string;
  readonly range: TimeRange;
  /** Equal parts of the range. */
  readonly values: Float64Array;
  readonly second?: Float64Array;
  /** Upper end of the axis, > 0. */
  readonly max: number;
  readonly ticks: readonly Tick[];
}

/** Units of the drawing, which is stretched to the frame. */
const WIDTH = 600;
const HEIGHT = 100;
const TIME_TICKS = 6;

/** HTML; every text in it is ours. */
export function seriesChart({ title, range, values, second, max, ticks }: SeriesChart): string {
  const line = path(values, max);
  const spanS = range.toS - range.fromS;
  const unit = timeUnit(spanS);
  const grid = ticks.map(({ value }) => {
    const y = HEIGHT * (1 - value / max);
    return `<line class="grid" x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>`;
  });
  return [
    `<div class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}">`,
    ...grid,
    `<path class="area" d="M0,${HEIGHT}L${line}L${WIDTH},${HEIGHT}Z"/><path class="line" d="M${line}"/>`,
    second === undefined ? "" : `<path class="second" d="M${path(second, max)}"/>`,
    `<rect class="shown" data-left="0" data-width="${WIDTH}" x="0" y="0" width="${WIDTH}" height="${HEIGHT}" visibility="hidden"/></svg>`,
    ...ticks.map(
      ({ value, label }) => `<span class="y" style="bottom:${percent(value / max)}">${label}</span>`,
    ),
    ...timeTicks(0, spanS, TIME_TICKS, unit).map(
      ({ value, label }) => `<span class="x" style="left:${percent(value / spanS)}">${label}</span>`,
    ),
    `<span class="unit">${unit.name} since the first submission</span></div>`,
  ].join("");
}

/** Points at the middle of each part, without a command letter before the first. */
function path(values: Float64Array, max: number): string {
  const step = WIDTH / values.length;
  return Array.from(values, (value, i) => {
    const y = HEIGHT * (1 - Math.min(1, value / max));
    return `${Math.round(10 * (i + 0.5) * step) / 10},${Math.round(100 * y) / 100}`;
  }).join(" ");
}

const percent = (share: number): string => `${Math.round(10_000 * share) / 100}%`;
