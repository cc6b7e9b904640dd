/**
 * Draws one run's nodes over time: jobs as bars where they can be told apart, else the use of each bit of the picture
 * as a shade. Draws when told to; what is shown is decided elsewhere.
 */
import { linearTicks, timeTicks, timeUnit } from "../scale.ts";
import type { Bars, RowCluster } from "./bars.ts";
import type { PageCanvas, Pen } from "./dom.ts";
import type { GanttJobs } from "./gantt-jobs.ts";
import { useRaster, type View } from "./use-raster.ts";
import type { ViewWindow } from "./view-window.ts";

export interface Palette {
  readonly ink: string;
  readonly faint: string;
  /** No use and full use, as red, green and blue. */
  readonly idle: readonly [number, number, number];
  readonly busy: readonly [number, number, number];
  /** One a size class. */
  readonly classes: readonly string[];
}

export interface GanttRun {
  readonly jobs: GanttJobs;
  readonly bars: Bars;
  readonly cluster: RowCluster;
}

/** The picture within the canvas, CSS pixels. */
export const FRAME = { left: 52, right: 6, top: 4, bottom: 34 } as const;

/** Bars are drawn when a node is this high, and each of those in view has this much of the picture or more. */
const MIN_ROW_PIXELS = 3;
const MIN_BAR_AREA = 60;
/** Cells of the shaded picture, CSS pixels. */
const CELL_HEIGHT = 2;
/** From these sizes on, bars are parted by a line. */
const MIN_PARTED_WIDTH = 3;
const MIN_PARTED_HEIGHT = 4;
const FONT = "11px system-ui, sans-serif";
const TICK_PIXELS = 90;
const ROW_TICK_PIXELS = 40;

/** The part of the window that this run's rows are. */
export const viewOf = (window: ViewWindow, { cluster }: GanttRun): View => ({
  fromS: window.fromS,
  toS: window.toS,
  top: window.top * cluster.nodes,
  bottom: window.bottom * cluster.nodes,
});

/** How many bars are in view, as far as `enough` + 1. */
function barsInView({ jobs, bars }: GanttRun, view: View, enough: number): number {
  let count = 0;
  for (let at = 0; at < bars.count && count <= enough; at++) {
    if (isInView(jobs, bars, view, at)) count++;
  }
  return count;
}

function isInView(jobs: GanttJobs, bars: Bars, view: View, at: number): boolean {
  if (bars.bottom[at]! <= view.top || bars.top[at]! >= view.bottom) return false;
  const i = bars.job[at]!;
  const startS = jobs.startS[i]!;
  return startS < view.toS && startS + jobs.runS[i]! >= view.fromS;
}

/** Draws; true when single jobs are shown. */
export function drawGantt(
  canvas: PageCanvas,
  scratch: PageCanvas,
  run: GanttRun,
  window: ViewWindow,
  palette: Palette,
  density: number,
): boolean {
  const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.max(1, Math.round(wide * density));
  canvas.height = Math.max(1, Math.round(high * density));
  const pen = canvas.getContext("2d");
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.clearRect(0, 0, wide, high);
  const width = Math.max(1, wide - FRAME.left - FRAME.right);
  const height = Math.max(1, high - FRAME.top - FRAME.bottom);
  const view = viewOf(window, run);
  const rowPixels = height / (view.bottom - view.top);
  const most = (width * height) / MIN_BAR_AREA;
  const asBars = rowPixels >= MIN_ROW_PIXELS && barsInView(run, view, most) <= most;
  pen.save();
  pen.beginPath();
  pen.rect(FRAME.left, FRAME.top, width, height);
  pen.clip();
  if (asBars) drawBars(pen, run, view, width, height, palette);
  else drawUse(pen, scratch, run, view, width, height, palette);
  pen.restore();
  drawAxes(pen, run, view, window, width, height, palette);
  return asBars;
}

