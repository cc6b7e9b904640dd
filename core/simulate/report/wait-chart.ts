/** Waiting time by size of job: a box a run beside each other in each size class, on a logarithmic axis. */
import { DURATION_TICKS, grouped } from "./scale.ts";
import type { SizeClasses } from "./size-classes.ts";
import { RUN_COLOURS } from "./style.ts";
import type { WaitQuantiles } from "./wait-quantiles.ts";

const WIDTH = 1184;
const HEIGHT = 300;
const FRAME = { left: 52, right: 6, top: 8, bottom: 50 } as const;
const MAX_BOX_WIDTH = 22;
/** Part of a class's width that its boxes take. */
const BOXES_SHARE = 0.7;
/** Least upper end of the axis. */
const MIN_MAX_S = 60;

/** An SVG element; `runs` has the quantiles of each run, one entry a class. */
export function waitChart(runs: readonly (readonly WaitQuantiles[])[], classes: SizeClasses): string {
  const longestS = Math.max(MIN_MAX_S, ...runs.flatMap((run) => run.map(({ p99S }) => p99S)));
  const top = Math.log10(longestS) * 1.03;
  const [width, height] = [WIDTH - FRAME.left - FRAME.right, HEIGHT - FRAME.top - FRAME.bottom];
  const y = (seconds: number) => one(FRAME.top + height * (1 - Math.log10(Math.max(1, seconds)) / top));
  const classWidth = width / classes.upTo.length;
  const slot = Math.min(MAX_BOX_WIDTH * 1.3, (classWidth * BOXES_SHARE) / runs.length);
  const ticks = DURATION_TICKS.filter(({ value }) => Math.log10(value) <= top).map(
    ({ value, label }) =>
      `<line class="grid" x1="${FRAME.left}" x2="${WIDTH - FRAME.right}" y1="${y(value)}" y2="${y(value)}"/>` +
      `<text x="${FRAME.left - 6}" y="${y(value)}" dy="0.35em" text-anchor="end">${label}</text>`,
  );
  const labels = classes.labels.map((label, at) => {
    const x = one(FRAME.left + (at + 0.5) * classWidth);
    const jobs = Math.max(...runs.map((run) => run[at]!.jobs));
    return (
      `<text x="${x}" y="${HEIGHT - FRAME.bottom + 14}" text-anchor="middle">${label}</text>` +
      `<text x="${x}" y="${HEIGHT - FRAME.bottom + 28}" text-anchor="middle">${grouped(jobs)} job${jobs === 1 ? "" : "s"}</text>`
    );
  });
  const boxes = runs.flatMap((run, number) =>
    run.map((quantiles, at) => {
      const middle = FRAME.left + (at + 0.5) * classWidth + (number - (runs.length - 1) / 2) * slot;
      return box(quantiles, middle, slot / 1.3, number % RUN_COLOURS, y);
    }),
  );
  return [
    `<svg class="waits" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Waiting time by size of job">`,
    ...ticks,
    ...labels,
    `<text x="${one(FRAME.left + width / 2)}" y="${HEIGHT - 6}" text-anchor="middle">${classes.unit} of the job</text>`,
    ...boxes,
    "</svg>",
  ].join("");
}

function box(
  { jobs, p5S, p25S, p50S, p75S, p95S, p99S }: WaitQuantiles,
  middle: number,
  width: number,
  colour: number,
  y: (seconds: number) => number,
): string {
  if (jobs === 0) return "";
  const x = one(middle - width / 2);
  // A box of no height is still a line.
  const height = Math.max(1.5, one(y(p25S) - y(p75S)));
  return (
    `<g class="r${colour}"><line x1="${one(middle)}" x2="${one(middle)}" y1="${y(p95S)}" y2="${y(p5S)}"/>` +
    `<rect x="${x}" y="${one(y(p25S) - height)}" width="${one(width)}" height="${height}" stroke="none"/>` +
    `<line class="median" x1="${x}" x2="${one(middle + width / 2)}" y1="${y(p50S)}" y2="${y(p50S)}"/>` +
    `<circle cx="${one(middle)}" cy="${y(p99S)}" r="2" stroke="none"/></g>`
  );
}

const one = (value: number): number => Math.round(10 * value) / 10;
