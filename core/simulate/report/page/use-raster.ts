/** How much of each cell of the picture is in use, for when there are more jobs or nodes than can be told apart. */
import type { Bars } from "./bars.ts";
import type { GanttJobs } from "./gantt-jobs.ts";

/** The part of the picture that is looked at. */
export interface View {
  readonly fromS: number;
  readonly toS: number;
  readonly top: number;
  readonly bottom: number;
}

/** Share of each cell that is in use, 0 to 1, row by row: exact, however small the rectangles are. */
export function useRaster(
  jobs: GanttJobs,
  bars: Bars,
  view: View,
  width: number,
  height: number,
): Float32Array {
  // Each rectangle is a product of two trapezoids; their second differences are summed up at the end.
  const stride = width + 2;
  const sums = new Float64Array(stride * (height + 2));
  const perSecond = width / (view.toS - view.fromS);
  const perRow = height / (view.bottom - view.top);
  for (let at = 0; at < bars.count; at++) {
    const i = bars.job[at]!;
    const x0 = Math.max(0, (jobs.startS[i]! - view.fromS) * perSecond);
    const x1 = Math.min(width, (jobs.startS[i]! + jobs.runS[i]! - view.fromS) * perSecond);
    const y0 = Math.max(0, (bars.top[at]! - view.top) * perRow);
    const y1 = Math.min(height, (bars.bottom[at]! - view.top) * perRow);
    if (x1 <= x0 || y1 <= y0) continue;
    const weight = bars.weight[i]!;
    addEdge(sums, stride, x0, x1, y0, weight);
    addEdge(sums, stride, x0, x1, y1, -weight);
  }
  return summed(sums, stride, width, height);
}

function addEdge(
  sums: Float64Array,
  stride: number,
  x0: number,
  x1: number,
  y: number,
  amount: number,
): void {
  const row = Math.floor(y);
  const below = amount * (y - row);
  addLine(sums, row * stride, x0, x1, amount - below);
  addLine(sums, (row + 1) * stride, x0, x1, below);
}

function addLine(sums: Float64Array, begin: number, x0: number, x1: number, amount: number): void {
  const from = Math.floor(x0);
  const to = Math.floor(x1);
  sums[begin + from]! += amount * (1 - (x0 - from));
  sums[begin + from + 1]! += amount * (x0 - from);
  sums[begin + to]! -= amount * (1 - (x1 - to));
  sums[begin + to + 1]! -= amount * (x1 - to);
}

function summed(sums: Float64Array, stride: number, width: number, height: number): Float32Array {
  const use = new Float32Array(width * height);
  const above = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    let line = 0;
    for (let x = 0; x < width; x++) {
      line += sums[y * stride + x]!;
      above[x]! += line;
      use[y * width + x] = Math.max(0, Math.min(1, above[x]!));
    }
  }
  return use;
}