function drawBars(
  pen: Pen,
  run: GanttRun,
  view: View,
  width: number,
  height: number,
  palette: Palette,
): void {
  const { jobs, bars } = run;
  const perSecond = width / (view.toS - view.fromS);
  const perRow = height / (view.bottom - view.top);
  pen.fillStyle = rgb(palette.idle);
  pen.fillRect(FRAME.left, FRAME.top, width, height);
  for (let at = 0; at < bars.count; at++) {
    if (!isInView(jobs, bars, view, at)) continue;
    const i = bars.job[at]!;
    // Clipped by hand: canvases lose precision far outside.
    const x0 = Math.max(-1, (jobs.startS[i]! - view.fromS) * perSecond);
    const x1 = Math.min(width + 2, (jobs.startS[i]! + jobs.runS[i]! - view.fromS) * perSecond);
    const y0 = Math.max(-1, (bars.top[at]! - view.top) * perRow);
    const y1 = Math.min(height + 2, (bars.bottom[at]! - view.top) * perRow);
    const gapX = x1 - x0 >= MIN_PARTED_WIDTH ? 1 : 0;
    const gapY = y1 - y0 >= MIN_PARTED_HEIGHT ? 1 : 0;
    pen.fillStyle = palette.classes[jobs.sizeClass[i]!] ?? palette.ink;
    pen.fillRect(
      FRAME.left + x0,
      FRAME.top + y0,
      Math.max(0.6, x1 - x0 - gapX),
      Math.max(0.6, y1 - y0 - gapY),
    );
  }
}

function drawUse(
  pen: Pen,
  scratch: PageCanvas,
  run: GanttRun,
  view: View,
  width: number,
  height: number,
  { idle, busy }: Palette,
): void {
  const columns = Math.ceil(width);
  const rows = Math.ceil(height / CELL_HEIGHT);
  const use = useRaster(run.jobs, run.bars, view, columns, rows);
  scratch.width = columns;
  scratch.height = rows;
  const ink = scratch.getContext("2d");
  const picture = ink.createImageData(columns, rows);
  for (let at = 0; at < use.length; at++) {
    const share = use[at]!;
    for (let part = 0; part < 3; part++) {
      picture.data[4 * at + part] = idle[part]! + (busy[part]! - idle[part]!) * share;
    }
    picture.data[4 * at + 3] = 255;
  }
  ink.putImageData(picture, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(scratch, FRAME.left, FRAME.top, width, height);
}

function drawAxes(
  pen: Pen,
  { cluster }: GanttRun,
  view: View,
  window: ViewWindow,
  width: number,
  height: number,
  palette: Palette,
): void {
  pen.strokeStyle = palette.faint;
  pen.lineWidth = 1;
  pen.strokeRect(FRAME.left - 0.5, FRAME.top - 0.5, width + 1, height + 1);
  pen.fillStyle = palette.ink;
  pen.font = FONT;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  const perRow = height / (view.bottom - view.top);
  const ticks = linearTicks(view.top, view.bottom, Math.max(2, height / ROW_TICK_PIXELS), 1);
  for (const { value, label } of ticks) {
    if (value >= cluster.nodes) continue;
    // A number stands at the middle of its node where a node is high, else at its upper edge.
    const y = (value - view.top + (perRow > 8 ? 0.5 : 0)) * perRow;
    if (y >= 0 && y <= height)
      pen.fillText(label, FRAME.left - 6, FRAME.top + Math.max(5, Math.min(height - 5, y)));
  }
  pen.textAlign = "center";
  pen.textBaseline = "top";
  const unit = timeUnit(view.toS - view.fromS);
  const fromS = view.fromS - window.wholeFromS;
  const perSecond = width / (view.toS - view.fromS);
  for (const { value, label } of timeTicks(fromS, view.toS - window.wholeFromS, width / TICK_PIXELS, unit)) {
    const x = FRAME.left + (value - fromS) * perSecond;
    pen.fillRect(x - 0.5, FRAME.top + height + 1, 1, 3);
    pen.fillText(label, Math.min(x, FRAME.left + width - 8), FRAME.top + height + 6);
  }
  pen.fillText(`${unit.name} since the first submission`, FRAME.left + width / 2, FRAME.top + height + 20);
}

export const rgb = ([red, green, blue]: readonly [number, number, number]): string =>
  `rgb(${red},${green},${blue})`;
