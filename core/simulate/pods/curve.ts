/** The curve of a replay of pods: what is allocated and what is fragmented at each percent of arrived load. Pure. */

export interface CurvePoint {
  /** GPU thousandths asked for by the pods that have arrived, placed or not, in percent of the cluster's, rounded. */
  readonly arrivedPct: number;
  /** GPU thousandths in use, in percent of the cluster's. */
  readonly allocationPct: number;
  /** GPU thousandths that are free and of no use to typical pods, in percent of the cluster's. */
  readonly fragmentationPct: number;
}

/** Of a percentage: beyond what a thousandth of a device is in a large cluster. */
const DIGITS = 6;

/** Means over the pods of each percent. */
export class Curve {
  readonly #points: { pods: number; allocation: number; fragmentation: number }[] = [];

  add({ arrivedPct, allocationPct, fragmentationPct }: CurvePoint): void {
    this.#points[arrivedPct] ??= { pods: 0, allocation: 0, fragmentation: 0 };
    const point = this.#points[arrivedPct];
    point.pods++;
    point.allocation += allocationPct;
    point.fragmentation += fragmentationPct;
  }

  /** The percents that pods had, in ascending order. */
  points(): readonly CurvePoint[] {
    const points: CurvePoint[] = [];
    this.#points.forEach(({ pods, allocation, fragmentation }, arrivedPct) => {
      points.push({
        arrivedPct,
        allocationPct: allocation / pods,
        fragmentationPct: fragmentation / pods,
      });
    });
    return points;
  }
}

/** Percent of `part` in `whole`, a half rounded to the even neighbour; exact below 2^46. */
export function roundedPct(part: number, whole: number): number {
  const scaled = part * 100;
  const floor = Math.floor(scaled / whole);
  const twice = 2 * (scaled - floor * whole);
  if (twice === whole) return floor + (floor % 2);
  return twice > whole ? floor + 1 : floor;
}

/** CSV with a header. */
export function curveText(points: readonly CurvePoint[]): string {
  const lines = points.map(
    ({ arrivedPct, allocationPct, fragmentationPct }) =>
      `${arrivedPct},${allocationPct.toFixed(DIGITS)},${fragmentationPct.toFixed(DIGITS)}\n`,
  );
  return `arrived_pct,allocation_pct,fragmentation_pct\n${lines.join("")}`;
}
