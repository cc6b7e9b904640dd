/** Classes of job sizes: powers of two of GPUs where the cluster has some, else of CPUs. */
import type { Simulation } from "../simulation.ts";

export interface SizeClasses {
  readonly unit: "GPUs" | "CPUs";
  /** Largest size of each class, ascending; the first of GPUs is 0. */
  readonly upTo: readonly number[];
  readonly labels: readonly string[];
}

export const MAX_SIZE_CLASSES = 10;

/** The classes of these runs together: each has a job, and there are at most MAX_SIZE_CLASSES. */
export function sizeClasses(simulations: readonly Simulation[]): SizeClasses {
  const unit = simulations.some(({ clusterGpus }) => clusterGpus > 0) ? "GPUs" : "CPUs";
  const powers = new Set<number>();
  for (const { jobs } of simulations) {
    for (const size of jobs[unit === "GPUs" ? "gpus" : "cpus"]) powers.add(powerOf(size));
  }
  let upTo = [...powers].sort((a, b) => a - b);
  // Too many: neighbours are put together, the smallest and single ones last.
  while (upTo.length > MAX_SIZE_CLASSES)
    upTo = upTo.filter((_, i) => i < 2 || i % 2 === 1 || i === upTo.length - 1);
  const labels = upTo.map((last, i) => {
    const first = i === 0 ? Math.min(last, last === 0 ? 0 : 1) : upTo[i - 1]! + 1;
    return first >= last ? `${last}` : `${first}\u2013${last}`;
  });
  return { unit, upTo, labels };
}

/** Which class a size is in. */
export function classOf({ upTo }: SizeClasses, size: number): number {
  let at = 0;
  while (at < upTo.length - 1 && size > upTo[at]!) at++;
  return at;
}

/** The power of two that is no less; 0 of 0. */
const powerOf = (size: number): number => (size <= 0 ? 0 : 2 ** Math.ceil(Math.log2(size)));
